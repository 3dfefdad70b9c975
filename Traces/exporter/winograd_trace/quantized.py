"""Grids that tensors of a model lie on: the scales and zero points of its quantizers, and the integers behind values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from .aten import PARTS, PERMUTATIONS, VIEWS, order_of, plain
from .errors import TraceError
from .operands import Quantization, Values, as_array
from .shape import Shape
from .winograd import Array


@dataclass(frozen=True, eq=False)
class Grid:
    """Values (q - zero_point) * scale with q from ``low`` to ``high``; one pair, or one along ``axis``."""

    scale: Array
    zero_point: Array
    low: int
    high: int
    axis: int | None = None


# Argument names of scale and zero point in the quantizers' schemas.
_QUANTIZERS = {
    "fake_quantize_per_tensor_affine": ("scale", "zero_point"),
    "fake_quantize_per_tensor_affine_cachemask": ("scale", "zero_point"),
    "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams": ("scale", "zero_point"),
    "fake_quantize_per_channel_affine": ("scale", "zero_point"),
    "fake_quantize_per_channel_affine_cachemask": ("scale", "zero_point"),
    "_fused_moving_avg_obs_fq_helper": ("scale", "zero_point"),
    "dequantize_per_tensor": ("scale", "zero_point"),
    "dequantize_per_channel": ("scales", "zero_points"),
}
# What leaves values on the grid of its operand, where that is one for the whole tensor.
_KEEPING = (
    VIEWS
    | PARTS
    | PERMUTATIONS
    | frozenset(
        [
            "relu",
            "max_pool2d_with_indices",
            "max_pool2d",
            "index",
            "index_select",
            "gather",
            "pixel_shuffle",
            "pixel_unshuffle",
            "flip",
            "roll",
            "upsample_nearest2d",
        ]
    )
)


def grid_of(name: str, given: Mapping[str, Any]) -> Grid | None:
    """The grid of a quantizer's result; None for any other call."""
    names = _QUANTIZERS.get(plain(name))
    if names is None or (plain(name).startswith("dequantize") and not name.startswith("quantized_decomposed::")):
        return None
    for key in ("fake_quant_enabled", "fake_quant_on"):
        if isinstance(given.get(key), Tensor) and not bool(given[key].any()):
            return None
    scale, zero = (as_array(part) if isinstance(part, Tensor) else np.asarray(part) for part in map(given.get, names))
    if zero.dtype == object:
        zero = np.zeros(scale.shape, np.int32)
    scale = scale.astype(np.float32)
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise TraceError(f"a quantizer ({plain(name)}) has the scale {scale.min()}; expected a number above 0")
    axis = given.get("axis", given.get("ch_axis"))
    many = scale.size > 1
    if not many:
        scale, zero = scale.reshape(()), zero.reshape(())
    return Grid(scale, zero, int(given["quant_min"]), int(given["quant_max"]), int(axis) if many else None)


def moved(name: str, given: Mapping[str, Any], grid: Grid | None) -> Grid | None:
    """The grid of a call's result whose only operand on a grid has this one; None where values may leave it."""
    kind = plain(name)
    if grid is None or (kind not in _KEEPING and not (kind == "constant_pad_nd" and given.get("value", 0) == 0)):
        return None
    if grid.axis is None:
        return grid
    source = given.get("self")
    if kind in PERMUTATIONS and isinstance(source, Tensor):
        order = order_of(name, given, source.dim())
        if order is not None:
            return Grid(grid.scale, grid.zero_point, grid.low, grid.high, order.index(grid.axis % source.dim()))
    return grid if kind in ("clone", "detach", "alias", "contiguous", "lift_fresh_copy") else None


def on_grid(array: Array, grid: Grid | None, axis: int | None, operation: str, shape: Shape) -> Values:
    """Values as the integers of their grid, or as they are if they have none that a trace can hold.

    ``axis`` is that of the tensor over filters, along which weights may have one scale a filter.
    """
    kind = None
    if grid is not None:
        kind = (
            np.uint8
            if 0 <= grid.low and grid.high <= 255
            else np.int8
            if -128 <= grid.low <= grid.high <= 127
            else None
        )
    whole = grid is not None and np.array_equal(grid.zero_point, np.round(grid.zero_point))
    if grid is None or kind is None or not whole:
        return Values.sharing(array)
    zero = grid.zero_point.astype(np.int32)
    spread: list[Array] = [np.asarray(grid.scale, np.float64), np.asarray(zero)]
    if grid.axis is not None:
        dimensions = 2 if operation == "linear" else array.ndim
        if axis is None or operation not in ("convolution", "linear", "transposed_convolution"):
            return Values.sharing(array)
        if grid.axis % dimensions != axis % dimensions or grid.scale.size != shape.filters:
            return Values.sharing(array)
        places = (shape.filters, *(1 for _ in array.shape[1:]))
        if operation == "transposed_convolution":
            if shape.groups != 1:
                return Values.sharing(array)
            places = (1, shape.filters, 1, 1)
        spread = [part.reshape(places) for part in spread]
    integers = np.round(array.astype(np.float64) / spread[0]) + spread[1]
    away = np.abs((integers - spread[1]) * spread[0] - array)
    if not ((integers >= grid.low) & (integers <= grid.high)).all() or not (away <= 1e-3 * spread[0]).all():
        return Values.sharing(array)
    stored = integers.astype(kind)
    if grid.axis is None:
        return Values.sharing(stored, quantization=Quantization(float(grid.scale), int(zero)))
    return Values.sharing(stored, quantization=Quantization(grid.scale, zero.astype(kind)))
