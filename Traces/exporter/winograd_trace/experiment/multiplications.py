"""Counts a network's multiplications from what it multiplies: pairs of a non-zero weight and a non-zero activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import TraceError
from ..modules import TILES, Prunable, WinogradConv2d
from ..winograd import Array, Matrices, transform_input, transform_weights
from .training import device_of


@dataclass(frozen=True)
class LayerCount:
    """One layer on some images.

    ``dense`` are the multiplications of the dense direct layer, zeros of the padding included. ``multiplied`` are those
    of two non-zero factors as the layer runs; ``weights`` and ``activations`` are the shares of non-zero factors there.
    ``through_winograd`` has, for the tiles 2 and 4, those of a spatial 3x3 layer that runs through the transforms, which
    fill zeros in.
    """

    name: str
    dense: int
    multiplied: int
    weights: float
    activations: float
    through_winograd: dict[int, int]


def count(network: nn.Module, images: Tensor) -> tuple[LayerCount, ...]:
    """Every multiplying layer of a network in evaluation mode on images [N, C, H, W], in the order in which they run."""
    counted: list[LayerCount] = []
    names = {module: name for name, module in network.named_modules()}

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        counted.append(_count(names[module], module, inputs[0].detach().cpu(), output))

    layers = [module for module in names if isinstance(module, nn.Conv2d | nn.Linear | WinogradConv2d)]
    handles = [layer.register_forward_hook(note) for layer in layers]
    try:
        network.eval()
        with torch.no_grad():
            network(images.contiguous(memory_format=torch.channels_last).to(device_of(network)))
    finally:
        for handle in handles:
            handle.remove()
    return tuple(counted)


def winograd_pairs(u: Array, v: Array) -> int:
    """Pairs of non-zeros of weights [K, C, n, n] and tiles [N, rows, columns, C, n, n] at one channel and position."""
    return int((np.count_nonzero(u, axis=0) * np.count_nonzero(v, axis=(0, 1, 2))).sum())


def _count(name: str, module: nn.Module, x: Tensor, output: Tensor) -> LayerCount:
    weight = module.kept_weight if isinstance(module, Prunable) else module.weight
    assert isinstance(weight, Tensor)
    w = weight.detach().cpu()
    per_output = w[0].numel() if not isinstance(module, WinogradConv2d) else w.shape[1] * 9
    dense = output.numel() * per_output
    through: dict[int, int] = {}
    if isinstance(module, WinogradConv2d):
        v = _tiles(x, module.matrices, module.padding)
        v = np.maximum(v, 0.0) if module.relu else v
        u = w.numpy()
        return LayerCount(name, dense, winograd_pairs(u, v), _share(u), _share(v), through)
    if isinstance(module, nn.Conv2d):
        if module.groups != 1 or module.padding_mode != "zeros":
            raise TraceError(
                f"layer '{name}': {module}; multiplications are counted for one group and padding of zeros"
            )
        filters = (w != 0).sum(0, keepdim=True).double()
        form: Any = (module.stride, module.padding, module.dilation)
        multiplied = int(functional.conv2d((x != 0).double(), filters, None, *form).sum())
    else:
        multiplied = int(((x != 0).double() @ (w != 0).double().sum(0)).sum())
    if isinstance(module, Prunable) and isinstance(module, nn.Conv2d):
        for tile, make in TILES.items():
            matrices = make()
            filled = transform_weights(w.numpy(), matrices)
            through[tile] = winograd_pairs(filled, _tiles(x, matrices, module.padding))
    return LayerCount(name, dense, multiplied, _share(w.numpy()), _share(x.numpy()), through)


def _tiles(x: Tensor, matrices: Matrices, padding: Any) -> Array:
    sides = padding if isinstance(padding, tuple) else (padding, padding)
    return transform_input(x.double().numpy(), matrices, sides)


def _share(values: Array) -> float:
    return float(np.count_nonzero(values)) / values.size
