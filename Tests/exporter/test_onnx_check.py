"""The check of an export from ONNX can fail: files that are changed between writing and checking are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from winograd_trace import TraceError

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx_models import make, node, random, save
from winograd_trace.onnx import Options, export, exporting
from winograd_trace.onnx.products import Product
from winograd_trace.onnx.recording import Recorder

NODES = [
    node("Conv", "x w b", "c", "conv", pads=[1, 1, 1, 1]),
    node("Relu", "c", "r"),
    node("ConvTranspose", "r t", "u", "up", strides=[2, 2]),
    node("Reshape", "u rows", "f"),
    node("Gemm", "f g h", "d", "gemm", alpha=0.5),
    node("Tanh", "d", "e", "tanh"),
    node("MatMul", "e e2", "p", "product"),
    node("Softmax", "p", "y", "softmax"),
]
CONSTANTS = {
    "w": random(4, 3, 3, 3, seed=1),
    "b": random(4, seed=2),
    "t": random(4, 2, 2, 2, seed=3),
    "rows": np.array([6, -1]),
    "g": random(48, 5, seed=4),
    "h": random(5, seed=5),
}


@pytest.fixture
def model(tmp_path):
    return save(tmp_path, make(NODES, {"x": (1, 3, 6, 6), "e2": (5, 3)}, "y", CONSTANTS))


@pytest.fixture
def feeds():
    return {"x": random(1, 3, 6, 6), "e2": random(5, 3, seed=7)}


def tampered(monkeypatch, change):
    """Lets ``change`` work on the written manifest and tensors before they are read for the check."""
    read = exporting.read_trace

    def changed(path):
        tensors = path.parent / "tensors.safetensors"
        data = bytearray(tensors.read_bytes())
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])

        def array(name):
            first, end = (8 + size + offset for offset in header[name]["data_offsets"])
            return np.frombuffer(memoryview(data)[first:end], np.float32).reshape(header[name]["shape"])

        change(array, path)
        tensors.write_bytes(data)
        return read(path)

    monkeypatch.setattr(exporting, "read_trace", changed)


def test_it_passes_without_a_fault(tmp_path, model, feeds):
    assert export(model, tmp_path / "out", feeds).checked == 4


@pytest.mark.parametrize("layer", ["conv", "up", "gemm", "product"])
@pytest.mark.parametrize("role", ["weight", "input", "output"])
def test_a_changed_tensor_is_found(tmp_path, monkeypatch, model, feeds, layer, role):
    def change(array, _):
        array(f"{layer}.{role}")[...] *= 1.01

    tampered(monkeypatch, change)
    with pytest.raises(TraceError, match=f"layer '{layer}'"):
        export(model, tmp_path / "out", feeds)
    assert not (tmp_path / "out").exists()


def test_a_message_names_the_folder_that_was_asked_for(tmp_path, monkeypatch, model, feeds):
    def change(_, path):
        path.write_text(path.read_text().replace("layers:", "layer:"))

    tampered(monkeypatch, change)
    with pytest.raises(TraceError, match=f"{tmp_path}/out/trace.yaml: .*'layer'"):
        export(model, tmp_path / "out", feeds)


def test_one_changed_weight_is_found(tmp_path, monkeypatch, model, feeds):
    def change(array, _):
        array("up.weight")[0, 0, 0, 0] += 1e-6

    tampered(monkeypatch, change)
    with pytest.raises(
        TraceError,
        match="layer 'up': its weights in the file are not those of the model",
    ):
        export(model, tmp_path / "out", feeds)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stride: 2", "stride: 1"),
        ("padding: 1", "padding: 0"),
        ("channels: 4", "channels: 2"),
    ],
)
def test_a_changed_manifest_is_found(tmp_path, monkeypatch, model, feeds, old, new):
    def change(_, path):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    tampered(monkeypatch, change)
    with pytest.raises(TraceError, match="layer '"):
        export(model, tmp_path / "out", feeds)


def test_activations_and_outputs_that_fit_each_other_but_not_the_network(tmp_path, monkeypatch, model, feeds):
    """A linear layer of half its activations: its own outputs agree, what flows into it does not."""

    def change(array, _):
        array("gemm.input")[...] *= 0.5
        array("gemm.output")[...] *= 0.5

    tampered(monkeypatch, change)
    with pytest.raises(
        TraceError,
        match="layer 'gemm': its activations in the file are not what flows into it",
    ):
        export(model, tmp_path / "out", feeds)


def test_a_fault_in_what_was_recorded_is_found(tmp_path, monkeypatch, model, feeds):
    """An exporter that records wrong activations of one layer is found although files and record agree."""
    multiply = Recorder._multiply

    def wrong(self, product, known):
        name = product.data.name
        if product.node.label != "up":
            return multiply(self, product, known)
        return multiply(self, product, known.new_child({name: np.flip(known[name], 2)}))

    monkeypatch.setattr(Recorder, "_multiply", wrong)
    with pytest.raises(TraceError, match="layer 'up': its activations in the file"):
        export(model, tmp_path / "out", feeds)


@pytest.mark.parametrize("fault", ["bias", "alpha"])
def test_a_fault_behind_the_products_is_found_at_the_end(tmp_path, monkeypatch, model, feeds, fault):
    """Without bias or factor both runs of the exporter agree; the model as a whole does not."""
    finish = Product.finish

    def wrong(self, product, values, dtype):
        if fault == "bias" and self.bias == "h":
            values = {**values, "h": 0 * values["h"]}
        return finish(
            self,
            2 * product if fault == "alpha" and self.alpha != 1 else product,
            values,
            dtype,
        )

    monkeypatch.setattr(Product, "finish", wrong)
    with pytest.raises(
        TraceError,
        match="output 'y' of the network: computed from the files it is not what the model",
    ):
        export(model, tmp_path / "out", feeds)


def test_integers_at_the_end_are_compared(tmp_path, monkeypatch, feeds):
    nodes = [*NODES[:-1], node("ArgMax", "p", "y", "largest", axis=1)]
    model = save(tmp_path, make(nodes, {"x": (1, 3, 6, 6), "e2": (5, 3)}, "y", CONSTANTS))
    assert export(model, tmp_path / "out", feeds).checked == 4
    finish = Product.finish

    def wrong(self, product, values, dtype):
        return finish(self, -product if self.node.label == "product" else product, values, dtype)

    monkeypatch.setattr(Product, "finish", wrong)
    with pytest.raises(TraceError, match="output 'y' of the network: computed from the files it differs"):
        export(model, tmp_path / "out", feeds)


def test_small_shares_round_as_one_does(tmp_path):
    """Sigmoids of -16 are 1e-7, with the rounding errors of numbers near 1."""
    nodes = [node("Conv", "x w b", "c", "conv"), node("Sigmoid", "c", "s"), node("Transpose", "s", "y")]
    constants = {"w": random(4, 64, 3, 3, seed=1, scale=0.01), "b": np.full(4, -15.5, np.float32)}
    model = save(tmp_path, make(nodes, {"x": (1, 64, 32, 32)}, "y", constants))
    assert export(model, tmp_path / "out", {"x": random(1, 64, 32, 32)}).checked == 1


def test_an_earlier_trace_survives_a_refusal(tmp_path, monkeypatch, model, feeds):
    export(model, tmp_path / "out", feeds)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def change(array, _):
        array("conv.weight")[...] = 0

    tampered(monkeypatch, change)
    with pytest.raises(TraceError):
        export(model, tmp_path / "out", feeds)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_layers_of_zeros_and_of_numbers_near_the_smallest(tmp_path):
    """Filters that training let die, and activations that are all zero, are no faults."""
    w = random(4, 3, 1, 1, seed=1)
    w[1], w[2] = 0, 1e-41
    nodes = [
        node("Conv", "x w", "c", "conv"),
        node("Relu", "none", "z"),
        node("MatMul", "z m", "d", "zeros"),
        node("Sub", "x x", "none"),
    ]
    constants = {"w": w, "m": random(6, 6, seed=2)}
    model = make(nodes, {"x": (1, 3, 6, 6)}, "c d", constants)
    exported = export(save(tmp_path, model), tmp_path / "out", {"x": random(1, 3, 6, 6)})
    assert exported.checked == 2


def test_the_end_of_a_network_may_be_infinite_where_the_model_is(tmp_path):
    nodes = [
        node("Conv", "x w", "c", "conv"),
        node("Relu", "c", "r"),
        node("Log", "r", "y", "log"),
    ]
    model = make(nodes, {"x": (1, 3, 6, 6)}, "y", {"w": random(4, 3, 1, 1)})
    assert export(save(tmp_path, model), tmp_path / "out", {"x": random(1, 3, 6, 6)}).checked == 1


def test_halves_inside_a_network_of_floats(tmp_path):
    """onnxruntime computes halves in float32 and rounds only the ends of what it runs: here by 0.3 % of the result."""
    nodes = [
        node("Cast", "x", "h", to=onnx.TensorProto.FLOAT16),
        node("Conv", "h w", "c", "conv"),
        node("Sub", "c four", "s"),
        node("Cast", "s", "y", to=onnx.TensorProto.FLOAT),
    ]
    constants = {"w": np.full((1, 1, 1, 1), 1 / 3, np.float16), "four": np.float16(4)}
    model = save(tmp_path, make(nodes, {"x": (1, 1, 16, 16)}, "y", constants))
    assert export(model, tmp_path / "out", {"x": 12 + random(1, 1, 16, 16)}).checked == 1


def test_densities_are_measured_after_the_check(tmp_path, model, feeds):
    exported = export(model, tmp_path / "out", feeds, options=Options(activations="density"))
    assert exported.checked == 4 and "checked: 4 layers" in exported.summary
    assert all(layer.outputs is None and not hasattr(layer.activations, "array") for layer in exported.trace.layers)
