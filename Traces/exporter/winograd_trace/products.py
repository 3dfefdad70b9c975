"""PyTorch's calls that multiply, as layers: where their operands are, and how outputs are laid out.

The same description serves twice: when a model is recorded, and when it runs again with outputs that were recomputed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from .errors import TraceError
from .layers import Operation, Winograd
from .operands import Relu
from .shape import Pair, Shape, Sides

Given = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Product:
    """One layer of a call. ``result`` is ``alpha`` times the layer's outputs, plus ``beta`` times ``added``.

    ``weights`` and ``activations`` have the trace's layout; ``sources`` are the tensors of the call that the
    activations (of a matmul: both factors) come from. ``bias_axis`` is the axis of the result that a bias [K] belongs to,
    where that is not the last. ``store`` brings a result of the call into the layout of the
    layer's outputs, ``restore`` does the reverse. ``axis`` is that of ``weight_source`` over filters.
    """

    operation: Operation
    shape: Shape
    weights: Tensor
    activations: Tensor
    sources: tuple[Tensor, ...]
    weight_source: Tensor
    axis: int
    store: Callable[[Tensor], Tensor]
    restore: Callable[[Tensor], Tensor]
    result: tuple[int, ...]
    added: Tensor | None = None
    alpha: float = 1.0
    beta: float = 1.0
    bias_axis: int | None = None
    winograd: Winograd | None = None
    relu: Relu | None = None

    @property
    def added_outputs(self) -> Tensor | None:
        """What was added, in the layout of the outputs."""
        added = self.added_result
        return None if added is None else self.store(added.expand(self.result))

    @property
    def added_result(self) -> Tensor | None:
        """What was added, in a shape that broadcasts with the call's result; a bias is one number a filter."""
        if self.added is None:
            return None
        added = self.added
        if self.bias_axis is not None:
            added = added.reshape(-1, *(1 for _ in self.result[self.bias_axis + 1 :]))
        return added if self.beta == 1.0 else added * self.beta


def describe(
    name: str,
    given: Given,
    constant: Callable[[Tensor], bool],
    unpadded: Callable[[Tensor], tuple[Tensor, Sides] | None],
) -> Product | None:
    """The layer of a call of ``aten::name`` with arguments ``given``; None where a trace has no layer for it.

    ``constant`` tells which tensors depend on no input; ``unpadded`` finds what a call has padded with zeros.
    """
    maker = _MAKERS.get(name)
    tensors = [value for value in given.values() if isinstance(value, Tensor)]
    if maker is None or any(t.is_complex() or t.is_quantized or t.layout != torch.strided for t in tensors):
        return None
    if any(0 in t.shape for t in tensors):
        return None
    return maker(given, constant, unpadded)


def _convolution(given: Given, _: Any, unpadded: Callable[[Tensor], tuple[Tensor, Sides] | None]) -> Product | None:
    x, w, bias = given["input"], given["weight"], given.get("bias")
    if x.dim() not in (3, 4):
        return None
    line = x.dim() == 3
    stride, padding, dilation, output_padding = (
        _both(given[key], line, neutral)
        for key, neutral in (("stride", 1), ("padding", 0), ("dilation", 1), ("output_padding", 0))
    )
    if min(padding) < 0:
        raise TraceError(f"a convolution has the padding {list(given['padding'])}; expected at least 0")
    transposed, groups = bool(given["transposed"]), int(given["groups"])
    sides: Pair | Sides = padding
    if (found := unpadded(x)) is not None and not transposed:
        x, added = found
        sides = (padding[0] + added[0], padding[1] + added[1], padding[0] + added[2], padding[1] + added[3])
    x4, w4 = (x.unsqueeze(2), w.unsqueeze(2)) if line else (x, w)
    shape = Shape(
        channels=int(x4.shape[1]),
        filters=int(w4.shape[1]) * groups if transposed else int(w4.shape[0]),
        batch=int(x4.shape[0]),
        height=int(x4.shape[2]),
        width=int(x4.shape[3]),
        kernel=(int(w4.shape[2]), int(w4.shape[3])),
        stride=stride,
        padding=sides,
        dilation=dilation,
        groups=groups,
        transposed=transposed,
        output_padding=output_padding if transposed else (0, 0),
    )
    outputs = (shape.batch, shape.filters, *shape.output)
    result = (*outputs[:2], outputs[3]) if line else outputs
    return Product(
        operation="transposed_convolution" if transposed else "convolution",
        shape=shape,
        weights=w4,
        activations=x4,
        sources=(x,),
        weight_source=w,
        axis=1 if transposed else 0,
        store=lambda y: y.reshape(outputs),
        restore=lambda y: y.reshape(result),
        result=result,
        added=bias,
        bias_axis=1,
    )


def _both(sizes: Any, line: bool, neutral: int) -> Pair:
    """Two sizes of a call's list; a convolution over lines has height 1 and the neutral size in that direction."""
    values = [int(size) for size in sizes]
    return (neutral, values[0]) if line else (values[0], values[-1])


def _matrices(left: str, right: str, added: str | None = None) -> Callable[..., Product | None]:
    def maker(given: Given, constant: Callable[[Tensor], bool], _: Any) -> Product:
        a, b = given[left], given[right]
        result = (int(a.shape[0]), int(b.shape[1]))
        plain = _multiply(a.unsqueeze(0), b.unsqueeze(0), (a, b), (constant(a), constant(b)), result, (-1, -2))
        return _with_addition(plain, given, added)

    return maker


def _batches(left: str, right: str, added: str | None = None) -> Callable[..., Product | None]:
    def maker(given: Given, constant: Callable[[Tensor], bool], _: Any) -> Product:
        a, b = given[left], given[right]
        result = (int(a.shape[0]), int(a.shape[1]), int(b.shape[2]))
        return _with_addition(_multiply(a, b, (a, b), (constant(a), constant(b)), result), given, added)

    return maker


def _sum_of_batches(given: Given, constant: Callable[[Tensor], bool], _: Any) -> Product:
    """addbmm: the sum over the batch is a sum over more features."""
    a, b = given["batch1"], given["batch2"]
    result = (int(a.shape[1]), int(b.shape[2]))
    left, right = a.permute(1, 0, 2).reshape(1, result[0], -1), b.reshape(1, -1, result[1])
    return _with_addition(_multiply(left, right, (a, b), (constant(a), constant(b)), result), given, "self")


def _vector(matrix: str, vector: str, added: str | None = None) -> Callable[..., Product | None]:
    def maker(given: Given, constant: Callable[[Tensor], bool], _: Any) -> Product:
        a, b = given[matrix], given[vector]
        rows = a.reshape(1, -1, a.shape[-1])
        result = (int(a.shape[0]),) if a.dim() == 2 else ()
        plain = _multiply(rows, b.reshape(1, -1, 1), (a, b), (constant(a), constant(b)), result)
        return _with_addition(plain, given, added)

    return maker


def _outer(given: Given, constant: Callable[[Tensor], bool], _: Any) -> Product | None:
    """A product in which both operands are broadcast: dimensions of both are the batch, of one rows or columns."""
    a, b = given["self"], given["other"]
    if not isinstance(a, Tensor) or not isinstance(b, Tensor) or not (a.is_floating_point() and b.is_floating_point()):
        return None
    result = tuple(torch.broadcast_shapes(a.shape, b.shape))  # type: ignore[no-untyped-call]
    if math.prod(result) <= max(a.numel(), b.numel()):
        return None
    wide = [t.reshape(*(1 for _ in range(len(result) - t.dim())), *t.shape) for t in (a, b)]
    own = [[i for i, side in enumerate(t.shape) if side == result[i] != 1] for t in wide]
    batch = [i for i in own[0] if i in own[1]]
    rows, columns = ([i for i in part if i not in batch] for part in own)
    rest = [i for i in range(len(result)) if i not in (*batch, *rows, *columns)]
    order = [*rest, *batch, *rows, *columns]
    sizes = [math.prod(result[i] for i in part) for part in (batch, rows, columns)]
    left = wide[0].permute(order).reshape(sizes[0], sizes[1], 1)
    right = wide[1].permute(order).reshape(sizes[0], 1, sizes[2])
    product = _multiply(left, right, (a, b), (constant(a), constant(b)), tuple(result[i] for i in order))
    back = [order.index(i) for i in range(len(order))]
    return replace(
        product,
        store=lambda y: product.store(y.permute(order)),
        restore=lambda y: product.restore(y).permute(back),
        result=result,
    )


def _multiply(
    a: Tensor,
    b: Tensor,
    sources: tuple[Tensor, Tensor],
    constants: tuple[bool, bool],
    result: tuple[int, ...],
    axes: tuple[int, int] = (-1, -2),
) -> Product:
    """[B, M, K] times [B, K, N]: linear with one constant factor, grouped where that has a batch, else a matmul.

    ``axes`` are those over N in the second source and over M in the first.
    """
    batch, rows, channels = (int(side) for side in a.shape)
    columns = int(b.shape[2])
    whole = (batch, rows, columns)
    common: dict[str, Any] = {"result": result}
    if constants[1] or constants[0]:
        # With x [B, rows, K] and w [B, filters, K]; the call's result is transposed where the first one is constant.
        second = constants[1]
        x, w = (a, b.transpose(1, 2)) if second else (b.transpose(1, 2), a)
        common |= {"sources": (sources[0 if second else 1],), "weight_source": sources[1 if second else 0]}
        common |= {"axis": axes[0] if second else axes[1]}
        count, filters = (rows, columns) if second else (columns, rows)

        def turn(y: Tensor) -> Tensor:  # [B, M, N] to [B, rows, filters] and back
            return y if second else y.transpose(1, 2)

        if batch == 1 or w.stride(0) == 0:
            return Product(
                operation="linear",
                shape=Shape(channels, filters, batch * count),
                weights=w[0],
                activations=x.reshape(-1, channels),
                store=lambda y: turn(y.reshape(whole)).reshape(-1, filters),
                restore=lambda y: turn(y.reshape(batch, count, filters)).reshape(result),
                **common,
            )
        return Product(
            operation="convolution",
            shape=Shape(batch * channels, batch * filters, 1, count, groups=batch),
            weights=w.reshape(batch * filters, channels, 1, 1),
            activations=x.transpose(1, 2).reshape(1, batch * channels, count, 1),
            store=lambda y: turn(y.reshape(whole)).transpose(1, 2).reshape(1, batch * filters, count, 1),
            restore=lambda y: turn(y.reshape(batch, filters, count).transpose(1, 2)).reshape(result),
            **common,
        )
    return Product(
        operation="matmul",
        shape=Shape(channels, columns, batch, rows),
        weights=b,
        activations=a,
        sources=sources,
        weight_source=sources[1],
        axis=axes[0],
        store=lambda y: y.reshape(batch, rows, columns),
        restore=lambda y: y.reshape(result),
        **common,
    )


def _with_addition(product: Product, given: Given, added: str | None) -> Product:
    if added is None:
        return product
    alpha, beta, other = float(given.get("alpha", 1)), float(given.get("beta", 1)), given[added]
    if alpha == 0.0:
        raise TraceError("a product is multiplied by an alpha of 0; expected another number")
    return replace(product, added=None if beta == 0.0 else other, alpha=alpha, beta=beta)


_MAKERS: dict[str, Callable[..., Product | None]] = {
    "convolution": _convolution,
    "_convolution": _convolution,
    "convolution_overrideable": _convolution,
    "mm": _matrices("self", "mat2"),
    "addmm": _matrices("mat1", "mat2", "self"),
    "bmm": _batches("self", "mat2"),
    "baddbmm": _batches("batch1", "batch2", "self"),
    "addbmm": _sum_of_batches,
    "mv": _vector("self", "vec"),
    "addmv": _vector("mat", "vec", "self"),
    "dot": _vector("self", "tensor"),
    "mul": _outer,
}
