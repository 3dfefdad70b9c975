"""A Slurm of one node on this machine: a controller, a node daemon and an authentication daemon, on the loopback alone."""

import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import time

import pytest

DAEMONS = ("slurmctld", "slurmd", "munged")
# Debian has the daemons where a user's PATH does not look.
os.environ["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"

CONFIGURATION = """
ClusterName=winosim
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CryptoType=crypto/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SwitchType=switch/none
SchedulerParameters=bf_interval=2,sched_interval=2,requeue_delay=1
KillWait=2
MinJobAge=300
NodeName={node} NodeHostname={hostname} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """Daemons in a folder of their own; they end with `stop`."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.daemons = []
        self.environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(mode=0o700)
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        memory = int(next(line for line in open("/proc/meminfo") if line.startswith("MemTotal")).split()[1])
        (folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                ports=free_ports(2),
                user=subprocess.check_output(["id", "-un"], text=True).strip(),
                node="node",
                hostname=socket.gethostname().split(".")[0],
                cpus=os.cpu_count(),
                memory=memory // 1024 * 9 // 10,
            )
        )

    def start(self):
        munge = self.folder / "munge"
        self.run_daemon(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={munge}/key",
            f"--socket={self.folder}/munge.socket",
            f"--pid-file={munge}/pid",
            f"--log-file={munge}/log",
            f"--seed-file={munge}/seed",
        )
        self.wait_for(lambda: (self.folder / "munge.socket").exists(), "munged")
        self.run_daemon("slurmctld", "-D", "-i")
        self.run_daemon("slurmd", "-D", "-N", "node")
        self.wait_for(lambda: "idle" in self.call("sinfo", "-h", "-o", "%T", check=False), "a node that is idle")

    def run_daemon(self, *command):
        log = open(self.folder / f"{command[0]}.out", "wb")
        self.daemons.append(
            subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder
            )
        )

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *command, check=True, environment=None) -> str:
        outcome = subprocess.run(
            command, env=self.environment | (environment or {}), capture_output=True, text=True, timeout=60
        )
        if check and outcome.returncode != 0:
            raise AssertionError(f"{command}: exit code {outcome.returncode}\n{outcome.stdout}{outcome.stderr}")
        return outcome.stdout

    def wait_for(self, condition, what, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come about in {seconds} s\n{self.state()}")
            time.sleep(0.2)

    def state(self) -> str:
        """What a failure is explained by."""
        texts = [self.call("squeue", "-a", check=False), self.call("sinfo", "-N", "-l", check=False)]
        for log in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
            texts.append(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
        return "\n".join(texts)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    missing = [name for name in DAEMONS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"there is no {', '.join(missing)}, and Tests/run could not install Debian's slurmctld, slurmd and munge")
    # munged wants a socket's folder that others may enter but not write.
    folder = tmp_path_factory.mktemp("slurm")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    cluster = Slurm(folder)
    try:
        try:
            cluster.start()
        except TimeoutError as failure:
            # A machine that does not let daemons run says nothing about the script that is tested.
            pytest.skip(f"Slurm is installed and does not come up here: {failure}")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def winosim():
    """The program that Tests/run has built."""
    program = pathlib.Path(os.environ.get("WINOSIM", pathlib.Path(__file__).parents[2] / ".build-tests/release/winosim"))
    if not program.exists():
        pytest.skip(f"there is no {program}: Tests/run builds it")
    return str(program.resolve())
