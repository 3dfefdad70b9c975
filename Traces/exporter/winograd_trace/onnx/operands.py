"""Brings the values that a product reads into the form of a layer's operands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import TraceError
from ..operands import Quantization, Values
from ..winograd import Array
from .forms import Convolution
from .products import Operand, Product

Known = Mapping[str, Array]

BYTES = ("int8", "uint8")
NARROW = {"int4": np.int8, "uint4": np.uint8, "int2": np.int8, "uint2": np.uint8}
KEPT = (*BYTES, "float16", "float32")


def layer_operands(product: Product, known: Known) -> tuple[Values, Values]:
    """The layer's activations and weights, without a copy where the values lie as a trace has them."""
    data, first = _stored(product.data, known, None)
    axis = product.form.filter_axis(np.ndim(known[product.weight.stored]))
    weight, second = _stored(product.weight, known, axis)
    if second is not None and isinstance(product.form, Convolution):
        second = _per_filter(product, second, known[product.data.stored].shape, weight.shape)
    activations, weights = product.form.operands(data, weight)
    return Values.sharing(_kept(activations), quantization=first), Values.sharing(_kept(weights), quantization=second)


def _stored(operand: Operand, known: Known, filter_axis: int | None) -> tuple[Array, Quantization | None]:
    """Integers with their quantization where a trace can hold it, else the real values."""
    values = known[operand.stored]
    values = values.astype(NARROW[values.dtype.name]) if values.dtype.name in NARROW else values
    if not operand.integers and operand.stored == operand.name:
        return values, None
    scale = known[operand.scale] if operand.scale else np.ones((), np.float32)
    zero = known[operand.zero_point] if operand.zero_point else np.zeros((), values.dtype)
    zero = zero.astype(NARROW[zero.dtype.name]) if zero.dtype.name in NARROW else zero
    if values.dtype.name in BYTES:
        if scale.size == zero.size == 1:
            return values, Quantization(float(scale.reshape(())), int(zero.reshape(())))
        if filter_axis is not None and operand.axis % values.ndim == filter_axis and max(scale.ndim, zero.ndim) == 1:
            count = values.shape[filter_axis]
            spread = (np.broadcast_to(part.reshape(-1), (count,)) for part in (scale, zero))
            return values, Quantization(*spread)
    if not operand.integers:
        return known[operand.name], None
    along = [1] * values.ndim
    along[operand.axis] = -1
    parts = (part.astype(np.float64).reshape(along if part.ndim == 1 else part.shape) for part in (zero, scale))
    first, second = parts
    return ((values.astype(np.float64) - first) * second).astype(np.float32), None


def _per_filter(
    product: Product, quantization: Quantization, data: tuple[int, ...], weight: tuple[int, ...]
) -> Quantization:
    """One number a filter also where the weights count filters of one group only, as those of ConvTranspose do."""
    shape = product.form.shape(data, weight)
    scale, zero = quantization.scale, quantization.zero_point
    if not isinstance(scale, np.ndarray) or not isinstance(zero, np.ndarray):
        return quantization
    return Quantization(np.tile(scale, shape.filters // scale.size), np.tile(zero, shape.filters // zero.size))


def _kept(array: Array) -> Array:
    """The array in a type that a trace holds: other numbers become float32."""
    if array.dtype.name not in KEPT:
        array = array.astype(np.float32)
    return np.ascontiguousarray(array)


def refuse_not_finite(product: Product, known: Known, made_by: Mapping[str, object]) -> None:
    """Raises a TraceError that names the node and the place of a NaN or an infinite number among what it multiplies."""
    for operand in (product.data, product.weight):
        values = known[operand.stored]
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            place = [int(i) for i in np.argwhere(~finite)[0]]
            source = made_by.get(operand.stored)
            origin = f", which {source} made," if source else ""
            raise TraceError(
                f"{product.node}: its operand '{operand.stored}'{origin} holds {values[tuple(place)]} at {place}; "
                "every value must be finite"
            )
