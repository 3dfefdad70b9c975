"""Winograd layers of both tiles in PyTorch, their protocol and their export; pruning, and the way into the domain."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from winograd_trace import TraceError, TraceWriter, export, f2x3, f4x3, read_trace, transform_weights

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from winograd_trace import Matrices
from winograd_trace.pruning import prunable_layers, prune_by_magnitude, prune_in_steps, schedule, to_winograd
from winograd_trace.pytorch import SpatialConv2d, WinogradConv2d, record


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(9)
    torch.set_num_threads(1)


def test_the_matrices_of_the_larger_tile_compute_a_convolution():
    assert f4x3().computes_convolution and f4x3().is_built_in and f2x3().is_built_in
    assert not Matrices(-f4x3().bt, f4x3().at, f4x3().g).is_built_in


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("height", "width", "padding"), [(8, 8, 1), (7, 5, 1), (6, 9, 0), (3, 10, (2, 1)), (1, 1, 1)])
def test_a_layer_is_exported_as_one(height, width, padding, tile, tmp_path):
    layer = WinogradConv2d(3, 5, padding, tile=tile)
    nn.init.normal_(layer.bias)
    layer.prune(0.5)
    x = torch.randn(2, 3, height, width)
    exported = export(nn.Sequential(layer, nn.ReLU()).eval(), x, tmp_path / "t.yaml").trace
    (found,) = exported.layers
    assert (found.name, found.relu, found.tile, found.weights.domain) == ("0", "winograd", tile, "winograd")
    assert [step.operation for step in found.fused] == ["bias", "relu"]
    assert np.count_nonzero(found.weights.array) == round(0.5 * 15 * (tile + 2) ** 2)
    assert found.output_error() < 1e-5 and exported.operations == ()
    np.testing.assert_array_equal(found.activations.array, x.numpy())
    writer = TraceWriter("same")
    record(writer, nn.Sequential(layer), x)
    other = writer.trace().layers[0]
    assert (other.shape, other.tile, other.relu) == (found.shape, found.tile, found.relu)
    np.testing.assert_array_equal(other.weights.array, found.weights.array)


@pytest.mark.parametrize("tile", [2, 4])
def test_without_relu_it_is_the_convolution(tile):
    conv = nn.Conv2d(4, 6, 3, padding=(1, 0))
    layer = to_winograd(nn.Sequential(conv), tile)[0]
    np.testing.assert_allclose(
        layer.weight.detach().numpy(), transform_weights(conv.weight.detach().numpy(), layer.matrices), atol=1e-6
    )
    x = torch.randn(2, 4, 9, 7)
    torch.testing.assert_close(layer(x), conv(x), atol=1e-4, rtol=1e-4)
    assert not layer.relu and layer.tile == tile


class Foreign(nn.Module):
    """Somebody else's layer with the protocol's attributes, of F(3x3, 3x3) and two groups."""

    def __init__(self):
        super().__init__()
        points = [0, 1, -1, 2]
        n, m = 5, 3
        g = np.zeros((n, 3))
        at = np.zeros((m, n))
        bt = np.zeros((n, n))
        for i, p in enumerate(points):
            scale = np.prod([p - q for q in points if q != p])
            g[i] = np.array([1, p, p * p]) / scale
            at[:, i] = [p**k for k in range(m)]
            bt[i, : n - 1] = np.poly([q for q in points if q != p])[::-1]
        g[n - 1, 2] = at[m - 1, n - 1] = 1
        bt[n - 1] = np.poly(points)[::-1]
        self.matrices = Matrices(bt, at, g)
        self.tile = 3
        self.padding = 1
        self.groups = 2
        self.relu = True
        self.bias = None
        self.weight = nn.Parameter(torch.randn(4, 3, n, n))

    def forward(self, x):
        m, n = self.tile, self.tile + 2
        bt, at = (torch.from_numpy(matrix).float() for matrix in (self.matrices.bt, self.matrices.at))
        rows, columns = (-(-side // m) for side in x.shape[2:])
        padded = nn.functional.pad(x, (1, n, 1, n))
        d = padded.unfold(2, n, m).unfold(3, n, m)[:, :, :rows, :columns]
        v = (bt @ d @ bt.T).relu().unflatten(1, (2, -1))
        u = self.weight.unflatten(0, (2, -1))
        y = at @ torch.einsum("ngcxyij,gkcij->ngkxyij", v, u).flatten(1, 2) @ at.T
        y = y.permute(0, 1, 2, 4, 3, 5).flatten(4, 5).flatten(2, 3)
        return y[:, :, : x.shape[2], : x.shape[3]]


@pytest.mark.parametrize("way", ["graph", "calls"])
def test_any_module_with_the_protocol_is_one_layer(way, tmp_path, monkeypatch):
    if way == "calls":
        monkeypatch.setattr("winograd_trace.capturing.ExportedSource", None)
    model = nn.Sequential(Foreign(), nn.Conv2d(4, 2, 1)).eval()
    assert model[0].matrices.computes_convolution
    x = torch.randn(1, 6, 7, 8)
    before = model(x)
    trace = export(model, x, tmp_path / "t.yaml").trace
    assert [layer.name for layer in trace.layers] == ["0", "1"]
    assert (trace.layers[0].tile, trace.layers[0].shape.groups, trace.layers[0].relu) == (3, 2, "winograd")
    assert trace.layers[0].winograd.matrices is not None and trace.layers[1].inputs == ("0",)
    assert torch.equal(model(x), before) and "forward" not in model[0].__dict__
    assert read_trace(tmp_path / "t.yaml").output_errors()["0"] < 1e-5


def test_a_protocol_that_lies_is_refused(tmp_path):
    class Wrong(WinogradConv2d):
        def product(self, x):
            return super().product(x) * 0.9

    with pytest.raises(TraceError, match="layer '0': the model's outputs are not what the files compute"):
        export(nn.Sequential(Wrong(3, 4)).eval(), torch.randn(1, 3, 8, 8), tmp_path / "t.yaml")
    other = WinogradConv2d(3, 4)
    other.weight = nn.Parameter(torch.randn(4, 3, 6, 6))
    other.mask = torch.ones(4, 3, 6, 6)
    other.forward = lambda x: x[:, :1]
    with pytest.raises(TraceError, match=r"expected weights \[K, C/groups, 4, 4\]"):
        export(nn.Sequential(other).eval(), torch.randn(1, 3, 8, 8), tmp_path / "t.yaml")
    with pytest.raises(TraceError, match="tile 3; expected 2 or 4"):
        WinogradConv2d(3, 4, tile=3)


# Pruning


def network(*widths):
    return nn.Sequential(*(SpatialConv2d(a, b) for a, b in pairwise(widths)))


def shares(model):
    return {
        name: torch.count_nonzero(layer.kept_weight if hasattr(layer, "mask") else layer.weight).item()
        / layer.weight.numel()
        for name, layer in prunable_layers(model).items()
    }


def test_pruning_a_layer_at_a_time():
    model = network(1, 8, 16, 4)
    prune_by_magnitude(model, 0.25, at_least={"0": 0.75})
    assert shares(model) == {"0": 0.75, "1": 0.25, "2": 0.25}


def test_pruning_over_the_model_keeps_the_largest_of_all():
    model = network(2, 8, 16, 4)
    with torch.no_grad():
        model[1].weight *= 3
    original = {name: layer.weight.detach().abs().clone() for name, layer in prunable_layers(model).items()}
    prune_by_magnitude(model, 0.3, "model")
    kept = torch.cat([original[name][layer.mask.bool()] for name, layer in prunable_layers(model).items()])
    gone = torch.cat([original[name][~layer.mask.bool()] for name, layer in prunable_layers(model).items()])
    assert kept.min() >= gone.max() and kept.numel() == round(0.3 * (kept.numel() + gone.numel()))
    found = shares(model)
    assert found["1"] > 0.3 > found["2"]
    model = network(2, 8, 16, 4)
    with torch.no_grad():
        model[1].weight *= 30
    prune_by_magnitude(model, 0.2, "model", at_least={"2": 0.1})
    total = sum(layer.mask.sum().item() for layer in prunable_layers(model).values())
    assert total == pytest.approx(0.2 * (kept.numel() + gone.numel()), abs=2)
    assert shares(model)["2"] == pytest.approx(0.1, abs=0.01)


def test_ordinary_layers_are_pruned_too(tmp_path):
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(4 * 9, 5))
    for density in prune_in_steps(model, (0.5, 0.25)):
        assert shares(model) == {"0": density, "2": density}
    trace = export(model.eval(), torch.randn(1, 2, 5, 5), tmp_path / "t.yaml").trace
    assert [layer.nonzeros()[0] for layer in trace.layers] == [0.25, 0.25]


def test_a_schedule_ends_where_it_should():
    steps = schedule(1.0, 0.35, 5)
    assert len(steps) == 5 and steps[-1] == pytest.approx(0.35) and list(steps) == sorted(steps, reverse=True)
    assert steps[0] - steps[1] > steps[3] - steps[4]
    for wrong in ((0.3, 0.5, 2), (1.0, 0.0, 2), (1.0, 0.5, 0), (1.5, 0.5, 1)):
        with pytest.raises(TraceError, match="expected 1 >= start >= end > 0"):
            schedule(*wrong)


def test_what_pruning_refuses():
    model = network(1, 2)
    for call in ((0.0,), (1.5,), (0.5, "filter")):
        with pytest.raises(TraceError, match="expected shares in 0...1, layer or model"):
            prune_by_magnitude(model, *call)
    with pytest.raises(TraceError, match="at_least names .*the layers that can be pruned are 0"):
        prune_by_magnitude(model, 0.5, at_least={"1": 0.5})


def test_a_trained_network_goes_into_the_domain_and_is_pruned_there(tmp_path):
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding="same", bias=False),
        nn.ReLU(),
        nn.Conv2d(8, 4, 3, stride=2),
        nn.Conv2d(4, 4, 3, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    ).double()
    x = torch.randn(1, 3, 12, 12).double()
    before = model(x)
    assert to_winograd(model, tile=4) is model
    assert [isinstance(layer, WinogradConv2d) for layer in model] == [True, False, True, False, False, False, False]
    torch.testing.assert_close(model(x), before, atol=1e-4, rtol=1e-4)
    model = to_winograd(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)), relu=["1"])
    assert [layer.relu for layer in model] == [False, True]
    assert [layer.relu for layer in to_winograd(network(1, 2, 2, 2), relu=True)] == [False, True, True]
    assert isinstance(to_winograd(nn.Conv2d(3, 4, 3)), WinogradConv2d)
    with pytest.raises(TraceError, match=r"relu names \['9'\]; the layers that become Winograd layers are 0"):
        to_winograd(nn.Sequential(nn.Conv2d(3, 4, 3)), relu=["9"])
    prune_by_magnitude(model, 0.35)
    trace = export(model.eval(), torch.randn(1, 3, 9, 9), tmp_path / "t.yaml").trace
    assert [layer.nonzeros()[0] for layer in trace.layers] == [
        pytest.approx(0.35, abs=0.01),
        pytest.approx(0.35, abs=0.01),
    ]


def test_the_digits_network_exports_what_it_records(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (requirements-digits.txt)")
    from winograd_trace.digits import DigitsNetwork, Settings

    model = DigitsNetwork(Settings(widths=(4, 6, 6, 8), head=4)).eval()
    x = torch.rand(2, 1, 16, 16)
    writer = TraceWriter("digits")
    record(writer, model, x, relu={"conv1": "none"})
    trace = export(model, x, tmp_path / "t.yaml", relu={"conv1": "none"}).trace
    for one, other in zip(writer.trace().layers, trace.layers, strict=True):
        assert (one.name, one.shape, one.relu, one.operation) == (other.name, other.shape, other.relu, other.operation)
        np.testing.assert_array_equal(one.activations.array, other.activations.array)
        np.testing.assert_allclose(one.outputs, other.outputs, atol=1e-6)
