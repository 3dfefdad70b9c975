"""The package as a wheel, its types, and the schema of the manifests that it writes."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "Traces/exporter"


def test_a_wheel_holds_every_module_and_the_extras(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(PACKAGE), "--wheel-dir", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())
        metadata = next(files.read(name).decode() for name in names if name.endswith("METADATA"))
    modules = {str(path.relative_to(PACKAGE)) for path in (PACKAGE / "winograd_trace").rglob("*.py")}
    assert modules <= names and "winograd_trace/py.typed" in names
    for extra in ("torch", "onnx", "test"):
        assert f"Provides-Extra: {extra}" in metadata


def test_types_are_strict() -> None:
    for module in ("mypy", "torch", "onnx"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    command = [sys.executable, "-m", "mypy", "--no-incremental", "winograd_trace"]
    found = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def schema() -> Any:
    """The validator of the schema, or a skip."""
    jsonschema = pytest.importorskip("jsonschema")
    text = (REPOSITORY / "Traces/winosim-trace.schema.json").read_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    return jsonschema.Draft202012Validator(json.loads(text))


def shipped() -> list[Path]:
    """All manifests of the repository."""
    return sorted(
        path
        for path in (REPOSITORY / "Traces").rglob("*.yaml")
        if path.read_text().lstrip().startswith(("format:", "#")) and "format: winosim-trace/1" in path.read_text()
    )


def test_shipped_manifests_follow_the_schema() -> None:
    validator = schema()
    assert len(shipped()) > 12
    for path in shipped():
        errors = [error.message for error in validator.iter_errors(yaml.safe_load(path.read_text()))]
        assert errors == [], path


MANIFEST = """
format: winosim-trace/1
model: m
inputs: [{name: x, shape: [1, 4, 8, 8]}]
outputs: [fc]
layers:
  - name: up
    operation: transposed_convolution
    inputs: [x]
    fused: [{operation: add, input: x}]
    input: {channels: 4, height: 8, width: 8}
    output: {channels: 4}
    kernel: {height: 3, width: 3, stride: 2, padding: [1, 1, 0, 0], output_padding: 1}
    weights: {tensor: w, scale: {tensor: s}, zero_point: 3}
    activations: {density: 0.5, profiles: {direct: p, winograd-2x2: q}}
operations:
  - {name: pool, operation: pool, kind: max_pool2d, inputs: [up], input: [[1]], output: [[1]], bytes: {read: 1, written: 1}}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("winosim-trace/1", "winosim-trace/2"),
        ("operation: transposed_convolution", "operation: deconvolution"),
        ("padding: [1, 1, 0, 0]", "padding: [1, 1, 0]"),
        ("scale: {tensor: s}, ", ""),
        ("scale: {tensor: s}", "scale: 0"),
        ("density: 0.5", "density: 1.5"),
        ("winograd-2x2: q", "winograd-2x3: q"),
        ("operation: pool", "operation: pooling"),
        ("{read: 1, written: 1}", "{read: 1}"),
        ("model: m", "modle: m"),
        ("output: {channels: 4}", "output: {filters: 4}"),
    ],
)
def test_the_schema_refuses(old: str, new: str) -> None:
    validator = schema()
    assert list(validator.iter_errors(yaml.safe_load(MANIFEST))) == []
    assert old in MANIFEST
    assert list(validator.iter_errors(yaml.safe_load(MANIFEST.replace(old, new, 1)))) != []
