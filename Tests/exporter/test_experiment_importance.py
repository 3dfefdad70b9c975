"""What a weight adds to a layer's outputs, and how large its training steps are."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from winograd_trace.channels_last import ChannelsLastWinogradConv2d
from winograd_trace.experiment.data import StoredImages
from winograd_trace.experiment.importance import measure_importance
from winograd_trace.experiment.networks import build, in_form, moved_layers
from winograd_trace.experiment.points import in_float16
from winograd_trace.experiment.pruning_steps import alike, prune
from winograd_trace.experiment.training import Recipe, evaluate, fit, settle
from winograd_trace.modules import SpatialConv2d

RECIPE = Recipe(epochs=1, batch=16, shift=0, flip=False)


def images(channels=1, edge=8, count=48, seed=3):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, channels, edge, edge), generator=generator, dtype=torch.uint8)
    labels = torch.randint(0, 2, (count,), generator=generator)
    return StoredImages(pixels, labels, torch.tensor(127.5).reshape(1, 1, 1), torch.tensor(73.9).reshape(1, 1, 1))


def layer_and_network(form, tile, channels=3, filters=4):
    torch.manual_seed(2)
    if form == "spatial":
        layer = SpatialConv2d(channels, filters)
    else:
        layer = ChannelsLastWinogradConv2d(channels, filters, 1, form == "winograd-relu", tile)
    return layer, nn.Sequential(layer, nn.Flatten())


@pytest.mark.parametrize(
    ("form", "tile"), [("winograd", 2), ("winograd", 4), ("winograd-relu", 2), ("winograd-relu", 4)]
)
def test_a_weight_adds_to_the_outputs_what_its_importance_says(form, tile):
    layer, network = layer_and_network(form, tile)
    data = images(3)
    (found,) = measure_importance(network, data).values()
    x, _ = data.take(torch.arange(48))
    with torch.no_grad():
        whole = layer(x)
        for k, c, i, j in ((0, 0, 0, 0), (1, 2, 1, 3), (3, 1, 2, 2), (2, 0, 3, 0)):
            other = copy.deepcopy(layer)
            other.weight[k, c, i, j] = 0
            change = float((whole - other(x))[:, k].square().mean().sqrt())
            expected = float(layer.weight[k, c, i, j].abs() * found.factors[c, i, j]) / tile
            assert change == pytest.approx(expected, rel=1e-3)


def test_a_spatial_weight_adds_what_its_importance_says():
    layer, network = layer_and_network("spatial", 2)
    data = images(3)
    (found,) = measure_importance(network, data).values()
    assert found.steps is None
    x, _ = data.take(torch.arange(48))
    with torch.no_grad():
        other = copy.deepcopy(layer)
        other.weight[1, 2, 1, 1] = 0
        change = float((layer(x) - other(x))[:, 1].square().mean().sqrt())
        expected = float(layer.weight[1, 2, 1, 1].abs() * found.factors[2, 0, 0])
    assert change == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("tile", [2, 4])
def test_steps_change_outputs_as_those_of_an_ordinary_layer(tile):
    """Steps of random sign at all weights: outputs as large as with weights of random sign in the ordinary layer."""
    channels, filters = 8, 256
    data = images(channels, edge=16)
    layer, network = layer_and_network("winograd", tile, channels, filters)
    (found,) = measure_importance(network, data).values()
    generator = torch.Generator().manual_seed(7)

    def signs(*shape):
        return torch.randint(0, 2, shape, generator=generator) * 2.0 - 1.0

    x, _ = data.take(torch.arange(48))
    with torch.no_grad():
        layer.weight.copy_(found.steps * signs(*layer.weight.shape))
        layer.bias.zero_()
        moved = float(layer(x).square().mean())
        inner = nn.functional.conv2d(x, signs(filters, channels, 3, 3))
        assert moved == pytest.approx(float(inner.square().mean()), rel=0.05)
    effects = found.steps * (found.factors.double() ** 2).mean(0).sqrt()
    np.testing.assert_allclose(effects, effects.mean(), rtol=1e-5)


def test_the_largest_products_of_weight_and_factor_are_kept():
    network = build("vgg")
    sizes = network.conv3.weight.detach().abs()
    factors = torch.rand(16, 1, 1) + 0.1
    by_size = copy.deepcopy(network)
    prune(network, {"conv3": 0.25}, {"conv3": factors})
    prune(by_size, {"conv3": 0.25})
    for found, ranked in ((network, sizes * factors), (by_size, sizes)):
        mask = found.conv3.mask == 1
        assert int(mask.sum()) == round(0.25 * mask.numel())
        assert float(ranked[mask].min()) >= float(ranked[~mask].max())
    assert not torch.equal(network.conv3.mask, by_size.conv3.mask)


def test_steps_scale_what_training_moves():
    network = in_form(build("vgg", 1, 2), "winograd-relu", 4)
    frozen, free = network.conv3.weight.detach().clone(), network.conv4.weight.detach().clone()
    fit(network, images(), RECIPE, 1, 1e-3, 1, {"conv3": torch.zeros(6, 6), "conv4": torch.full((6, 6), 0.5)})
    assert torch.equal(network.conv3.weight, frozen)
    assert 0 < float((network.conv4.weight.detach() - free).abs().max()) < 0.5 * 3 * 1e-3 * 1.1


def test_settling_takes_statistics_and_moves_no_weight():
    data = images()
    network = in_form(build("vgg", 1, 2), "winograd-relu", 2)
    state = copy.deepcopy(network.state_dict())
    settle(network, data, RECIPE, seed=1)
    norm = network.get_submodule("before_conv2")
    x, _ = data.take(torch.arange(48))
    with torch.no_grad():
        maps = network.conv1(x)
    torch.testing.assert_close(norm.running_mean, maps.mean((0, 2, 3)), atol=1e-5, rtol=1e-5)
    assert norm.momentum == 0.1
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, state[name])}
    assert changed and all("running" in name or "num_batches" in name for name in changed)


@pytest.mark.parametrize(("form", "tile"), [("spatial", 2), ("winograd-relu", 4)])
def test_weights_are_rounded_as_a_trace_stores_them(form, tile):
    network = in_form(build("vgg"), form, tile)
    prune(network, alike(network, 0.5))
    rounded = in_float16(network)
    for name in (*moved_layers(network), "conv1", "classifier"):
        found, given = rounded.get_submodule(name), network.get_submodule(name)
        assert torch.equal(found.weight, given.weight.half().float()) and not torch.equal(found.weight, given.weight)
        assert torch.equal(found.bias, given.bias.half().float())
    assert evaluate(rounded, images(edge=28))[1] == pytest.approx(evaluate(network, images(edge=28))[1], abs=0.01)


def test_a_ranking_that_is_not_known():
    from winograd_trace import TraceError

    with pytest.raises(TraceError, match="ranking 'size'; expected effect, magnitude"):
        replace(RECIPE, ranking="size").check()
