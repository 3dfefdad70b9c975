"""The check of an export finds what is changed between writing and checking; quantized operands; exports of odd models."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy
from winograd_trace import TraceError, export

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from winograd_trace import exporting


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(5)
    torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)
        self.query = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        y = self.up(self.conv(x).relu()).flatten(2).transpose(1, 2)
        scores = (self.query(y) @ y.transpose(1, 2)).softmax(-1)
        return self.head(scores @ y)


@pytest.fixture
def tampered(tmp_path, monkeypatch):
    """Exports a model whose files are changed between writing and checking."""

    def run(change, model=None, x=None):
        read = exporting.read_trace

        def tamper(path):
            file = path.parent / "tensors.safetensors"
            tensors = dict(safetensors.numpy.load_file(file))
            change(tensors)
            safetensors.numpy.save_file(tensors, file)
            return read(path)

        monkeypatch.setattr(exporting, "read_trace", tamper)
        model = (model or Net()).eval()
        return export(model, torch.randn(1, 3, 6, 6) if x is None else x, tmp_path / "deep" / "t.yaml")

    return run


def scale(name, factor, place=...):
    def change(tensors):
        array = tensors[name].copy()
        array[place] *= factor
        tensors[name] = array

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (scale("conv.weight", 0, (3, 1, 1, 1)), "layer 'conv': its weights in the files are not those that reach it"),
        (scale("conv.input", 1.5, (0, 1, 2, 2)), "layer 'conv': its activations in the files"),
        (scale("conv.output", 1.01, (0, 2)), "layer 'conv': the model's outputs are not what the files compute"),
        (scale("up.weight", 1.01), "layer 'up': its weights"),
        (scale("up.input", 0), "layer 'up': its activations"),
        (scale("Net.weight", 1.01), "layer 'Net': its weights"),
        (scale("Net#2.input", 0.5), "layer 'Net#2': its activations"),
        (scale("head.output", 1 + 2e-4), "layer 'head': the model's outputs"),
    ],
)
def test_a_changed_file_is_refused_with_the_layer(change, message, tampered, tmp_path):
    with pytest.raises(TraceError, match=message):
        tampered(change)
    assert list(tmp_path.iterdir()) == []


def test_the_files_as_written_pass(tampered, tmp_path):
    tampered(lambda tensors: None)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["t.yaml", "tensors.safetensors"]


def test_an_end_that_differs_is_refused(tmp_path, monkeypatch):
    source = exporting.Source.run

    def other(self, watch=None):
        returned = source(self, watch)
        return returned if watch is not None else {**returned, "b": returned["b"] * 1.01}

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            return {"a": self.a(x), "b": self.a(x).tanh()}

    monkeypatch.setattr(exporting.Source, "run", other)
    with pytest.raises(TraceError, match=r"the network's output\['b'\] from the files is not what the model returns"):
        export(Two().eval(), torch.randn(2, 4), tmp_path / "t.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_the_old_files(tampered, tmp_path, monkeypatch):
    export(Net().eval(), torch.randn(1, 3, 6, 6), tmp_path / "deep" / "t.yaml")
    before = {path.name: path.read_bytes() for path in (tmp_path / "deep").iterdir()}
    with pytest.raises(TraceError):
        tampered(scale("conv.weight", 0))
    assert {path.name: path.read_bytes() for path in (tmp_path / "deep").iterdir()} == before


def test_random_numbers_are_the_same_in_every_run(tmp_path):
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            return self.a(x + torch.randn_like(x)) + nn.functional.dropout(x, 0.5, training=True)

    state = torch.random.get_rng_state()
    export(Noisy().eval(), torch.randn(2, 4), tmp_path / "t.yaml")
    torch.random.set_rng_state(state)


def test_a_model_that_never_runs_the_same_is_refused(tmp_path):
    calls = [0]

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            calls[0] += 1
            if float(x.sum()) > 1e9:
                return x
            return self.a(x) * calls[0]

    with pytest.raises(TraceError, match="the network's output from the files is not what the model returns"):
        export(Counting().eval(), torch.randn(2, 4), tmp_path / "t.yaml")


@pytest.mark.parametrize(
    ("rows", "times", "message"),
    [
        (lambda run: run, lambda run: 1, "layer 'a' has the shape"),
        (lambda run: 1, lambda run: run, "it multiplies more often"),
        (lambda run: 1, lambda run: 9 - run, r"layer 'a#\d' does not run"),
    ],
)
def test_a_model_that_runs_other_layers_is_refused(rows, times, message, tmp_path):
    runs = [0]

    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            runs[0] += 1
            if float(x.sum()) > 1e9:
                return x
            x = x[: rows(runs[0])]
            for _ in range(times(runs[0])):
                x = self.a(x)
            return x

    with pytest.raises(TraceError, match=f"the model does not run twice in the same way: {message}"):
        export(Changing().eval(), torch.randn(9, 4), tmp_path / "t.yaml")
    assert list(tmp_path.iterdir()) == []


def test_integers_at_the_end_are_compared(tmp_path, monkeypatch):
    source = exporting.Source.run

    def other(self, watch=None):
        returned = source(self, watch)
        return returned if watch is None else (returned[0], returned[1] + 1)

    class Ranked(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            y = self.a(x)
            return y, y.argmax(1)

    export(Ranked().eval(), torch.randn(5, 4), tmp_path / "t.yaml")
    monkeypatch.setattr(exporting.Source, "run", other)
    with pytest.raises(TraceError, match=r"output\[1\] from the files .*: 100.0% of its values differ"):
        export(Ranked().eval(), torch.randn(5, 4), tmp_path / "t.yaml")


# Quantized


class FakeQuantized(nn.Module):
    """Activations of eight bits with a zero point, weights with one scale a filter."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        x = torch.fake_quantize_per_tensor_affine(x, 0.05, 120, 0, 255)
        weight = self.conv.weight
        scale = weight.abs().amax((1, 2, 3)) / 127
        zero = torch.zeros(4, dtype=torch.int32)
        weight = torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -128, 127)
        y = torch.conv2d(x, weight, self.conv.bias, padding=1).relu()
        y = torch.fake_quantize_per_tensor_affine(y.amax((2, 3)), 0.02, 0, 0, 255)
        head = torch.fake_quantize_per_tensor_affine(
            self.head.weight, torch.tensor(0.01), torch.tensor(3, dtype=torch.int32), -128, 127
        )
        return nn.functional.linear(y, head, self.head.bias)


@pytest.mark.parametrize("way", ["graph", "calls"])
def test_fake_quantized_operands_are_integers(way, tmp_path, monkeypatch):
    if way == "calls":
        monkeypatch.setattr("winograd_trace.capturing.ExportedSource", None)
    model = FakeQuantized().eval()
    trace = export(model, torch.randn(2, 3, 5, 5), tmp_path / "t.yaml").trace
    conv, head = trace.layers
    assert conv.activations.array.dtype == np.uint8 and conv.activations.quantization.zero_point == 120
    assert conv.activations.quantization.scale == pytest.approx(0.05)
    assert conv.weights.array.dtype == np.int8 and conv.weights.quantization.scale.shape == (4,)
    assert np.abs(conv.weights.array).max() == 127 and conv.outputs.dtype == np.float32
    assert head.activations.array.dtype == np.uint8 and head.weights.array.dtype == np.int8
    assert head.weights.quantization.zero_point == 3
    weight = model.conv.weight.detach().numpy()
    grid = weight / conv.weights.quantization.scale[:, None, None, None]
    np.testing.assert_array_equal(conv.weights.array, np.round(grid))
    assert all(error < 1e-5 for error in trace.output_errors().values())


@pytest.mark.filterwarnings("ignore")
def test_observed_scales_are_read_and_observers_off(tmp_path):
    quantization = pytest.importorskip("torch.ao.quantization")
    if not hasattr(quantization, "prepare_qat"):
        pytest.skip("this PyTorch has no prepare_qat")
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 9, 5))
    model.qconfig = quantization.get_default_qat_qconfig("fbgemm")
    quantization.prepare_qat(model.train(), inplace=True)
    for _ in range(3):
        model(torch.randn(2, 3, 5, 5))
    model.eval()
    observed = {name: value.clone() for name, value in model.state_dict().items()}
    trace = export(model, torch.randn(2, 3, 5, 5) * 100, tmp_path / "t.yaml").trace
    assert [layer.name for layer in trace.layers] == ["0", "3"]
    assert trace.layers[0].weights.array.dtype == np.int8
    assert trace.layers[1].activations.array.dtype == np.uint8
    scales = [float(value) for name, value in observed.items() if name.endswith("scale") and value.numel() == 1]
    assert any(trace.layers[1].activations.quantization.scale == pytest.approx(scale) for scale in scales)
    after = model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in observed.items())


def test_a_scale_of_zero_is_an_error(tmp_path):
    class Zero(nn.Linear):
        def forward(self, x):
            return super().forward(torch.fake_quantize_per_tensor_affine(x, self.step, self.zero, 0, 255))

    model = Zero(3, 2).eval()
    model.register_buffer("step", torch.zeros(1))
    model.register_buffer("zero", torch.zeros(1, dtype=torch.int32))
    with pytest.raises(TraceError, match="has the scale 0.0; expected a number above 0"):
        export(model, torch.ones(1, 3), tmp_path / "t.yaml")


@pytest.mark.filterwarnings("ignore")
def test_quantize_and_dequantize_nodes_are_read(tmp_path):
    pytest.importorskip("torch.ao.quantization.fx._decomposed")
    ops = torch.ops.quantized_decomposed

    class Converted(nn.Module):
        """As PT2E converts a layer: weights stored as int8, one scale a filter."""

        def __init__(self):
            super().__init__()
            self.register_buffer("weight", torch.randint(-127, 128, (4, 3, 3, 3), dtype=torch.int8))
            self.register_buffer("scales", torch.rand(4) * 0.01 + 0.001)
            self.register_buffer("zeros", torch.zeros(4, dtype=torch.int64))
            self.bias = nn.Parameter(torch.randn(4))

        def forward(self, x):
            x = ops.quantize_per_tensor.default(x, 0.03, -5, -128, 127, torch.int8)
            x = ops.dequantize_per_tensor.default(x, 0.03, -5, -128, 127, torch.int8)
            w = ops.dequantize_per_channel.default(self.weight, self.scales, self.zeros, 0, -127, 127, torch.int8)
            return torch.conv2d(x, w, self.bias, padding=1).relu()

    model = Converted().eval()
    trace = export(model, torch.randn(1, 3, 5, 5), tmp_path / "t.yaml").trace
    (layer,) = trace.layers
    np.testing.assert_array_equal(layer.weights.array, model.weight.numpy())
    assert layer.activations.array.dtype == np.int8 and layer.activations.quantization.zero_point == -5
    assert [entry.kind for entry in trace.operations] == ["quantize_per_tensor", "dequantize_per_tensor"]
    zeros = np.count_nonzero(layer.activations.array == -5) / layer.activations.array.size
    assert layer.nonzeros()[1] == pytest.approx(1 - zeros)


@pytest.mark.filterwarnings("ignore")
def test_calibrated_observers_quantize(tmp_path):
    quantization = pytest.importorskip("torch.ao.quantization")
    model = nn.Sequential(
        quantization.QuantStub(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 5)
    ).eval()
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(model)
    unseen = export(prepared, torch.randn(1, 3, 5, 5), tmp_path / "u.yaml", tensors="u.safetensors")
    assert [layer.activations.array.dtype for layer in unseen.trace.layers] == [np.float32, np.float32]
    for _ in range(3):
        prepared(torch.randn(2, 3, 5, 5))
    state = {name: value.clone() for name, value in prepared.state_dict().items()}
    weight = prepared[1].weight
    scale, zero = prepared[0].activation_post_process.calculate_qparams()
    exported = export(prepared, torch.randn(2, 3, 5, 5), tmp_path / "t.yaml")
    conv, head = exported.trace.layers
    assert (conv.name, head.name) == ("1", "4") and "observers quantize" in exported.summary
    assert conv.activations.array.dtype == np.uint8 and conv.activations.array.max() <= 127
    assert conv.activations.quantization.scale == pytest.approx(float(scale))
    assert conv.activations.quantization.zero_point == int(zero)
    assert conv.weights.array.dtype == np.int8 and conv.weights.quantization.scale.shape == (4,)
    assert head.weights.quantization.scale.shape == (5,)
    assert head.weights.array.dtype == np.int8 and head.activations.array.dtype == np.uint8
    assert prepared[1].weight is weight and type(prepared[1]) is nn.Conv2d
    after = prepared.state_dict()
    assert state.keys() == after.keys() and all(torch.equal(value, after[name]) for name, value in state.items())
