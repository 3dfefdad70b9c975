"""``python -m winograd_trace onnx``: its options, what it prints, its exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import read_trace
from winograd_trace.__main__ import main

SOURCES = Path(__file__).parents[2] / "Traces" / "exporter"


def test_the_package_imports_without_onnx(tmp_path):
    for name in ("onnx", "onnxruntime"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{SOURCES}"}
    code = "import sys, winograd_trace; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    command = [
        sys.executable,
        "-m",
        "winograd_trace",
        "onnx",
        "m.onnx",
        "--random",
        "--output",
        "out",
    ]
    run = subprocess.run(
        command,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 69
    assert re.fullmatch(
        r"winograd_trace onnx: onnx(runtime)? is not installed: pip install '.*\[onnx\]'\n",
        run.stderr,
    )


onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx_models import make, node, random, save

NODES = [node("Conv", "x w b", "c", "conv"), node("Relu", "c", "y")]
CONSTANTS = {"w": random(4, 3, 3, 3, seed=1), "b": random(4)}


@pytest.fixture
def model(tmp_path):
    return str(save(tmp_path, make(NODES, {"x": ("batch", 3, 8, 8)}, "y", CONSTANTS)))


@pytest.fixture
def image(tmp_path):
    np.save(tmp_path / "image.npy", random(1, 3, 8, 8))
    return str(tmp_path / "image.npy")


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "out")


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["onnx", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "python -m winograd_trace onnx resnet50.onnx --input image.npy --output resnet50" in text
    assert "winosim simulate resnet50" in text and "exit codes" in text
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0 and "onnx" in capsys.readouterr().out


@pytest.mark.parametrize("prefix", ["", "x="])
def test_an_input_from_a_file(capsys, model, image, out, prefix):
    assert main(["onnx", model, "--input", prefix + image, "--output", out]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    tensors = Path(out, "tensors.safetensors").stat().st_size
    cost, *summary = printed.out.splitlines()
    sizes = [int(size.replace(",", "")) for size in re.findall(r"[\d,]*\d", cost)]
    assert sizes[0] == sum(sizes[1:4]) and 0 < tensors - sizes[0] < 1000
    assert sizes[4] == sizes[1] == 4 * 27 * 4
    assert summary[0] == f"model: 1 layers, {4 * 36 * 27:,} multiplications"
    assert "  fused: 1 bias, 1 relu" in summary
    assert summary[-1] == f"written: {out}/trace.yaml"
    assert read_trace(Path(out, "trace.yaml")).model == "model"


def test_names_seeds_and_shapes(capsys, model, out):
    arguments = [
        "onnx",
        model,
        "--shape",
        "x=2,3,8,8",
        "--random",
        "--name",
        "mine",
        "--output",
        out,
    ]
    assert main(arguments) == 0
    first = read_trace(Path(out, "trace.yaml"))
    assert first.model == "mine" and first.inputs[0].shape == (2, 3, 8, 8)
    assert main([*arguments, "--seed", "5"]) == 0
    assert not np.array_equal(
        first.layers[0].activations.array[0],
        read_trace(Path(out, "trace.yaml")).layers[0].outputs,
    )
    capsys.readouterr()
    assert main([*arguments, "--activations", "density"]) == 0
    cost = capsys.readouterr().out.splitlines()[0]
    assert cost.startswith("3,120 bytes of tensors: weights 432, activations 1,536, outputs 1,152; for the check")


def test_no_run_is_needed_without_values(model, out):
    given = [
        "onnx",
        model,
        "--shape",
        "x=1,3,8,8",
        "--activations",
        "none",
        "--weights",
        "density",
        "--output",
        out,
    ]
    assert main(given) == 0
    assert [path.name for path in Path(out).iterdir()] == ["trace.yaml"]


USAGE = [
    [],
    ["onnx"],
    ["unknown"],
    ["onnx", "MODEL"],
    ["onnx", "MODEL", "--output", "out", "--shape", "1,3"],
    ["onnx", "MODEL", "--output", "out", "--shape", "x=1,a"],
    ["onnx", "MODEL", "--output", "out", "--shape", "x=1", "--shape", "x=2"],
    ["onnx", "MODEL", "--output", "out", "--input", "IMAGE", "--input", "IMAGE"],
    ["onnx", "MODEL", "--output", "out", "--seed", "-1"],
    ["onnx", "MODEL", "--output", "out", "--activations", "some"],
]


@pytest.mark.parametrize("arguments", USAGE)
def test_bad_usage(capsys, model, image, arguments):
    given = [{"MODEL": model, "IMAGE": image}.get(argument, argument) for argument in arguments]
    with pytest.raises(SystemExit) as caught:
        main(given)
    assert caught.value.code == 64
    assert capsys.readouterr().err.startswith("usage: ")


def test_files_that_cannot_be_read_or_written(capsys, tmp_path, model, image, out):
    assert main(["onnx", str(tmp_path / "none.onnx"), "--random", "--output", out]) == 66
    assert capsys.readouterr().err == f"winograd_trace onnx: {tmp_path}/none.onnx: No such file or directory\n"
    assert main(["onnx", model, "--input", str(tmp_path / "none.npy"), "--output", out]) == 66
    assert capsys.readouterr().err == f"winograd_trace onnx: {tmp_path}/none.npy: No such file or directory\n"
    assert main(["onnx", str(tmp_path), "--random", "--output", out]) == 66
    assert main(["onnx", model, "--input", image, "--output", f"{image}/sub"]) == 73
    assert "Not a directory" in capsys.readouterr().err


def test_bad_data(capsys, tmp_path, model, image, out):
    assert main(["onnx", model, "--output", out]) == 65
    assert "dimension 0 ('batch') is not fixed" in capsys.readouterr().err
    assert main(["onnx", image, "--random", "--output", out]) == 65
    assert capsys.readouterr().err.startswith(f"winograd_trace onnx: {image}: not an ONNX model")
    (tmp_path / "text.npy").write_text("no array")
    assert main(["onnx", model, "--input", str(tmp_path / "text.npy"), "--output", out]) == 65
    assert "not an array of numpy (.npy)" in capsys.readouterr().err
    np.savez(tmp_path / "two.npz", a=np.zeros(1))
    assert main(["onnx", model, "--input", str(tmp_path / "two.npz"), "--output", out]) == 65
    assert "several arrays" in capsys.readouterr().err
    assert not Path(out).exists()


def test_progress_is_for_terminals(monkeypatch, capsys, model, image, out):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["onnx", model, "--input", image, "--output", out]) == 0
    assert capsys.readouterr().err == "\rrunning 1/1 layers\n\rchecking 1/1 layers\n"
