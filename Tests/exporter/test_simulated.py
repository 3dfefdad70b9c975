"""What the exporter writes runs on the simulator: every layer verified, and products counted alike."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from winograd_trace import Trace, read_trace

torch: Any = pytest.importorskip("torch")
from torch import nn
from torch.nn import functional
from winograd_trace import export

REPOSITORY = Path(__file__).parents[2]


def simulated(manifest: Path, folder: Path, *options: str) -> dict[str, dict[str, str]]:
    """Runs a trace on the machine as configured by default; the rows of layers.csv by layer."""
    program = Path(os.environ.get("WINOSIM", REPOSITORY / ".build-tests/release/winosim"))
    if not program.exists():
        pytest.skip("winosim is not built")
    command = [program, "simulate", manifest, "--output", folder, *options]
    found = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert found.returncode == 0, found.stderr
    with (folder / "layers.csv").open() as file:
        return {row["layer"]: row for row in csv.DictReader(file)}


def compare(trace: Trace, rows: dict[str, dict[str, str]]) -> None:
    """Dense multiplications are those of the exporter; densities those of the files."""
    for layer in trace.layers:
        assert int(rows[layer.name]["dense_multiplies"]) == layer.shape.dense_multiplies, layer.name
    assert int(rows["total"]["dense_multiplies"]) == sum(layer.shape.dense_multiplies for layer in trace.layers)


class Everything(nn.Module):
    """A layer of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.signal = nn.Conv1d(3, 8, 5, stride=2, padding=2)
        self.first = nn.Conv2d(1, 6, 3, padding=1)
        self.uneven = nn.Conv2d(6, 6, (2, 4), padding="same", groups=2)
        self.up = nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.end = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        """[2, 3, 32] to [2, 8, 5]."""
        y = functional.relu(self.signal(x))
        z = functional.relu(self.first(y[:, None]))
        z = functional.relu(self.uneven(z) + z)
        z = functional.relu(self.up(z)).mean(1)[:, ::2, :16]
        z, _ = self.attention(z, z, z)
        return self.end(z)


def test_every_kind_of_layer_is_simulated_and_verified(tmp_path: Path) -> None:
    torch.manual_seed(7)
    exported = export(Everything().eval(), torch.randn(2, 3, 32), tmp_path / "trace.yaml")
    kinds = {layer.operation for layer in exported.trace.layers}
    assert kinds == {"convolution", "transposed_convolution", "linear", "matmul"}
    compare(exported.trace, simulated(tmp_path / "trace.yaml", tmp_path / "out", "--verify"))


def test_measured_densities_of_every_kind_run(tmp_path: Path) -> None:
    torch.manual_seed(7)
    model, inputs = Everything().eval(), torch.randn(2, 3, 32)
    values = export(model, inputs, tmp_path / "values/trace.yaml")
    export(model, inputs, tmp_path / "drawn/trace.yaml", activations="density", weights="density")
    options = ("--set", "mapping.algorithm=direct")
    exact = simulated(tmp_path / "values/trace.yaml", tmp_path / "a", *options)
    drawn = simulated(tmp_path / "drawn/trace.yaml", tmp_path / "b", *options)
    compare(values.trace, drawn)
    for layer, row in exact.items():
        assert int(drawn[layer]["multiplies"]) == pytest.approx(int(row["multiplies"]), rel=0.1), layer


def test_quantized_networks_skip_their_zero_points(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper, save
    from winograd_trace.onnx import export as export_onnx

    random = np.random.default_rng(3)
    weights = random.integers(-4, 5, (6, 3, 1, 1)).astype(np.int8)
    scales = random.uniform(0.01, 0.1, 6).astype(np.float32)
    constants = {
        "xs": np.float32(0.05), "xz": np.uint8(128), "w": weights, "ws": scales, "wz": np.zeros(6, np.int8),
        "ys": np.float32(0.2), "yz": np.uint8(100),
    }  # fmt: skip
    node = helper.make_node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], "conv")
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, [1, 6, 8, 8])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "q.onnx")
    x = np.where(random.random((1, 3, 8, 8)) < 0.5, 128, random.integers(100, 156, (1, 3, 8, 8))).astype(np.uint8)
    export_onnx(tmp_path / "q.onnx", tmp_path / "q", {"x": x})
    rows = simulated(tmp_path / "q/trace.yaml", tmp_path / "out", "--verify", "--set", "mapping.algorithm=direct")
    assert float(rows["conv"]["activation_density"]) == pytest.approx(np.count_nonzero(x != 128) / x.size)
    assert float(rows["conv"]["weight_density"]) == pytest.approx(np.count_nonzero(weights) / weights.size)
    compare(read_trace(tmp_path / "q/trace.yaml"), rows)


def test_a_trained_text_detector_is_simulated_and_verified(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from test_onnx_networks import detector, page
    from winograd_trace.onnx import export as export_onnx

    exported = export_onnx(detector(), tmp_path / "detector", {"x": page()})
    rows = simulated(tmp_path / "detector/trace.yaml", tmp_path / "out", "--config", "mobile", "--verify")
    compare(exported.trace, rows)
    assert int(rows["total"]["dense_multiplies"]) == 575_567_744
