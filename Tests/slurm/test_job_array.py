"""The job array of Configs/sweeps/slurm.sh on a real Slurm."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = ROOT / "Configs/sweeps/slurm.sh"
SHARDS = 4

# Long enough a point that a task can be killed half-way.
SWEEP = f"""
base: {ROOT}/Configs/mobile.yaml
traces: [{ROOT}/Traces/convpool-cnn-c/winograd-relu.yaml]
axes:
  pe_array.rows: [4, 8, 16, 32]
  pe_array.multipliers: {{from: 1, to: 8, times: 2}}
  pe_array.lookahead: [1, 2, 3]
"""


def submit(slurm, winosim, sweep, folder, *options):
    arguments = [str(SCRIPT), str(sweep), str(folder), str(SHARDS), *options]
    return slurm.call(*arguments, environment={"WINOSIM": winosim}).split()


def jobs(slurm):
    """States of all jobs that Slurm knows, by their number and that of their task."""
    lines = slurm.call("squeue", "-a", "-h", "-r", "-t", "all", "-o", "%i %T").splitlines()
    return dict(line.split() for line in lines)


def wait_until_over(slurm, *numbers):
    over = {"COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT", "OUT_OF_MEMORY", "DEADLINE"}

    def is_over():
        mine = {job: state for job, state in jobs(slurm).items() if job.split("_")[0] in numbers}
        return mine and all(state in over for state in mine.values())

    slurm.wait_for(is_over, f"the end of jobs {numbers}", seconds=240)
    return {job: state for job, state in jobs(slurm).items() if job.split("_")[0] in numbers}


def processes(program, *arguments):
    """Numbers of the processes of a program that have all of these arguments."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0] == program and set(arguments) <= set(words):
            found.append(int(file.parent.name))
    return found


def points(journal):
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0


@pytest.mark.parametrize("how", ["its job is requeued", "its process is killed"])
def test_killed_task_goes_on_and_the_merge_is_that_of_one_process(slurm, winosim, tmp_path, how):
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    alone = subprocess.run(
        [winosim, "sweep", tmp_path / "sweep.yaml", "--output", tmp_path / "alone"], capture_output=True, text=True
    )
    assert alone.returncode == 0, alone.stderr
    folder = tmp_path / "array"
    array, merge = submit(slurm, winosim, tmp_path / "sweep.yaml", folder)

    # The second task dies half-way, as with its node or for its memory, and Slurm starts it again.
    journal = folder / "shard-2" / "sweep.journal"
    slurm.wait_for(lambda: points(journal) >= 2, "two points of the second shard")
    if how == "its job is requeued":
        slurm.call("scontrol", "requeue", f"{array}_2")
    else:
        (process,) = processes(winosim, "sweep", str(folder / "shard-2"))
        os.kill(process, signal.SIGKILL)
    half = points(journal)
    assert half < 12, "the task had ended before it was killed: the points are too short"

    states = wait_until_over(slurm, array, merge)
    assert set(states.values()) == {"COMPLETED"}, (states, slurm.state())
    shown = slurm.call("scontrol", "show", "job", f"{array}_2")
    assert re.search(r"Restarts=[1-9]", shown), shown
    for shard in range(1, SHARDS + 1):
        assert points(folder / f"shard-{shard}" / "sweep.journal") == 12
    for name in ("sweep.csv", "sweep.json"):
        assert (folder / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name
    assert "48 points; " in (folder / "merge.log").read_text()


def test_submitted_again_it_goes_on(slurm, winosim, tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP.replace("[4, 8, 16, 32]", "[4, 8]"))
    folder = tmp_path / "array"
    first = submit(slurm, winosim, tmp_path / "sweep.yaml", folder)
    assert set(wait_until_over(slurm, *first).values()) == {"COMPLETED"}, slurm.state()
    csv = (folder / "sweep.csv").read_bytes()
    (folder / "sweep.csv").unlink()
    second = submit(slurm, winosim, tmp_path / "sweep.yaml", folder, "--mem=300")
    assert set(wait_until_over(slurm, *second).values()) == {"COMPLETED"}, slurm.state()
    assert (folder / "sweep.csv").read_bytes() == csv


def test_points_that_fail_are_merged_with_the_others(slurm, winosim, tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP.replace("[1, 2, 3]", "[1]") + "  pe_array.broadcast_steps: [1, 99]\n")
    folder = tmp_path / "array"
    array, merge = submit(slurm, winosim, tmp_path / "sweep.yaml", folder)
    states = wait_until_over(slurm, array, merge)
    # The merge says with its exit code that points have failed.
    assert states.pop(merge) == "FAILED" and set(states.values()) == {"COMPLETED"}, (states, slurm.state())
    assert "32 points, 16 of them failed" in (folder / "merge.log").read_text()
    assert (folder / "sweep.csv").read_text().count("\n") == 33


def test_a_task_that_cannot_run_takes_the_merge_with_it(slurm, winosim, tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP.replace("pe_array.rows", "pe_array.rowz"))
    folder = tmp_path / "array"
    array, merge = submit(slurm, winosim, tmp_path / "sweep.yaml", folder)
    states = wait_until_over(slurm, array, merge)
    assert states.pop(merge) == "CANCELLED" and set(states.values()) == {"FAILED"}, (states, slurm.state())
    assert 'did you mean "rows"?' in (folder / "shard-1.log").read_text()
    assert not (folder / "sweep.csv").exists()


@pytest.mark.parametrize("arguments", [[], ["sweep.yaml"], ["sweep.yaml", "folder", "none"], ["sweep.yaml", "folder", "0"]])
def test_usage(arguments):
    outcome = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True)
    assert outcome.returncode == 64
    assert "SWEEP FOLDER SHARDS" in outcome.stderr
