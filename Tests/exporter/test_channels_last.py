"""The Winograd layer for long training: outputs against direct convolutions, gradients against numerical ones."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import TraceWriter, direct_convolution, export, winograd_convolution

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from winograd_trace.channels_last import ChannelsLastWinogradConv2d
from winograd_trace.pruning import to_winograd
from winograd_trace.pytorch import WinogradConv2d, record
from winograd_trace.tile_steps import CompiledSteps, SlicedSteps, combine, steps_for

MAPS = [(8, 8, 1), (7, 5, 1), (6, 9, 0), (3, 10, (2, 1)), (1, 1, 1), (4, 4, 2)]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(5)
    torch.set_num_threads(1)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("height", "width", "padding"), MAPS)
@pytest.mark.parametrize("relu", ["none", "spatial", "winograd"])
def test_outputs_in_float64(height, width, padding, tile, relu):
    conv = nn.Conv2d(4, 6, 3, padding=padding).double()
    x = torch.randn(2, 4, height, width).double()
    if relu == "spatial":
        x = x.relu()
    rectified = ["0"] if relu == "winograd" else []
    layer = to_winograd(nn.Sequential(conv), tile, rectified, kind=ChannelsLastWinogradConv2d)[0]
    sides = padding if isinstance(padding, tuple) else (padding, padding)
    found = (layer(x) - layer.bias.reshape(-1, 1, 1)).detach().numpy()
    if relu == "winograd":
        u = layer.weight.detach().numpy()
        expected = winograd_convolution(x.numpy(), u, layer.matrices, sides, relu=True)
    else:
        expected = direct_convolution(x.numpy(), conv.weight.detach().numpy(), padding=sides)
    # The weights passed float32 on their way into the domain.
    np.testing.assert_allclose(found, expected, atol=1e-5 if tile == 4 else 1e-6)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("height", "width", "padding"), [(5, 6, 1), (4, 3, 0), (1, 2, (1, 2))])
@pytest.mark.parametrize("relu", [True, False])
def test_gradients_are_the_numerical_ones(height, width, padding, tile, relu):
    layer = ChannelsLastWinogradConv2d(2, 3, padding, relu, tile).double()
    layer.prune(0.6)
    weight, bias = layer.weight, layer.bias

    def run(x, w, b):
        return torch.func.functional_call(layer, {"weight": w, "bias": b}, (x,))

    x = torch.randn(2, 2, height, width).double().requires_grad_()
    assert torch.autograd.gradcheck(run, (x, weight, bias), atol=1e-6)
    layer(x).square().sum().backward()
    assert weight.grad is not None and bool((weight.grad[layer.mask == 0] == 0).all())


@pytest.mark.parametrize("tile", [2, 4])
def test_it_is_the_shipped_layer_in_another_order(tile, tmp_path):
    shipped, layer = WinogradConv2d(3, 8, tile=tile), ChannelsLastWinogradConv2d(3, 8, tile=tile)
    shipped.prune(0.5)
    layer.load_state_dict(shipped.state_dict())
    x = torch.randn(2, 3, 9, 11)
    torch.testing.assert_close(layer(x), shipped(x), atol=1e-4, rtol=1e-4)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(layer(last), layer(x))
    assert layer(last[..., :8, :8]).is_contiguous(memory_format=torch.channels_last)
    model = nn.Sequential(layer, nn.ReLU()).eval()
    (found,) = export(model, x, tmp_path / "t.yaml").trace.layers
    writer = TraceWriter("same")
    record(writer, model, x)
    (recorded,) = writer.trace().layers
    for one in (found, recorded):
        assert (one.relu, one.tile, one.weights.domain) == ("winograd", tile, "winograd")
        assert np.count_nonzero(one.weights.array) == round(0.5 * 24 * (tile + 2) ** 2) and one.output_error() < 1e-5


def test_a_sum_leaves_its_terms_alone():
    parts = [torch.full((3,), float(value)) for value in (1, 10, 100)]
    out = torch.empty(3)
    assert combine(parts, np.array([2.0, 0.0, -1.0]), out) is out and out.tolist() == [-98.0] * 3
    assert combine(parts, np.array([-2.0, 1.0, 0.5])).tolist() == [58.0] * 3
    assert combine(parts, np.array([0.0, 3.0, 0.0])).tolist() == [30.0] * 3
    assert [part[0].item() for part in parts] == [1, 10, 100]


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("transposed", [True, False])
def test_the_compiled_loops_are_the_slices(tile, transposed):
    pytest.importorskip("numba", reason="Numba is not installed (requirements-digits.txt)")
    matrices, n, rows, columns = WinogradConv2d(1, 1, tile=tile).matrices, tile + 2, 3, 2
    compiled, sliced = steps_for(torch.empty(1)), SlicedSteps()
    assert isinstance(compiled, CompiledSteps) and isinstance(steps_for(torch.empty(1).double()), SlicedSteps)
    # Windows of n lines overlap; of the outputs, of m lines, they do not.
    matrix, edge = (matrices.at.T, 0) if transposed else (matrices.bt, 2)
    maps = torch.randn(2, rows * tile + edge, columns * tile + edge, 5)
    for relu in (True, False):
        found, expected = (torch.full((n, n, 2, rows, columns, 5), 7.0) for _ in range(2))
        compiled.to_tiles(maps, matrix, tile, relu, found)
        sliced.to_tiles(maps, matrix, tile, relu, expected)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
        assert bool((found < 0).any()) != relu
    for gates in (None, torch.randn(n, n, 2, rows, columns, 5)):
        tiles = torch.randn(n, n, 2, rows, columns, 5)
        found, expected = (torch.full_like(maps, 7.0) for _ in range(2))
        compiled.from_tiles(tiles, gates, matrix.T, tile, found)
        sliced.from_tiles(tiles.clone(), gates, matrix.T, tile, expected)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
