"""How much each weight of a layer matters, from its size and from what it multiplies; and how large a training step may be.

A weight of the Winograd domain multiplies one position of the transformed tiles. These positions differ in size by far, and
so do the factors with which the output transform adds the products up; with F(4x4) by more than a hundred. A weight of 0.1
matters at one and not at the other, and a training step of 0.001 is much at one and nothing at the other. So weights are
ranked by what they add to the outputs, |weight| times the root mean square of what it multiplies times the norm of the
output transform's factors (as Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", ICLR 2024,
rank those of linear layers), and the optimizer's steps are scaled so that all positions change the outputs alike, and
together as much as the steps of an ordinary layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..modules import WinogradConv2d
from ..winograd import transform_input
from .data import Images
from .networks import moved_layers
from .training import evaluate

MEASURED_ON = 256


@dataclass(frozen=True)
class Importance:
    """Of one layer: ``factors`` [C, n, n] or [C, 1, 1] times |weight| is what the weight adds to the outputs.

    ``steps`` [n, n] are the factors of the optimizer's steps, None for an ordinary layer, whose steps stay.
    """

    factors: Tensor
    steps: Tensor | None


def measure_importance(network: nn.Module, images: Images) -> dict[str, Importance]:
    """The importance of the layers that are pruned, on the first images."""
    found: dict[str, Importance] = {}
    names = {network.get_submodule(name): name for name in moved_layers(network)}

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        sums = _importance(module, inputs[0].detach().cpu())
        name = names[module]
        assert name not in found
        found[name] = sums

    handles = [module.register_forward_hook(note) for module in names]
    try:
        evaluate(network, images, MEASURED_ON, at_once=MEASURED_ON)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _importance(module: nn.Module, x: Tensor) -> Importance:
    values = x.double().numpy()
    if not isinstance(module, WinogradConv2d):
        return Importance(
            torch.from_numpy(np.sqrt((values**2).mean((0, 2, 3))).astype(np.float32))[:, None, None], None
        )
    matrices, m, n = module.matrices, module.tile, module.tile + 2
    padding = module.padding if isinstance(module.padding, tuple) else (module.padding, module.padding)
    v = transform_input(values, matrices, padding)
    v = np.maximum(v, 0.0) if module.relu else v
    gain = np.linalg.norm(matrices.at, axis=0)
    square = (v**2).mean((0, 1, 2)) * np.outer(gain, gain) ** 2
    # A step of an ordinary layer changes an output by 3 rms(x), of the nine taps; here by the root of the mean over the m x m
    # outputs of the sum over the n x n positions.
    effect = np.sqrt(np.maximum(square.mean(0), 1e-12))
    steps = 3.0 * float(np.sqrt((values**2).mean())) * m / (n * effect)
    return Importance(torch.from_numpy(np.sqrt(square).astype(np.float32)), torch.from_numpy(steps.astype(np.float32)))
