"""The experiment's networks: shapes as published, and each form's layers and ReLUs."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import TraceError, export
from winograd_trace.calibrated import read_shapes

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from winograd_trace.channels_last import ChannelsLastWinogradConv2d
from winograd_trace.experiment.networks import (
    NETWORKS,
    MovedReLU,
    build,
    in_form,
    moved_layers,
    standing_layers,
)

TRACES = Path(__file__).parents[2] / "Traces"


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(3)
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", ["vgg-nagadomi", "convpool-cnn-c", "resnet-18"])
def test_the_papers_networks_have_its_shapes(name):
    """Layers in the order of the shipped table: channels, filters, maps, kernels, strides, padding, and which move."""
    network = build(name).eval()
    found = {}

    def note(layer, inputs, output):
        x = inputs[0]
        if isinstance(layer, nn.Conv2d):
            maps = (tuple(x.shape[2:]), layer.kernel_size, layer.stride, layer.padding)
        else:
            maps = ((1, 1), (1, 1), (1, 1), (0, 0))
        found[layer] = (x.shape[1], output.shape[1], *maps)

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(note)
    with torch.no_grad():
        scores = network(torch.zeros(1, *NETWORKS[name].shape))
    assert scores.shape == (1, NETWORKS[name].classes)
    table = read_shapes(TRACES / name / "layers.csv")
    expected = [(s.channels, s.filters, (s.height, s.width), s.kernel, s.stride, s.sides[:2]) for _, s in table]
    assert sorted(found.values()) == sorted(expected)
    three = [s for _, s in table if s.kernel == (3, 3)]
    assert len(moved_layers(network)) == len(three) - (three[0].channels == 3)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_the_forms_of_a_network(name, tile, tmp_path):
    spatial = build(name).eval()
    for norm in (module for module in spatial.modules() if isinstance(module, nn.BatchNorm2d)):
        nn.init.uniform_(norm.running_mean)
    x = torch.randn(2, 1, 28, 28)
    moved, standing = moved_layers(spatial), standing_layers(spatial)
    assert len(moved) == (5 if name == "vgg" else 6) and not set(moved) & set(standing)
    winograd = in_form(copy.deepcopy(spatial), "winograd", tile)
    torch.testing.assert_close(winograd(x), spatial(x), atol=1e-4, rtol=1e-4)
    paper = in_form(copy.deepcopy(spatial), "winograd-relu", tile)
    assert not any(isinstance(module, MovedReLU) for module in paper.modules())
    assert sum(isinstance(module, MovedReLU) for module in winograd.modules()) == len(moved)
    assert not torch.allclose(paper(x), spatial(x), atol=1e-2)
    for network, relu, domain in ((spatial, "spatial", "spatial"), (paper, "winograd", "winograd")):
        assert moved_layers(network) == moved and standing_layers(network) == standing
        trace = export(network, x, tmp_path / "t.yaml").trace
        layers = {layer.name: layer for layer in trace.layers}
        assert set(layers) == {*moved, *standing}
        assert {layers[name].weights.domain for name in moved} == {domain}
        if relu == "winograd":
            assert {layers[name].relu for name in moved} == {"winograd"}
            assert {layers[name].tile for name in moved} == {tile}
        else:
            assert all((layers[name].activations.array >= 0).all() for name in moved)
    trace = export(winograd, x, tmp_path / "t.yaml").trace
    rectified = {layer.name: layer for layer in trace.layers}
    assert {rectified[name].relu for name in moved} <= {"none", "spatial"}
    assert all(rectified[name].weights.domain == "winograd" for name in moved)
    assert all(np.count_nonzero(rectified[name].activations.array < 0) == 0 for name in moved)


def test_residual_blocks_share_nothing_rectified():
    """What reads a ReLU that moves is the layer that gets it: without it nothing else changes."""
    network = in_form(build("resnet"), "winograd-relu").eval()
    x = torch.randn(1, 1, 28, 28)
    block = network.blocks.res3a
    maps = torch.randn(1, 16, 14, 14)
    layer = copy.deepcopy(block.conv_2a)
    layer.relu = False
    shortcut = block.conv_1(maps)
    with torch.no_grad():
        block.conv_2b.weight.zero_()
    torch.testing.assert_close(block(maps), shortcut)
    assert isinstance(layer, ChannelsLastWinogradConv2d)
    assert not torch.allclose(layer(maps), block.conv_2a(maps)) and network(x).shape == (1, 10)


def test_what_there_is_not():
    with pytest.raises(TraceError, match="network 'vgg-16'; expected vgg, resnet, vgg-nagadomi"):
        build("vgg-16")
    with pytest.raises(TraceError, match="form 'fft'; expected spatial, winograd"):
        in_form(build("vgg"), "fft")
    assert build("vgg", 3, 7)(torch.zeros(1, 3, 32, 32)).shape == (1, 7)
