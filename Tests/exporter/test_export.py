"""``export``: layers, names, graph and multiplications of whole networks, by independent formulas; and what it refuses."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import TraceError, TraceWarning, export, read_trace

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize, prune
from winograd_trace import capturing

SOURCES = Path(__file__).parents[2] / "Traces" / "exporter"


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(11)
    torch.set_num_threads(1)


@pytest.fixture(params=["graph", "calls"])
def way(request, monkeypatch):
    """Through the graph of torch.export, and through the calls of the model itself."""
    if request.param == "calls":

        def refuse(*_):
            raise RuntimeError("not here")

        monkeypatch.setattr(capturing, "ExportedSource", refuse)
    return request.param


class Calls(nn.Module):
    """A model that is a function of its modules and inputs."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


@pytest.fixture
def traced(tmp_path):
    """Exports a model and gives the trace as it was read back."""

    def run(model, *inputs, tolerance=1e-4, **options):
        exported = export(model.eval(), inputs, tmp_path / "out" / "trace.yaml", **options)
        read = read_trace(tmp_path / "out" / "trace.yaml")
        assert read.manifest() == exported.trace.manifest()
        assert all(error < tolerance for error in read.output_errors().values())
        assert len(read.output_errors()) == len(read.layers)
        return read

    return run


def named(trace):
    return {layer.name: layer for layer in trace.layers}


def operations(trace):
    return {entry.name: entry for entry in trace.operations}


def fused(layer):
    return [step.operation if step.input is None else (step.operation, step.input) for step in layer.fused]


def macs(trace):
    return sum(layer.shape.dense_multiplies for layer in trace.layers)


# Networks


class Residual(nn.Module):
    """Both branches are convolutions; normalization, in-place activations, and a block whose output is used twice."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.main = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.BatchNorm2d(8), nn.Conv2d(8, 12, 1))
        self.short = nn.Conv2d(8, 12, 1, bias=False)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.pool(self.relu(self.bn(self.stem(x))))
        y = self.main(x)
        y += self.short(x)
        y = self.relu(y)
        return {"scores": self.head(y.mean((2, 3))), "map": y}


def test_a_residual_network(traced, way):
    model = Residual()
    for norm in (model.bn, model.main[1]):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    trace = traced(model, torch.randn(2, 3, 17, 15))
    layers = named(trace)
    assert list(layers) == ["stem", "main.0", "main.2", "short", "head"]
    assert fused(layers["stem"]) == ["batch_norm", "relu"]
    assert fused(layers["main.0"]) == ["bias", "batch_norm"]
    assert fused(layers["main.2"]) == ["bias"]
    assert fused(layers["short"]) == [("add", "main.2"), "relu"]
    assert [layers[name].inputs for name in layers] == [("x",), ("pool",), ("main.0",), ("pool",), ("mean",)]
    assert set(operations(trace)) == {"pool", "mean"}
    assert operations(trace)["pool"].window == {"height": 3, "width": 3, "stride": 2, "padding": 1}
    assert operations(trace)["pool"].inputs == ("stem",)
    assert trace.outputs == ("head", "short") and [entry.name for entry in trace.inputs] == ["x"]
    assert trace.inputs[0].shape == (2, 3, 17, 15)
    expected = 2 * (8 * 9 * 8 * 3 * 9 + 8 * 5 * 4 * 9 + 12 * 5 * 4 * 8 + 12 * 5 * 4 * 8 + 5 * 12)
    assert macs(trace) == expected
    assert layers["main.0"].relu == "spatial" and layers["stem"].relu == "none"


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    ("layer", "size", "count"),
    [
        (nn.Conv1d(4, 6, 5, stride=2, padding=2, dilation=2, groups=2), (2, 4, 21), 2 * 6 * 9 * 2 * 5),
        (nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)), (1, 4, 9, 8), 6 * 5 * 10 * 4 * 6),
        (nn.Conv2d(6, 12, 3, padding=1, groups=6), (2, 6, 5, 5), 2 * 12 * 25 * 9),
        (nn.Conv2d(3, 4, 4, padding="same"), (1, 3, 7, 6), 4 * 42 * 3 * 16),
        (nn.Conv1d(3, 4, 2, padding="same", dilation=3), (1, 3, 9), 4 * 9 * 3 * 2),
        (nn.Conv2d(3, 4, 3), (3, 6, 6), 4 * 16 * 27),
        (nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2), (2, 4, 5, 4), 2 * 4 * 20 * 3 * 9),
        (nn.ConvTranspose2d(4, 6, (2, 3), (2, 3), dilation=2, bias=False), (1, 4, 3, 5), 4 * 15 * 6 * 6),
        (nn.ConvTranspose1d(4, 3, 4, 2, 1), (1, 4, 6), 4 * 6 * 3 * 4),
        (nn.Linear(6, 5), (2, 3, 4, 6), 24 * 30),
        (nn.Linear(6, 5, bias=False), (6,), 30),
        (nn.Conv2d(3, 4, 1).double(), (1, 3, 2, 2), 4 * 4 * 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_every_kind_of_layer(layer, size, count, traced, way):
    x = torch.randn(size, dtype=next(layer.parameters()).dtype)
    trace = traced(nn.Sequential(layer, nn.ReLU()), x)
    assert [found.name for found in trace.layers] == ["0"]
    assert macs(trace) == count
    assert fused(trace.layers[0]) == (["bias"] if layer.bias is not None else []) + ["relu"]
    assert trace.operations == () and trace.outputs == ("0",)
    with torch.no_grad():
        if layer.bias is not None:
            layer.bias.zero_()
        expected = layer(x)
    np.testing.assert_allclose(trace.layers[0].outputs.reshape(expected.shape), expected.numpy(), atol=1e-5)


def test_a_convolution_that_pads_by_itself_moves(traced, way):
    trace = traced(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect")), torch.randn(1, 2, 5, 5))
    (layer,) = trace.layers
    assert layer.name == "0" and layer.shape.padding == (0, 0) and layer.shape.height == 7
    (pad,) = trace.operations
    assert pad.operation == "move" and pad.inputs == ("input",)
    assert layer.inputs == (pad.name,)


def test_a_module_that_runs_again(traced, way):
    shared = nn.Conv2d(3, 3, 3, padding=1)
    model = Calls(lambda m, x: m.conv(m.conv(m.conv(x).relu_())), conv=shared)
    trace = traced(model, torch.randn(1, 3, 5, 5))
    assert [layer.name for layer in trace.layers] == ["conv", "conv#2", "conv#3"]
    assert [layer.inputs for layer in trace.layers][1:] == [("conv",), ("conv#2",)]
    assert trace.layers[0].fused[-1].operation == "relu"


def test_functional_calls_and_operators(traced, way):
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.randn(4, 3, 3, 3))
            self.v = nn.Parameter(torch.randn(6, 4))
            self.q = nn.Parameter(torch.randn(2, 5, 6))
            self.r = nn.Parameter(torch.randn(7, 16))

        def forward(self, x, scale=None):
            y = F.hardswish(F.conv2d(x, self.w, padding=(1, 0)))  # [2, 4, 4, 4 - 2]
            rows = y.flatten(2).transpose(1, 2)  # [2, 16, 4]
            z = F.linear(rows, self.v) @ self.q.transpose(1, 2)  # batched constants: [2, 16, 5]
            t = torch.einsum("nlc,nld->ncd", z, z)
            u = self.r @ z  # a constant first factor
            v = torch.addmm(t[0], t[0], t[1], beta=0.5, alpha=2.0)
            w = torch.baddbmm(t, t, t)
            return u, v, w.sum() * scale, torch.mv(v, v[0]), torch.dot(v[0], v[1]), torch.outer(v[0], v[1])

    trace = traced(Functional(), torch.randn(2, 3, 4, 6), kwargs={"scale": torch.tensor(2.0)}, name="net")
    kinds = [(layer.name, layer.operation) for layer in trace.layers]
    assert kinds == [
        ("net", "convolution"),
        ("net#2", "linear"),
        ("net#3", "convolution"),
        ("net#4", "matmul"),
        ("net#5", "linear"),
        ("net#6", "matmul"),
        ("net#7", "matmul"),
        ("net#8", "matmul"),
        ("net#9", "matmul"),
        ("net#10", "matmul"),
    ]
    counts = [layer.shape.dense_multiplies for layer in trace.layers]
    assert counts == [2 * 4 * 16 * 27, 32 * 24, 2 * 16 * 5 * 6, 2 * 25 * 16, 2 * 7 * 16 * 5, 125, 2 * 125, 25, 5, 25]
    assert trace.layers[2].shape.groups == 2
    assert [entry.name for entry in trace.inputs] == ["x", "scale"]
    assert trace.layers[6].fused[0].input == trace.layers[6].inputs[0]


def test_attention(traced, way):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(12)
            self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
            self.mlp = nn.Sequential(nn.Linear(12, 24), nn.GELU(), nn.Linear(24, 12))

        def forward(self, x):
            y = self.norm(x)
            x = x + self.attention(y, y, y, need_weights=False)[0]
            return x + self.mlp(x)

    trace = traced(Block(), torch.randn(2, 7, 12))
    kinds = [(layer.name, layer.operation) for layer in trace.layers]
    assert kinds == [
        ("attention", "linear"),
        ("attention#2", "matmul"),
        ("attention#3", "matmul"),
        ("attention#4", "linear"),
        ("mlp.0", "linear"),
        ("mlp.2", "linear"),
    ]
    rows = 2 * 7
    assert macs(trace) == rows * 12 * 36 + 2 * 3 * 7 * 7 * 4 * 2 + rows * 144 + rows * 12 * 24 * 2
    assert fused(named(trace)["mlp.0"]) == ["bias", "gelu"]
    assert fused(named(trace)["mlp.2"])[0] == "bias" and fused(named(trace)["mlp.2"])[1][0] == "add"
    kinds = Counter(entry.kind for entry in trace.operations)
    assert sum(count for kind, count in kinds.items() if "softmax" in kind) == 1 and kinds["layer_norm"] == 1
    softmax = next(entry for entry in trace.operations if entry.kind == "softmax")
    assert softmax.inputs == ("attention#2",) and named(trace)["attention#3"].inputs[0] == softmax.name


@pytest.mark.parametrize("masked", ["causal", "boolean", "none"])
def test_scaled_dot_products(masked, traced, way):
    def run(m, q, k, v):
        mask = torch.rand(6, 5) > 0.3 if masked == "boolean" else None
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=masked == "causal")

    trace = traced(Calls(run), torch.randn(2, 3, 6, 4), torch.randn(2, 3, 5, 4), torch.randn(2, 3, 5, 8), name="net")
    assert [layer.operation for layer in trace.layers] == ["matmul", "matmul"]
    assert [layer.shape.dense_multiplies for layer in trace.layers] == [6 * 6 * 5 * 4, 6 * 6 * 5 * 8]
    assert [layer.shape.batch for layer in trace.layers] == [6, 6]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_are_their_gates(kind, traced, way):
    gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
    model = kind(5, 6, num_layers=2, bidirectional=True, batch_first=True)
    trace = traced(Calls(lambda m, x: m.rnn(x)[0], rnn=model), torch.randn(2, 4, 5))
    steps, rows = 4, 2
    first, second = gates * 6 * (5 + 6), gates * 6 * (12 + 6)
    assert macs(trace) == steps * rows * 2 * (first + second)
    assert all(layer.operation == "linear" for layer in trace.layers)
    assert [layer.name for layer in trace.layers][:3] == ["rnn", "rnn#2", "rnn#3"]
    assert len(trace.layers) == 4 * (1 + steps)
    assert not {"slice", "slice_scatter"} & {entry.kind for entry in trace.operations}


def test_what_depends_on_no_input_is_computed_once(traced, way):
    class Norm(nn.Module):
        def forward(self, weight):
            return weight / weight.norm()

    masked = nn.Conv2d(3, 4, 3)
    prune.l1_unstructured(masked, "weight", amount=0.5)
    parametrized = nn.Linear(4, 4)
    parametrize.register_parametrization(parametrized, "weight", Norm())
    normed = parametrizations.weight_norm(nn.Linear(4, 4))
    spectral = parametrizations.spectral_norm(nn.Linear(4, 4))

    def run(m, x):
        y = m.masked(x).flatten(2).transpose(1, 2)
        table = torch.arange(4.0)[None, :] @ m.normed.weight
        return m.spectral(m.normed(m.parametrized(y))) + table

    model = Calls(run, masked=masked, parametrized=parametrized, normed=normed, spectral=spectral)
    trace = traced(model, torch.randn(1, 3, 5, 5))
    assert [layer.name for layer in trace.layers] == ["masked", "parametrized", "normed", "spectral"]
    assert np.count_nonzero(trace.layers[0].weights.array) == 54
    assert np.linalg.norm(trace.layers[1].weights.array) == pytest.approx(1.0)
    assert fused(trace.layers[3]) == ["bias", "bias"]
    assert [entry.kind for entry in trace.operations] == ["transpose"]


def test_masks_in_forward_are_the_weights(traced, way):
    class Masked(nn.Conv2d):
        def __init__(self):
            super().__init__(3, 8, 3)
            self.register_buffer("mask", (torch.rand(8, 3, 3, 3) > 0.6).float())

        def forward(self, x):
            return F.conv2d(x, self.weight * self.mask, self.bias)

    model = Masked()
    trace = traced(nn.Sequential(model), torch.randn(1, 3, 5, 5))
    np.testing.assert_array_equal(trace.layers[0].weights.array, (model.weight * model.mask).detach().numpy())


def test_data_dependent_control_flow_is_one_path(traced):
    model = Calls(lambda m, x: m.a(x) if x.sum() > 0 else m.b(x), a=nn.Linear(3, 2), b=nn.Linear(3, 4))
    with torch.no_grad():
        exported = traced(model, torch.ones(1, 3)), traced(model, -torch.ones(1, 3))
    assert [[layer.name for layer in trace.layers] for trace in exported] == [["a"], ["b"]]


def test_the_summary_says_that_one_path_was_recorded(tmp_path, capfd):
    model = Calls(lambda m, x: m.a(x) if x.sum() > 0 else x, a=nn.Linear(3, 2)).eval()
    exported = export(model, torch.ones(1, 3), tmp_path / "trace.yaml")
    assert "torch.export refused the model (Could not guard" in exported.summary and "one path" in str(exported)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: x.relu_().add_(y),
        lambda x, y: x.mul_(2).clamp_(min=0),
        lambda x, y: F.relu(x, inplace=True) + x,
        lambda x, y: x.view(-1).relu_().view_as(x) + x,
    ],
)
def test_in_place_operations(change, traced, way):
    model = Calls(lambda m, x: m.b(change(m.a(x), x)), a=nn.Linear(4, 4), b=nn.Linear(4, 4))
    trace = traced(model, torch.randn(3, 4))
    assert [layer.name for layer in trace.layers] == ["a", "b"]


def test_writing_into_a_part(traced, way):
    def run(m, x):
        y = m.a(x)
        y[:, :2] = y[:, 2:] * 2
        y[:, 3] += 1
        return m.b(y), y

    trace = traced(Calls(run, a=nn.Linear(4, 4), b=nn.Linear(4, 4)), torch.randn(3, 4))
    assert [layer.name for layer in trace.layers] == ["a", "b"]
    assert trace.layers[1].inputs != ("a",)
    assert trace.layers[1].inputs[0] in trace.outputs


def test_inputs_may_be_changed_and_nested(traced, way):
    def run(m, images, extra):
        images.mul_(0.5)
        return {"a": [m.a(images) + extra["bias"]], "b": (m.b(extra["rows"][0]), 3, None)}

    x, extra = torch.randn(2, 4), {"bias": torch.randn(3), "rows": [torch.randn(1, 5)]}
    before = x.clone()
    trace = traced(Calls(run, a=nn.Linear(4, 3), b=nn.Linear(5, 2)), x, extra)
    assert torch.equal(x, before)
    names = [entry.name for entry in trace.inputs]
    assert len(names) == 3 and fused(trace.layers[0])[1] == ("add", names[1])
    assert trace.outputs == ("a", "b")


def test_a_layer_whose_output_is_used_twice_is_not_fused(traced, way):
    def run(m, x):
        y = m.a(x)
        return y.relu() + y, m.b(y)

    trace = traced(Calls(run, a=nn.Linear(4, 4), b=nn.Linear(4, 4)), torch.randn(3, 4))
    assert fused(trace.layers[0]) == ["bias"]
    assert {entry.kind for entry in trace.operations} == {"relu", "add"}


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (nn.ReLU6(), "relu6"),
        (nn.SiLU(), "silu"),
        (nn.Hardswish(), "hard_swish"),
        (nn.Hardsigmoid(), "hard_sigmoid"),
        (nn.LeakyReLU(0.1, inplace=True), "leaky_relu"),
        (nn.PReLU(4), "prelu"),
        (nn.Tanh(), "tanh"),
        (nn.Hardtanh(-2, 2), "clip"),
        (nn.Mish(), "mish"),
        (nn.ELU(), "elu"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_activations_have_plain_names(activation, name, traced, way):
    trace = traced(nn.Sequential(nn.Conv2d(3, 4, 3), activation), torch.randn(1, 3, 5, 5))
    assert fused(trace.layers[0]) == ["bias", name] and trace.operations == ()


def test_operations_have_shapes_and_bytes(traced, way):
    def run(m, x):
        y = m.a(x)
        parts = torch.cat([y, y.flip(1)], 1)
        return F.interpolate(parts, scale_factor=2.0).softmax(1)[:, 1:], F.avg_pool2d(y, (2, 3), stride=1)

    trace = traced(Calls(run, a=nn.Conv2d(3, 4, 1)), torch.randn(2, 3, 4, 4))
    found = [(entry.kind, entry.operation) for entry in trace.operations]
    kinds = dict(found)
    assert kinds["cat"] == "move" and kinds["softmax"] == "elementwise" and kinds["avg_pool2d"] == "pool"
    assert next(entry for entry in trace.operations if entry.kind == "cat").inputs[0] == "a"
    (cat,) = [entry for entry in trace.operations if entry.kind == "cat"]
    assert cat.input == ((2, 4, 4, 4), (2, 4, 4, 4)) and cat.output == ((2, 8, 4, 4),)
    assert (cat.read, cat.written) == (2 * 2 * 64 * 4, 2 * 128 * 4)
    (pool,) = [entry for entry in trace.operations if entry.kind == "avg_pool2d"]
    assert pool.window == {"height": 2, "width": 3, "stride": 1, "padding": 0}


# What is refused


def test_training_mode_is_an_error(tmp_path):
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Dropout())
    with pytest.raises(TraceError, match="it is in training mode: call model.eval"):
        export(model, torch.ones(1, 3, 2, 2), tmp_path / "t.yaml")
    model.eval()
    model[1].train()
    with pytest.raises(TraceError, match="its module '1' is in training mode"):
        export(model, torch.ones(1, 3, 2, 2), tmp_path / "t.yaml")
    assert list(tmp_path.iterdir()) == []


def test_other_multiplications_are_refused_or_listed(tmp_path, way):
    model = nn.Sequential(nn.Conv3d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 27, 4)).eval()
    x = torch.randn(1, 1, 5, 5, 5)
    with pytest.raises(TraceError, match=r"1,458 multiplications are not in the trace: 0 \(conv3d"):
        export(model, x, tmp_path / "t.yaml")
    assert list(tmp_path.iterdir()) == []
    with pytest.warns(TraceWarning, match="1,458"):
        exported = export(model, x, tmp_path / "t.yaml", skip_unsupported=True)
    assert [(entry.name, entry.multiplications) for entry in exported.trace.not_exported] == [("0", 2 * 27 * 27)]
    assert [layer.name for layer in exported.trace.layers] == ["3"]


def test_nan_is_an_error_that_names_what_made_it(tmp_path, way):
    model = Calls(lambda m, x: m.b(m.a(x).log()), a=nn.Linear(3, 3), b=nn.Linear(3, 2)).eval()
    with pytest.raises(TraceError, match="layer 'b': its operands hold NaN, which the operation log has made"):
        export(model, -torch.ones(1, 3) * 100, tmp_path / "t.yaml")
    plain = nn.Sequential(nn.Linear(3, 2)).eval()
    with pytest.raises(TraceError, match="layer '0': its operands hold NaN, which network input 'input' has made"):
        export(plain, torch.full((1, 3), math.nan), tmp_path / "t.yaml")
    last = Calls(lambda m, x: (m.a(x) * 0 - 1).sqrt(), a=nn.Linear(3, 3)).eval()
    with pytest.raises(TraceError, match="the network returns holds NaN, which the operation sqrt has made"):
        export(last, torch.ones(1, 3), tmp_path / "t.yaml")
    with torch.no_grad():
        plain[0].weight[1, 1] = math.nan
    with pytest.raises(TraceError, match="layer '0'.*nan|layer '0'.*NaN"):
        export(plain, torch.ones(1, 3), tmp_path / "t.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_layers_is_an_error(tmp_path):
    for model in (nn.Sequential(), nn.Sequential(nn.ReLU())):
        with pytest.raises(TraceError, match="a trace has at least one layer"):
            export(model.eval(), torch.ones(1, 3), tmp_path / "deep" / "er" / "t.yaml")
    assert list(tmp_path.iterdir()) == []


def test_the_package_loads_without_pytorch():
    code = "import sys, winograd_trace; winograd_trace.export; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=SOURCES, check=False).returncode == 0


# Types


@pytest.mark.parametrize("datatype", [torch.float16, torch.bfloat16])
def test_half_precision(datatype, tmp_path, way):
    model = nn.Sequential(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 9, 10)).to(datatype).eval()
    trace = export(model, torch.randn(1, 16, 5, 5, dtype=datatype), tmp_path / "t.yaml").trace
    stored = np.float16 if datatype == torch.float16 else np.float32
    assert [layer.activations.array.dtype for layer in trace.layers] == [stored, stored]


def test_the_model_is_left_as_it_was(tmp_path):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(3, 3)
            self.register_buffer("count", torch.zeros(1))
            self.lstm = nn.LSTM(3, 3)

        def forward(self, x):
            self.count += 1
            self.last = x
            return self.lstm(self.a(x) * self.count)[0]

    model = Counting().eval()
    prune.l1_unstructured(model.a, "weight", amount=0.5)
    before = {name: id(value) for name, value in model.__dict__.items()}
    state = {name: value.clone() for name, value in model.state_dict().items()}
    trace = export(model, torch.randn(2, 1, 3), tmp_path / "t.yaml").trace
    assert {name: id(value) for name, value in model.__dict__.items()} == before
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert type(model.a.weight) is torch.Tensor and model(torch.randn(2, 1, 3)).shape == (2, 1, 3)
    assert len(trace.layers) == 4


def test_what_has_only_the_shape_of_an_input_is_constant(traced, way):
    def run(m, x):
        mask = x.new_zeros(x.shape[-1])
        mask[1:] = 1.0
        return m.a(x) * mask + torch.zeros_like(x)

    trace = traced(Calls(run, a=nn.Linear(4, 4)), torch.randn(3, 4))
    assert [entry.kind for entry in trace.operations] == ["mul", "add"]
    assert trace.operations[0].input == ((3, 4), (4,))


def test_a_graph_of_torch_export_is_a_model_too(tmp_path):
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).eval()
    graph = torch.export.export(model, (torch.randn(2, 4),)).module()
    trace = export(graph, torch.randn(2, 4), tmp_path / "t.yaml").trace
    assert len(trace.layers) == 1 and fused(trace.layers[0]) == ["bias", "relu"]


def test_regions_of_other_types_and_modes(traced, way):
    def run(m, x):
        with torch.autocast("cpu", torch.bfloat16):
            y = m.a(x)
        with torch.inference_mode():
            z = m.b(y.float()).relu()
        return m.c(z.clone())

    modules = {"a": nn.Linear(64, 64), "b": nn.Linear(64, 8), "c": nn.Conv1d(2, 3, 3)}
    trace = traced(Calls(lambda m, x: run(m, x).sum(), **modules), torch.randn(2, 2, 64), tolerance=0.02)
    assert [layer.name for layer in trace.layers] == ["a", "b", "c"]
    assert "relu" in fused(trace.layers[1])


def test_integer_products_and_weights_from_the_input(traced, way):
    def run(m, x):
        weight = m.a(x.flatten(1)[:, :4]).view(1, 3, 2, 2)
        return F.conv2d(x, weight), x[0, 0].round().int() @ torch.ones(5, 2, dtype=torch.int32)

    trace = traced(Calls(run, a=nn.Linear(4, 12)), torch.randn(1, 3, 5, 5) * 3, name="net")
    assert [layer.operation for layer in trace.layers] == ["linear", "convolution", "linear"]
    assert macs(trace) == 48 + 16 * 12 + 50


@pytest.mark.parametrize("way", ["graph", "calls"], indirect=True)
def test_a_cell_without_a_state_multiplies_by_all_its_weights(traced, way):
    trace = traced(Calls(lambda m, x: m.cell(x), cell=nn.GRUCell(4, 5)), torch.randn(2, 4))
    assert macs(trace) == 2 * 15 * 9 and len(trace.layers) == 2


def test_only_a_plain_addition_is_a_residual(traced, way):
    def run(m, x):
        scaled = torch.add(m.a(x), x, alpha=2)
        batch = F.batch_norm(m.b(scaled), None, None, training=True)
        return batch - m.c(x)

    trace = traced(Calls(run, a=nn.Linear(4, 4), b=nn.Linear(4, 4), c=nn.Linear(4, 4)), torch.randn(3, 4))
    assert [fused(layer) for layer in trace.layers] == [["bias"]] * 3
    assert {entry.kind for entry in trace.operations} == {"add", "batch_norm", "sub"}


def test_factors_that_are_broadcast(traced, way):
    def run(m, x):
        y = m.a(x)
        return torch.bmm(x, y[0].expand(3, 4, 4)), m.w.expand(3, 4, 4).bmm(y)

    model = Calls(run, a=nn.Linear(4, 4))
    model.w = nn.Parameter(torch.randn(4, 4))
    trace = traced(model, torch.randn(3, 4, 4), name="net")
    assert [layer.operation for layer in trace.layers] == ["linear", "matmul", "linear"]
    assert (trace.layers[1].shape.batch, trace.layers[1].shape.height) == (3, 4)
    assert [layer.shape.dense_multiplies for layer in trace.layers] == [3 * 64] * 3


def test_an_added_constant_is_a_bias_or_not(traced, way):
    table = torch.randn(3, 5)

    def run(m, x):
        return m.a(x) + table, m.b(x) + 1.5, torch.addmm(table, x, m.w)

    model = Calls(run, a=nn.Linear(4, 5, bias=False), b=nn.Linear(4, 5, bias=False))
    model.w = nn.Parameter(torch.randn(4, 5))
    trace = traced(model, torch.randn(3, 4))
    assert [fused(layer) for layer in trace.layers] == [["add"], ["bias"], ["add"]]


def test_what_is_added_by_a_product_is_its_producer(traced, way):
    def run(m, x):
        y = m.a(x)
        z = torch.baddbmm(y, y, y, beta=0.5, alpha=2.0)
        return F.conv2d(z[None], m.w, y[0, 0, :2]), torch.addmm(z[0], z[1], z[2], beta=0.0)

    model = Calls(run, a=nn.Linear(4, 4))
    model.w = nn.Parameter(torch.randn(2, 3, 1, 1))
    trace = traced(model, torch.randn(3, 4, 4), name="net")
    _, batched, conv, last = trace.layers
    assert fused(batched) == [("add", "a")] and batched.inputs == ("a", "a")
    assert fused(conv)[0][0] == "add" and conv.inputs == ("net",) and fused(last) == []


def test_a_padding_module_is_a_move(traced, way):
    trace = traced(nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(2, 3, 2)), torch.randn(1, 2, 5, 5))
    (pad,) = trace.operations
    assert (pad.name, pad.operation, pad.output) == ("0", "move", ((1, 2, 7, 6),))
    assert trace.layers[0].shape.padding == (0, 0) and trace.layers[0].inputs == ("0",)


def test_buffers_that_a_run_changes_start_the_same(traced, way):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)
            self.register_buffer("steps", torch.ones(1), persistent=False)

        def forward(self, x):
            self.steps.mul_(2)
            return self.a(x * self.steps)

    model = Counting()
    trace = traced(model, torch.ones(2, 4))
    assert (trace.layers[0].activations.array == 2).all() and model.steps == 1


@dataclass
class Found:
    boxes: object
    scores: object


def test_a_data_class_is_opened(traced):
    def run(m, x):
        y = m.a(x)
        return [Found(y.exp(), {"all": y.sigmoid()})]

    trace = traced(Calls(run, a=nn.Linear(4, 4)), torch.randn(2, 4))
    assert trace.outputs == ("exp", "sigmoid")


def test_a_folder_is_no_path_of_a_manifest(tmp_path):
    with pytest.raises(TraceError, match=r"is a folder; expected the manifest's own path, such as .*trace.yaml"):
        export(nn.Linear(3, 3).eval(), torch.ones(1, 3), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_a_layer_is_named_after_its_type(traced, way):
    trace = traced(nn.Linear(3, 3), torch.ones(1, 3))
    assert [layer.name for layer in trace.layers] == ["Linear"]


def test_compiled_models_are_unwrapped(traced):
    trace = traced(torch.compile(nn.Sequential(nn.Linear(3, 3), nn.ReLU())), torch.ones(1, 3))
    assert [layer.name for layer in trace.layers] == ["0"]


def test_a_stride_that_changes_the_order_is_a_move(traced, way):
    model = Calls(lambda m, x: m.b(m.a(x).as_strided((4, 4), (1, 4))), a=nn.Linear(4, 4), b=nn.Linear(4, 4))
    trace = traced(model, torch.randn(4, 4))
    assert [(entry.kind, entry.operation) for entry in trace.operations] == [("as_strided", "move")]


def test_work_outside_of_pytorch_is_no_constant(traced):
    """A layer behind numpy is a layer, whose producer is an operation that reads what left PyTorch."""

    def run(m, x):
        y = torch.from_numpy(m.a(x).numpy() * 2)
        return m.b(y)

    model = Calls(run, a=nn.Linear(4, 4), b=nn.Linear(4, 4)).requires_grad_(False)
    trace = traced(model, torch.randn(4, 4))
    assert [(layer.name, layer.inputs) for layer in trace.layers] == [("a", (trace.inputs[0].name,)), ("b", ("numpy",))]
    assert operations(trace)["numpy"].inputs == ("a",)


def test_a_branch_of_the_graph_is_one_path(tmp_path):
    def run(m, x):
        return torch.cond(x.sum() > 0, lambda y: m.a(y).relu(), lambda y: m.b(m.a(y)), (x,))

    model = Calls(run, a=nn.Linear(4, 4), b=nn.Linear(4, 4)).eval()
    for x, count in ((torch.ones(2, 4), 1), (-torch.ones(2, 4), 2)):
        exported = export(model, x, tmp_path / "t.yaml")
        assert len(exported.trace.layers) == count and "one path" in exported.summary
        assert [layer.name for layer in exported.trace.layers] == ["a", "b"][:count]
