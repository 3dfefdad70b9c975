"""Measured densities in the place of values: how the non-zeros of an operand are spread, in a few small vectors.

An element is not zero with the probability min(1, a * b). In direct form a belongs to its channel (of weights: channel
and tap), b to its filter or pixel. In the form F(m x m) of Winograd's algorithm a belongs to channel and position, b to
the filter or the tile: where zeros cluster on the map, b says so. The sums of the probabilities over each a and each b
are the numbers of non-zeros that were counted. winosim draws masks from them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import TraceError
from .layers import Layer
from .operands import Profile, Rates, Values
from .winograd import Array, Matrices, f2x3, f4x3, transform_input, transform_weights

ROUNDS = 30
CLOSE = 1e-3


def measured(layer: Layer, *, weights: bool, activations: bool) -> Layer:
    """The layer with densities in the place of its weights' values, its activations' or both, and without outputs.

    A layer whose operand has no values is a TraceError.
    """
    for wanted, operand, what in ((weights, layer.weights, "weights"), (activations, layer.activations, "activations")):
        if wanted and not isinstance(operand, Values):
            raise TraceError(f"layer '{layer.name}': its {what} have no values whose densities could be measured")
    if not weights and not activations:
        return layer
    return replace(
        layer,
        weights=_weights(layer) if weights else layer.weights,
        activations=_activations(layer) if activations else layer.activations,
        outputs=None,
    )


def fit(rows: Array, columns: Array) -> tuple[Array, Array]:
    """a and b in float32 whose min(1, a_i * b_j) add up to ``rows`` over j and to ``columns`` over i.

    Without a product above 1 that is rows * columns / total. Else both are scaled in turn until the sums are met
    (iterative proportional fitting), to a thousandth of the numbers of rows and columns.
    """
    total = float(rows.sum())
    if total == 0.0:
        return np.zeros(len(rows), np.float32), np.zeros(len(columns), np.float32)
    a, b = rows / len(columns), columns / (total / len(columns))
    if float(a.max() * b.max()) > 1.0:
        for _ in range(ROUNDS):
            found = np.minimum(1.0, np.outer(a, b)).sum(1)
            if float(np.abs(found - rows).max()) <= CLOSE * len(columns):
                break
            a = a * np.divide(rows, found, out=np.zeros_like(found), where=found > 0.0)
            found = np.minimum(1.0, np.outer(a, b)).sum(0)
            b = b * np.divide(columns, found, out=np.zeros_like(found), where=found > 0.0)
    return a.astype(np.float32), b.astype(np.float32)


def _weights(layer: Layer) -> Profile:
    real, shape = layer.real_weights(), layer.shape
    assert isinstance(layer.weights, Values)
    if layer.weights.domain == "winograd":
        return Profile(_share(real != 0), "winograd", {_form(layer.tile): _of_filters(real != 0)})
    if layer.operation == "matmul":
        kernels = real.transpose(0, 2, 1).reshape(-1, shape.channels, 1, 1)
    elif shape.transposed:
        grouped = real.reshape(shape.groups, -1, *real.shape[1:])
        kernels = np.flip(grouped.transpose(0, 2, 1, 3, 4), (3, 4)).reshape(shape.filters, -1, *shape.kernel)
    else:
        kernels = real.reshape(shape.filters, -1, *shape.kernel)
    rates = {"direct": _of_filters(kernels != 0)}
    for matrices in _transforms(layer):
        rates[_form(matrices.tile)] = _of_filters(transform_weights(kernels, matrices) != 0)
    return Profile(_share(real != 0), "spatial", rates)


def _activations(layer: Layer) -> Profile:
    assert isinstance(layer.activations, Values)
    real, shape = layer.activations.real(), layer.shape
    if layer.operation == "matmul":
        maps = real.transpose(0, 2, 1).reshape(1, -1, shape.height, 1)
    else:
        maps = real.reshape(shape.batch, shape.channels, shape.height, shape.width)
    if layer.relu == "winograd":
        positive = transform_input(maps.astype(np.float64), layer.matrices, shape.padding) > 0
        return Profile(_share(positive), "winograd", {_form(layer.tile): _of_tiles(positive)})
    nonzero = maps != 0
    if shape.transposed:
        spread = np.zeros(
            (*maps.shape[:2], *((side - 1) * s + 1 for side, s in zip(maps.shape[2:], shape.stride))), bool
        )
        spread[:, :, :: shape.stride[0], :: shape.stride[1]] = nonzero
        nonzero = spread
    a, b = fit(nonzero.sum((0, 2, 3)).astype(np.float64), nonzero.sum(1).reshape(-1).astype(np.float64))
    direct = Rates(a.reshape(-1, 1), b.reshape(nonzero.shape[0], *nonzero.shape[2:]))
    if isinstance(layer.weights, Values) and layer.weights.domain == "winograd":
        transforms = [layer.matrices]
    else:
        transforms = _transforms(layer)
    rates = {"direct": direct}
    for matrices in transforms:
        rates[_form(matrices.tile)] = _of_tiles(transform_input(maps.astype(np.float64), matrices, shape.padding) != 0)
    return Profile(_share(maps != 0), "spatial", rates)


def _of_filters(nonzero: Array) -> Rates:
    """Rates of weights [K, C/groups, r, r] or [K, C/groups, n, n]."""
    filters, channels = nonzero.shape[:2]
    a, b = fit(nonzero.sum(0).reshape(-1).astype(np.float64), nonzero.sum((1, 2, 3)).astype(np.float64))
    return Rates(a.reshape(channels, -1), b.reshape(filters))


def _of_tiles(nonzero: Array) -> Rates:
    """Rates of transformed activations [N, tile rows, tile columns, C, n, n]."""
    a, b = fit(
        nonzero.sum((0, 1, 2)).reshape(-1).astype(np.float64), nonzero.sum((3, 4, 5)).reshape(-1).astype(np.float64)
    )
    return Rates(a.reshape(nonzero.shape[3], -1), b.reshape(nonzero.shape[:3]))


def _transforms(layer: Layer) -> list[Matrices]:
    """The forms of Winograd's algorithm, F(2x2, 3x3) and F(4x4, 3x3), that compute the layer."""
    shape = layer.shape
    fits = layer.operation == "convolution" and shape.kernel == (3, 3) and shape.stride == shape.dilation == (1, 1)
    return [f2x3(), f4x3()] if fits else []


def _form(tile: int) -> str:
    return f"winograd-{tile}x{tile}"


def _share(nonzero: Array) -> float:
    return float(np.count_nonzero(nonzero)) / max(1, nonzero.size)
