"""Modules with weights in the Winograd domain, each as one layer.

A module takes part if it has the attributes of ``WinogradModule``. While a model is recorded, the module's ``forward`` is
replaced by one operator of the dispatcher that calls it, so that its transforms and products are not taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from .errors import TraceError
from .layers import Winograd
from .products import Product
from .shape import Shape
from .winograd import Matrices, four_sides

LEAF = "winograd_trace::leaf"


class WinogradModule(Protocol):
    """What a module has to have to be one layer with Winograd-domain weights.

    It computes ``A^T [sum over c of U * V] A`` for every tile, plus its ``bias``, with V = ``B^T d B`` or, where ``relu``
    is True, ``max(0, B^T d B)``. U is ``weight`` [K, C/groups, n, n], or ``kept_weight`` if the module has that (a
    pruned one). ``groups`` may be missing, and ``bias`` None.
    """

    weight: Tensor
    bias: Tensor | None
    tile: int
    matrices: Matrices
    padding: int | tuple[int, int]
    relu: bool


_running: dict[int, tuple[Any, Any]] = {}  # Modules and their own forward, while their forward is replaced.


@torch.library.custom_op(LEAF, mutates_args=())
def leaf(x: Tensor, weight: Tensor, bias: Tensor | None, key: int) -> Tensor:
    """Calls the module's own ``forward``; weights and bias are arguments so that their origin is seen."""
    result: Tensor = _running[key][1](x)
    return result.clone()


@leaf.register_fake
def _fake_leaf(x: Tensor, weight: Tensor, bias: Tensor | None, key: int) -> Tensor:
    shape = _shape(_running[key][0], x, weight)
    return x.new_empty((*x.shape[:-3], shape.filters, *shape.output))


def is_winograd_module(module: nn.Module) -> bool:
    """Whether a module has the attributes of ``WinogradModule``."""
    return all(hasattr(module, name) for name in ("weight", "tile", "matrices", "padding", "relu")) and isinstance(
        module.matrices, Matrices
    )


@contextmanager
def as_leaves(model: nn.Module) -> Iterator[None]:
    """Replaces the ``forward`` of the model's Winograd modules inside the block."""
    replaced: list[tuple[nn.Module, dict[str, Any]]] = []
    try:
        for module in model.modules():
            if not is_winograd_module(module):
                continue
            own: Any = module
            key = id(module)
            _running[key] = (module, module.forward)
            replaced.append((module, {k: v for k, v in module.__dict__.items() if k == "forward"}))

            def forward(x: Tensor, own: Any = own, key: int = key) -> Tensor:
                weight = own.kept_weight if hasattr(own, "kept_weight") else own.weight
                result: Tensor = leaf(x, weight, getattr(own, "bias", None), key)
                return result

            own.forward = forward
        yield
    finally:
        for module, before in replaced:
            module.__dict__.pop("forward", None)
            module.__dict__.update(before)
            _running.pop(id(module), None)


def describe_leaf(given: Mapping[str, Any]) -> Product:
    """The layer of a call of ``leaf``."""
    x, weight, bias, module = given["x"], given["weight"], given["bias"], _running[given["key"]][0]
    image = x if x.dim() == 4 else x.unsqueeze(0)
    shape = _shape(module, x, weight)
    outputs = (shape.batch, shape.filters, *shape.output)
    result = outputs if x.dim() == 4 else outputs[1:]
    return Product(
        operation="convolution",
        shape=shape,
        weights=weight,
        activations=image,
        sources=(x,),
        weight_source=weight,
        axis=0,
        store=lambda y: y.reshape(outputs),
        restore=lambda y: y.reshape(result),
        result=result,
        added=bias,
        bias_axis=len(result) - 3,
        winograd=Winograd(module.tile, None if module.matrices.is_built_in else module.matrices),
        relu="winograd" if module.relu else "none",
    )


def _shape(module: Any, x: Tensor, weight: Tensor) -> Shape:
    """The layer's shape; a TraceError where the module's attributes do not fit each other."""
    kernel, kind = module.matrices.kernel, type(module).__name__
    edge = module.matrices.positions
    if module.tile != module.matrices.tile or tuple(weight.shape[2:]) != (edge, edge) or x.dim() not in (3, 4):
        raise TraceError(
            f"a {kind} of tile {module.tile} has weights {list(weight.shape)}, matrices of F({module.matrices.tile}x"
            f"{module.matrices.tile}, {kernel}x{kernel}) and an input {list(x.shape)}; expected weights "
            f"[K, C/groups, {edge}, {edge}] and an input [N, C, H, W]"
        )
    padding = module.padding if isinstance(module.padding, tuple) else (module.padding, module.padding)
    return Shape(
        channels=int(x.shape[-3]),
        filters=int(weight.shape[0]),
        batch=int(x.shape[0]) if x.dim() == 4 else 1,
        height=int(x.shape[-2]),
        width=int(x.shape[-1]),
        kernel=(kernel, kernel),
        padding=four_sides(padding)[:2],
        groups=int(getattr(module, "groups", 1)),
    )
