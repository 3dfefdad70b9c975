"""Densities of a network's layers: all alike, or each by how much the network suffers when that layer is pruned."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor, nn

from ..errors import TraceError
from ..modules import Prunable
from ..winograd import Array
from .data import Images
from .networks import moved_layers
from .training import evaluate

TRIED = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
JUDGED_BY = 1_000


Factors = Mapping[str, Tensor]
"""By layer, factors of the magnitudes by which its weights are ranked; a layer that is not there has none."""


def prune(network: nn.Module, shares: Mapping[str, float], factors: Factors | None = None) -> None:
    """Keeps the largest weights of each named layer, its share of them; the others are zero and stay it."""
    for name, share in shares.items():
        _layer(network, name).prune(share, (factors or {}).get(name))


def alike(network: nn.Module, density: float) -> dict[str, float]:
    """The same density for every layer that is pruned."""
    return dict.fromkeys(moved_layers(network), density)


def by_sensitivity(
    network: nn.Module, density: float, images: Images, factors: Factors | None = None
) -> dict[str, float]:
    """Densities of the layers whose weights together have ``density``; a layer that hurts more keeps more.

    Each layer is pruned alone, to the densities of ``TRIED``, and the loss on the first thousand images is taken. All
    layers then get the density at which they add the same loss. Without retraining in between, as Han et al. (2015).
    """
    layers = moved_layers(network)
    sizes = np.array([_layer(network, name).weight.numel() for name in layers], np.float64)
    return dict(
        zip(layers, spread(_losses(network, layers, images, factors or {}), sizes, density).tolist(), strict=True)
    )


def spread(losses: Array, sizes: Array, density: float) -> Array:
    """Densities [L] for layers of ``sizes`` [L] whose mean over weights is ``density``.

    ``losses`` [L, T] are what each layer adds at the densities of ``TRIED``, 0 at the last. A density counts with the
    highest loss of all densities from it upwards, so that chance does not make more pruning look better.
    """
    if not TRIED[0] <= density <= 1.0:
        raise TraceError(f"density {density} by sensitivity; expected {TRIED[0]} to 1")
    rising = np.maximum.accumulate(losses[:, ::-1], axis=1)[:, ::-1]
    tried = np.array(TRIED)

    def allowed(limit: float) -> Array:
        return np.array([tried[int(np.argmax(row <= limit))] for row in rising])

    limits: Sequence[float] = np.unique(rising).tolist()
    means = [-float(allowed(limit) @ sizes / sizes.sum()) for limit in limits]
    index = bisect.bisect_left(means, -density)
    low = np.full(len(sizes), tried[0]) if index == len(limits) else allowed(limits[index])
    high = allowed(limits[index - 1]) if index > 0 else np.ones(len(sizes))
    above, below = (float(shares @ sizes / sizes.sum()) for shares in (high, low))
    part = 0.0 if above == below else (density - below) / (above - below)
    mixed: Array = low + part * (high - low)
    return mixed


def _losses(network: nn.Module, layers: Sequence[str], images: Images, factors: Factors) -> Array:
    """The loss that each layer adds at each density tried, [L, T]."""
    _, base = evaluate(network, images, JUDGED_BY)
    added = np.zeros((len(layers), len(TRIED)))
    for row, name in enumerate(layers):
        for column, density in enumerate(TRIED):
            pruned = copy.deepcopy(network)
            _layer(pruned, name).prune(density, factors.get(name))
            added[row, column] = evaluate(pruned, images, JUDGED_BY)[1] - base
    return added


def _layer(network: nn.Module, name: str) -> Prunable:
    layer = network.get_submodule(name)
    assert isinstance(layer, Prunable)
    return layer
