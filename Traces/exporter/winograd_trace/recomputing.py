"""Layers' outputs in float64 from their operands, fast, and how far rounding may move what a network computed.

The operands are those of a trace that was written and read, so that a comparison with the network's own outputs checks
the files. Rounding moves an output y = sum of w * x by a share of three magnitudes: of y itself, of what was added to it
(a bias), and of q, the root of the sum of (w * x)^2, by which independent errors of the factors grow. The share is a
few times u, the relative rounding error of the datatype. Kernels that compute by Winograd or by Fourier transforms
spread errors over neighbours, so the root mean squares over a map are compared::

    rms(error) <= t * (rms(y) + |added| + rms(q)),    t = max(2^-16, 4 u)

with a floor of 2^-12 u of the largest output, below which numbers underflow. u is 2^-24 for float32, 2^-11 for float16
and TF32, 2^-8 for bfloat16. 2^-16 is 256 times u of float32: sums of 10^6 products stay far below. The smallest tenth of
a layer's weights, pruned, makes an error of 2 % of the outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .layers import Layer
from .operands import Values
from .shape import Shape
from .winograd import Array, Matrices, multiply_tiles, transform_input, transposed_convolution

SMALLEST_TOLERANCE = 2.0**-16
ROUNDING = {"float64": 2.0**-24, "float32": 2.0**-24, "float16": 2.0**-11, "tf32": 2.0**-11, "bfloat16": 2.0**-8}

_UNDERFLOW = 2.0**-12
_BLOCK = 2**16  # Elements that are compared at a time, in float64.
_BUFFER = 2**22  # Elements of the matrix in which the windows of some output rows stand side by side.


@dataclass(frozen=True, eq=False)
class Recomputed:
    """A layer's outputs in float64, and rms(q) over a map.

    ``outputs`` are [N, K, Ho, Wo], linear [N, K], matmul [B, M, N]; ``spread`` is [N, K, 1, 1], [N, K] or [B, M, N].
    """

    outputs: Array
    spread: Array


@np.errstate(invalid="ignore", divide="ignore")  # Which numpy sometimes reports of products of finite numbers.
def recompute(layer: Layer) -> Recomputed:
    """The outputs of a layer that has values; a TraceError for one of densities or masks."""
    w, x = layer.multiplied_values()
    shape = layer.shape
    if layer.operation == "matmul":
        return _product(x, w)
    if layer.operation == "linear":
        return _product(x.reshape(shape.batch, -1), w.reshape(shape.filters, -1).T)
    if layer.is_winograd:
        return _winograd(layer, w, x)
    return _transposed(shape, w, x) if shape.transposed else _direct(shape, w, x)


def tolerance(rounding: float) -> float:
    """t of a datatype's relative rounding error (``ROUNDING``)."""
    return max(SMALLEST_TOLERANCE, 4 * rounding)


def flow_tolerance(rounding: float) -> float:
    """The largest rms of an error, as a share of the rms of the values, of tensors that other operations computed.

    Those (normalization, softmax) can enlarge the rounding errors of the layers before them.
    """
    return max(2.0**-10, 2 * tolerance(rounding))


def output_fault(recomputed: Recomputed, returned: Array, rounding: float, added: Array | float = 0.0) -> str | None:
    """How what a layer returned differs from its recomputed outputs, or None where rounding explains it.

    ``returned`` are its outputs without what was ``added`` to them, which has a shape that broadcasts with theirs.
    """
    reference = recomputed.outputs
    error = np.abs(returned.reshape(reference.shape) - reference)
    axes = tuple(range(2, reference.ndim)) if reference.ndim == 4 else ()
    # Outputs that are tiny beside the others may have underflowed, as those of masked attention do.
    floor = _UNDERFLOW * rounding * float(np.abs(reference).max(initial=0.0)) + float(np.finfo(np.float32).tiny)
    allowed = tolerance(rounding) * (_rms(reference, axes) + np.abs(added) + recomputed.spread) + floor
    if bool((_rms(error, axes) <= allowed).all()):  # Which no NaN is.
        return None
    return _describe(float(error.max()), float(np.abs(returned).max()), tolerance(rounding))


def flow_fault(found: Array, expected: Array, rounding: float) -> str | None:
    """How a tensor differs from another one with as many elements, or None where rounding explains it."""
    a, b = found.reshape(-1), expected.reshape(-1)
    if np.array_equal(a, b):
        return None
    errors = squares = 0.0
    for first in range(0, a.size, _BLOCK):
        one, other = (values[first : first + _BLOCK].astype(np.float64) for values in (a, b))
        difference = one - other
        errors += float(difference @ difference)
        squares += float(other @ other)
    limit = flow_tolerance(rounding)
    if errors <= limit**2 * squares:  # Which no NaN is.
        return None
    return _describe(float(np.abs(a.astype(np.float64) - b).max()), float(np.abs(b).max()), limit)


def _describe(largest: float, reach: float, limit: float) -> str:
    share = f", {largest / reach:.2g} of it" if reach > 0 else ""
    return f"the error reaches {largest:.3g} where values reach {reach:.3g}{share}; rounding explains up to {limit:.1e}"


def _rms(values: Array, axes: tuple[int, ...]) -> Array:
    root: Array = np.sqrt(np.mean(values.astype(np.float64) ** 2, axis=axes, keepdims=True))
    return root


def _product(left: Array, right: Array) -> Recomputed:
    """[..., M, K] x [..., K, N], and q of every output; magnitudes need float32 only."""
    scales = [float(np.abs(factor).max(initial=0.0)) or 1.0 for factor in (left, right)]
    rows, squares = left.astype(np.float64), (left / scales[0]).astype(np.float32) ** 2
    outputs = np.empty((*left.shape[:-1], right.shape[-1]))
    spread = np.empty_like(outputs)
    width = max(1, _BUFFER // (right.size // right.shape[-1]))
    for first in range(0, right.shape[-1], width):  # A copy of all weights in float64 may be large.
        part = right[..., first : first + width]
        outputs[..., first : first + width] = rows @ part.astype(np.float64)
        spread[..., first : first + width] = squares @ ((part / scales[1]).astype(np.float32) ** 2)
    return Recomputed(outputs, np.sqrt(spread) * (scales[0] * scales[1]))


def _direct(shape: Shape, weights: Array, x: Array) -> Recomputed:
    """Windows of some output rows at a time as the columns of a matrix, times the filters."""
    groups, (height, width) = shape.groups, shape.output
    fan = weights[0].size
    w = weights.astype(np.float64).reshape(groups, -1, fan)
    top, left, bottom, right = shape.sides
    outputs = np.empty((shape.batch, groups, w.shape[1], height * width))
    squares = np.zeros((shape.batch, groups, fan))
    span = [shape.dilation[i] * (shape.kernel[i] - 1) + 1 for i in (0, 1)]
    rows = max(1, _BUFFER // (groups * fan * width))
    for image in range(shape.batch):
        padded = np.pad(x[image].astype(np.float64), ((0, 0), (top, bottom), (left, right)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, span, axis=(1, 2))
        windows = windows[:, :: shape.stride[0], :: shape.stride[1], :: shape.dilation[0], :: shape.dilation[1]]
        for first in range(0, height, rows):
            part = windows[:, first : first + rows].transpose(0, 3, 4, 1, 2)
            columns = part.reshape(groups, fan, -1)
            place = slice(first * width, first * width + columns.shape[2])
            outputs[image, :, :, place] = w @ columns
            squares[image] += np.einsum("gfp,gfp->gf", columns, columns)
    spread = np.einsum("gkf,ngf->ngk", w**2, squares) / (height * width)
    return Recomputed(outputs.reshape(shape.batch, -1, height, width), _map_spread(shape, spread))


def _transposed(shape: Shape, weights: Array, x: Array) -> Recomputed:
    """As in ``transposed_convolution``; q with the inputs whose products the padding cuts off."""
    form = (shape.stride, shape.padding, shape.dilation, shape.groups, shape.output_padding)
    grouped = weights.astype(np.float64).reshape(
        shape.groups, shape.channels // shape.groups, -1, math.prod(shape.kernel)
    )
    squares = (x.astype(np.float64) ** 2).sum((2, 3)).reshape(shape.batch, shape.groups, -1)
    spread = np.einsum("gckr,ngc->ngk", grouped**2, squares) / math.prod(shape.output)
    return Recomputed(transposed_convolution(x, weights, *form), _map_spread(shape, spread))


def _winograd(layer: Layer, u: Array, v: Array) -> Recomputed:
    """Transformed tiles times transformed weights; q from the squares of both and of the matrix of the outputs.

    Errors of the input transform grow with the squares of its matrix, which V alone does not show where it cancels.
    """
    shape, matrices = layer.shape, layer.matrices
    height, width = shape.output
    tiles = multiply_tiles(u, v, matrices, shape.groups)[:, :, :height, :width]
    assert isinstance(layer.activations, Values)
    squares = Matrices(matrices.bt**2, matrices.at**2, matrices.g**2)
    transformed = transform_input(layer.activations.real().astype(np.float64) ** 2, squares, shape.padding)
    mean = transformed.mean((1, 2)).reshape(shape.batch, shape.groups, -1, *v.shape[-2:])
    grouped = (u.astype(np.float64) ** 2).reshape(shape.groups, -1, *u.shape[1:])
    products = np.einsum("gkcij,ngcij->ngkij", grouped, mean)
    spread = (squares.at @ products @ squares.at.T).mean((-1, -2))
    return Recomputed(tiles, _map_spread(shape, spread))


def _map_spread(shape: Shape, squares: Array) -> Array:
    root: Array = np.sqrt(squares.reshape(shape.batch, shape.filters, 1, 1))
    return root
