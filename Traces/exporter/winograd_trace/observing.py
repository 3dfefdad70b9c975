"""Quantizers and observers of ``torch.ao.quantization`` during an export: what they found is used, and nothing is added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from .errors import TraceError


@contextmanager
def observers_off(model: nn.Module) -> Iterator[str | None]:
    """Stops the model's observers inside the block; gives a note on what they do instead.

    A fake quantizer keeps quantizing with its scale and zero point. An observer by itself, which has seen values,
    quantizes with those that it would give; so do the weights of the layers that it stands for, with the observer of their
    ``qconfig``. The model is then the quantized one, in its own run as well.
    """
    try:
        from torch.ao.quantization import FakeQuantizeBase, ObserverBase
    except ImportError:
        yield None
        return
    modules = list(model.modules())
    quantizers: list[Any] = [module for module in modules if isinstance(module, FakeQuantizeBase)]
    inner = {id(child) for module in quantizers for child in module.modules()}
    alone = [module for module in modules if isinstance(module, ObserverBase) and id(module) not in inner]
    with ExitStack() as stack:
        for module in quantizers:
            enabled = module.observer_enabled.clone()
            stack.callback(module.observer_enabled.copy_, enabled)
            module.disable_observer()
        for observer in alone:
            stack.callback(_give_back, observer, observer.__dict__.get("forward"))
            observer.__dict__["forward"] = _quantizer(observer) or _same
        note = None
        if alone:
            layers = [module for module in modules if _weight_observer(module) is not None]
            for layer in layers:
                _quantize_weight(layer, stack)
            used = sum(observer.__dict__["forward"] is not _same for observer in alone)
            note = (
                f"{used} of {len(alone)} observers quantize, with the scales that they found; {len(layers)} weights do"
            )
        yield note


def _give_back(module: nn.Module, forward: Any) -> None:
    module.__dict__.pop("forward", None)
    if forward is not None:
        module.__dict__["forward"] = forward


def _same(x: Any) -> Any:
    return x


def _quantizer(observer: Any) -> Callable[[Tensor], Tensor] | None:
    """What quantizes as an observer would; None for one that has seen nothing, or that gives no scale."""
    least = getattr(observer, "min_val", None)
    if not isinstance(least, Tensor) or least.numel() == 0 or not bool(torch.isfinite(least).all()):
        return None
    scale, zero = observer.calculate_qparams()
    if not bool((torch.isfinite(scale) & (scale > 0)).all()):
        raise TraceError(
            f"an observer ({type(observer).__name__}) gives the scale {scale.min()}; expected a number above 0"
        )
    low, high = int(observer.quant_min), int(observer.quant_max)
    if scale.numel() == 1:
        one, other = float(scale), int(zero)
        return lambda x: torch.fake_quantize_per_tensor_affine(x, one, other, low, high)
    axis = int(observer.ch_axis)
    return lambda x: torch.fake_quantize_per_channel_affine(x, scale, zero.int(), axis, low, high)


def _weight_observer(module: nn.Module) -> Any:
    maker = getattr(getattr(module, "qconfig", None), "weight", None)
    observed = isinstance(getattr(module, "weight", None), nn.Parameter) and hasattr(module, "activation_post_process")
    return maker() if observed and maker is not None else None


class _Quantized(nn.Module):
    def __init__(self, quantize: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._quantize = quantize

    def forward(self, weight: Tensor) -> Tensor:
        return self._quantize(weight)


def _quantize_weight(layer: nn.Module, stack: ExitStack) -> None:
    """Quantizes a layer's weight inside the block."""
    observer = _weight_observer(layer)
    weight = layer.weight
    assert isinstance(weight, nn.Parameter)
    observer(weight.detach())
    quantize = _quantizer(observer)
    if quantize is None:
        return
    parametrize.register_parametrization(layer, "weight", _Quantized(quantize), unsafe=True)

    def restore() -> None:
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        layer.weight = weight

    stack.callback(restore)
