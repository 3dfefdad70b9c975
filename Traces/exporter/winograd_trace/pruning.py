"""Prunes layers by magnitude, in steps, and turns trained convolutions into Winograd layers: the paper's flow.

Liu, Pool, Han and Dally (ICLR 2018) train a network, move its weights and its ReLUs into the Winograd domain, and then
prune and retrain there, step by step::

    model = to_winograd(model, tile=2, relu=True)   # and take the ReLUs before these layers out of the model
    retrain(model)
    for density in prune_in_steps(model, schedule(1.0, 0.35, 5), at_least={"conv1": 0.8}):
        retrain(model)

Ordinary layers are pruned in the same way, in their spatial weights. Pruned weights stay zero while a model is trained:
the layers multiply by their masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import prune as torch_prune

from .errors import TraceError
from .modules import Prunable, WinogradConv2d

Scope = Literal["layer", "model"]
_ORDINARY = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.Linear)


def schedule(start: float, end: float, steps: int) -> tuple[float, ...]:
    """Densities after each of ``steps`` steps from ``start`` to ``end``: large steps first, as in Zhu and Gupta (2017)."""
    if steps < 1 or not 0.0 < end <= start <= 1.0:
        raise TraceError(
            f"a schedule from {start} to {end} in {steps} steps; expected 1 >= start >= end > 0, a step or more"
        )
    return tuple(end + (start - end) * (1 - step / steps) ** 3 for step in range(1, steps + 1))


def prunable_layers(model: nn.Module) -> dict[str, nn.Module]:
    """The layers that are pruned, by name: those with masks of their own; if there are none, the ordinary ones."""
    named = dict(model.named_modules())
    masked = [name for name, module in named.items() if isinstance(module, Prunable)]
    ordinary = [name for name, module in named.items() if isinstance(module, _ORDINARY)]
    return {name: named[name] for name in masked or ordinary}


def prune_by_magnitude(
    model: nn.Module, density: float, scope: Scope = "layer", at_least: Mapping[str, float] | None = None
) -> None:
    """Keeps the share ``density`` of the weights, those of largest magnitude; the others become zero and stay it.

    With ``scope="layer"`` that share is kept in every layer, with ``"model"`` in all layers together. ``at_least`` gives
    layers, by name, a higher density: a first layer, which has few weights, bears less pruning.
    """
    layers, kept = prunable_layers(model), dict(at_least or {})
    if scope not in ("layer", "model") or not all(0.0 < share <= 1.0 for share in (density, *kept.values())):
        raise TraceError(
            f"pruning to {density} (at least {kept}) over the {scope}; expected shares in 0...1, layer or model"
        )
    if unknown := kept.keys() - layers.keys():
        raise TraceError(
            f"at_least names {sorted(unknown)}; the layers that can be pruned are {', '.join(layers) or 'none'}"
        )
    if scope == "layer":
        for name, layer in layers.items():
            _prune(layer, max(density, kept.get(name, 0.0)))
        return
    for name, share in _shares(layers, density, kept).items():
        _prune(layers[name], share)


def prune_in_steps(
    model: nn.Module, densities: Iterable[float], scope: Scope = "layer", at_least: Mapping[str, float] | None = None
) -> Iterator[float]:
    """Prunes to each density in turn and gives it, so that the body of the loop can retrain the model."""
    for density in densities:
        prune_by_magnitude(model, density, scope, at_least)
        yield density


def to_winograd(
    model: nn.Module,
    tile: int = 2,
    relu: bool | Iterable[str] = False,
    *,
    layers: Iterable[str] | None = None,
    kind: type[WinogradConv2d] = WinogradConv2d,
) -> nn.Module:
    """Replaces the 3x3 convolutions of stride 1 with Winograd layers of the same weights, ``G g G^T``, and returns the model.

    ``tile`` is m: 2 for F(2x2, 3x3), 4 for F(4x4, 3x3). Without ``relu`` the model computes the same as before.
    ``relu`` names the layers (True: all but the first) that get a ReLU after their input transform; the ReLU before such a
    layer has to be taken out of the model, which then is retrained. Convolutions with groups, dilation or a
    ``padding_mode`` other than zeros stay as they are, and with ``layers`` all others than those. ``kind`` is the class of
    the new layers, such as ``ChannelsLastWinogradConv2d``, which trains faster.
    """
    fitting = [name for name, module in model.named_modules() if _fits(module)]
    chosen = set(fitting if layers is None else layers)
    if unknown := chosen - set(fitting):
        raise TraceError(
            f"layers names {sorted(unknown)}; 3x3 convolutions of stride 1 are {', '.join(fitting) or 'none'}"
        )
    names = [name for name in fitting if name in chosen]
    rectified = set(names[1:] if relu is True else [] if relu is False else relu)
    if unknown := rectified - set(names):
        raise TraceError(
            f"relu names {sorted(unknown)}; the layers that become Winograd layers are {', '.join(names) or 'none'}"
        )
    for name in names:
        layer = model.get_submodule(name)
        assert isinstance(layer, nn.Conv2d)
        replacement = _transformed(layer, tile, name in rectified, kind)
        if not name:
            return replacement
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, replacement)
    return model


def _fits(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and (module.kernel_size, module.stride, module.dilation) == ((3, 3), (1, 1), (1, 1))
        and module.groups == 1
        and (module.padding_mode == "zeros" or module.padding in (0, (0, 0), "valid"))
    )


def _transformed(layer: nn.Conv2d, tile: int, relu: bool, kind: type[WinogradConv2d]) -> WinogradConv2d:
    words = {"same": (1, 1), "valid": (0, 0)}
    padding = words[layer.padding] if isinstance(layer.padding, str) else (layer.padding[0], layer.padding[1])
    made = kind(layer.in_channels, layer.out_channels, padding[0] if padding[0] == padding[1] else padding, relu, tile)
    kernel = (layer.kept_weight if isinstance(layer, Prunable) else layer.weight).detach()
    g = torch.from_numpy(made.matrices.g)
    with torch.no_grad():
        made.weight.copy_((g @ kernel.double().cpu() @ g.T).float())
        if layer.bias is not None:
            made.bias.copy_(layer.bias)
    return made.to(kernel.device, kernel.dtype).train(layer.training)


def _magnitudes(layer: nn.Module) -> Tensor:
    weight = layer.kept_weight if isinstance(layer, Prunable) else layer.weight
    assert isinstance(weight, Tensor)
    return weight.detach().abs()


def _shares(layers: Mapping[str, nn.Module], density: float, kept: Mapping[str, float]) -> dict[str, float]:
    """The shares of layers among the largest weights of all; those with a higher one of their own take it first."""
    shares: dict[str, float] = {}
    while True:
        free = {name: _magnitudes(layer).flatten() for name, layer in layers.items() if name not in shares}
        total = sum(_magnitudes(layer).numel() for layer in layers.values())
        taken = sum(share * _magnitudes(layers[name]).numel() for name, share in shares.items())
        together = torch.cat(list(free.values())) if free else torch.zeros(0)
        count = min(together.numel(), max(0, round(density * total - taken)))
        order = together.argsort(descending=True, stable=True)[:count]
        ones = torch.zeros(together.numel()).index_fill_(0, order.cpu(), 1.0)
        chosen = torch.tensor_split(ones, np.cumsum([values.numel() for values in free.values()])[:-1].tolist())
        found = {name: float(part.mean()) for name, part in zip(free, chosen, strict=True)}
        short = {name: kept[name] for name, share in found.items() if share < kept.get(name, 0.0)}
        if not short:
            return {**found, **shares}
        shares |= short


def _prune(layer: nn.Module, density: float) -> None:
    if isinstance(layer, Prunable):
        layer.prune(density)
        return
    magnitudes = _magnitudes(layer)
    keep = max(1, round(density * magnitudes.numel()))
    mask = torch.zeros(magnitudes.numel(), dtype=magnitudes.dtype, device=magnitudes.device)
    mask[magnitudes.flatten().argsort(descending=True, stable=True)[:keep]] = 1.0
    torch_prune.custom_from_mask(layer, "weight", mask.reshape(magnitudes.shape))  # type: ignore[no-untyped-call]
