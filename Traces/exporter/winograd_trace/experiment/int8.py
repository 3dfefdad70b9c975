"""Networks with 8-bit operands: weights and activations of the moved layers are rounded to integers of -127 to 127.

Scales are found by the largest magnitudes, those of activations on training images. A layer in the Winograd domain has one
scale for each operand, or one a position of the tile, since positions differ in size by far (Andri et al., MICRO 2022). An
ordinary layer has one for its activations and one a filter for its weights. The other layers stay as they are.
"""

from __future__ import annotations

import copy
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from ..modules import SpatialConv2d, WinogradConv2d
from .data import Images
from .networks import moved_layers
from .training import evaluate

Scales = Literal["tensor", "position"]
SCALES: tuple[Scales, ...] = get_args(Scales)
LARGEST = 127
CALIBRATED_ON = 1_024


def rounded(values: Tensor, largest: Tensor) -> Tensor:
    """Values rounded to multiples of ``largest`` / 127, which is broadcast to them, at most 127 of these."""
    scale = largest.clamp(min=1e-30) / LARGEST
    return (values / scale).round().clamp(-LARGEST, LARGEST) * scale


class _Int8Winograd(WinogradConv2d):
    """``layer`` with rounded operands; ``largest`` [n^2] or [1] is the largest magnitude of what the weights multiply."""

    def __init__(self, layer: WinogradConv2d, scales: Scales, largest: Tensor) -> None:
        nn.Module.__init__(self)
        self.padding, self.relu, self.tile = layer.padding, layer.relu, layer.tile
        n = layer.tile + 2
        weight = layer.kept_weight.detach()
        sizes = weight.abs().amax((0, 1)) if scales == "position" else weight.abs().amax().expand(n, n)
        self.weight = nn.Parameter(rounded(weight, sizes), requires_grad=False)
        self.bias = nn.Parameter(layer.bias.detach().clone(), requires_grad=False)
        self.register_buffer("mask", torch.ones_like(weight))
        self.register_buffer("input_matrix", layer.input_matrix.clone())
        self.register_buffer("output_matrix", layer.output_matrix.clone())
        self.largest = largest

    def transformed(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """See ``WinogradConv2d``; rounded."""
        v, grid = super().transformed(x)
        return rounded(v, self.largest.reshape(-1, 1, 1, 1)), grid


class _Int8Spatial(nn.Module):
    """``layer`` with rounded operands; ``largest`` is the largest magnitude of its input."""

    def __init__(self, layer: SpatialConv2d, largest: Tensor) -> None:
        super().__init__()
        self.layer = copy.deepcopy(layer)
        weight = layer.kept_weight.detach()
        self.layer.weight.data.copy_(rounded(weight, weight.abs().amax((1, 2, 3), keepdim=True)))
        self.largest = largest

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to [N, K, H, W]."""
        result: Tensor = self.layer(rounded(x, self.largest))
        return result


def in_int8(network: nn.Module, scales: Scales, images: Images) -> nn.Module:
    """A copy whose moved layers have 8-bit operands, their scales of the first ``images``."""
    network = copy.deepcopy(network)
    layers: dict[str, Any] = {name: network.get_submodule(name) for name in moved_layers(network)}
    largest: dict[str, Tensor] = {}

    def note(name: str, x: Tensor) -> None:
        layer = layers[name]
        if isinstance(layer, WinogradConv2d):
            found = WinogradConv2d.transformed(layer, x)[0].abs().amax((1, 2, 3))
            found = found if scales == "position" else found.amax(0, keepdim=True)
        else:
            found = x.abs().amax()
        largest[name] = torch.maximum(largest[name], found) if name in largest else found

    handles = [
        layer.register_forward_pre_hook(lambda _, inputs, name=name: note(name, inputs[0]))
        for name, layer in layers.items()
    ]
    try:
        evaluate(network, images, CALIBRATED_ON)
    finally:
        for handle in handles:
            handle.remove()
    for name, layer in layers.items():
        parent, _, own = name.rpartition(".")
        if isinstance(layer, WinogradConv2d):
            replacement: nn.Module = _Int8Winograd(layer, scales, largest[name])
        else:
            replacement = _Int8Spatial(layer, largest[name])
        setattr(network.get_submodule(parent), own, replacement)
    return network.eval()
