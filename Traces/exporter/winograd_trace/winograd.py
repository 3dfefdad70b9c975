"""Winograd matrices, transforms and reference convolutions in float64.

The algorithms are those of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015): an output tile
is ``A^T [ (G g G^T) * (B^T d B) ] A``. With the Winograd ReLU of Liu, Pool, Han and Dally (ICLR 2018) the second factor
is ``max(0, B^T d B)``, and the weights are those trained in the Winograd domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import TraceError

Array = npt.NDArray[Any]
Padding = tuple[int, int] | tuple[int, int, int, int]


@dataclass(frozen=True)
class Matrices:
    """The matrices of F(m x m, r x r), with n = m + r - 1.

    ``bt`` is [n, n], ``at`` is [m, n] and ``g`` is [n, r], all float64.
    """

    bt: Array
    at: Array
    g: Array

    @property
    def tile(self) -> int:
        """The edge m of an output tile."""
        return int(self.at.shape[0])

    @property
    def kernel(self) -> int:
        """The edge r of the kernel."""
        return int(self.g.shape[1])

    @property
    def positions(self) -> int:
        """The edge n of a transformed tile."""
        return int(self.bt.shape[0])

    @property
    def is_built_in(self) -> bool:
        """Whether winosim has these matrices itself: those of F(2x2, 3x3) and F(4x4, 3x3) of Lavin and Gray."""
        built_in = {2: f2x3, 4: f4x3}.get(self.tile, f2x3)()
        return all(np.array_equal(getattr(self, key), getattr(built_in, key)) for key in ("bt", "at", "g"))

    @property
    def computes_convolution(self) -> bool:
        """Whether output i is, up to rounding, the sum over k of input i + k times tap k, as spatial weights need."""
        found = np.einsum("ip,pk,pq->ikq", self.at, self.g, self.bt)
        i, k, q = np.indices(found.shape)
        return bool(np.allclose(found, q == i + k, rtol=0.0, atol=1e-9))


def f2x3() -> Matrices:
    """F(2x2, 3x3) with the signs of Lavin and Gray, which under a Winograd ReLU decide which values are zero."""
    return Matrices(
        bt=np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], np.float64),
        at=np.array([[1, 1, 1, 0], [0, 1, -1, -1]], np.float64),
        g=np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float64),
    )


def f4x3() -> Matrices:
    """F(4x4, 3x3) of Lavin and Gray."""
    return Matrices(
        bt=np.array(
            [
                [4, 0, -5, 0, 1, 0],
                [0, -4, -4, 1, 1, 0],
                [0, 4, -4, -1, 1, 0],
                [0, -2, -1, 2, 1, 0],
                [0, 2, -1, -2, 1, 0],
                [0, 4, 0, -5, 0, 1],
            ],
            np.float64,
        ),
        at=np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float64),
        g=np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float64) / 24,
    )


def four_sides(padding: Padding) -> tuple[int, int, int, int]:
    """Padding as (top, left, bottom, right), from that or from (vertical, horizontal)."""
    return padding if len(padding) == 4 else (*padding, *padding)


def tile_counts(height: int, width: int, tile: int) -> tuple[int, int]:
    """Rows and columns of output tiles that cover an output map; the last may be partial."""
    return -(-height // tile), -(-width // tile)


def transform_input(x: Array, matrices: Matrices, padding: Padding) -> Array:
    """``B^T d B`` of every tile: [N, C, H, W] to [N, tile rows, tile columns, C, n, n]; zero outside the map."""
    m, n = matrices.tile, matrices.positions
    batch, channels, height, width = x.shape
    top, left, bottom, right = four_sides(padding)
    rows, columns = tile_counts(
        height + top + bottom - matrices.kernel + 1, width + left + right - matrices.kernel + 1, m
    )
    padded = np.zeros((batch, channels, (rows - 1) * m + n, (columns - 1) * m + n))
    source = x[:, :, : padded.shape[2] - top, : padded.shape[3] - left]
    padded[:, :, top : top + source.shape[2], left : left + source.shape[3]] = source
    windows = np.lib.stride_tricks.sliding_window_view(padded, (n, n), axis=(2, 3))[:, :, ::m, ::m]
    tiles: Array = matrices.bt @ windows @ matrices.bt.T
    return tiles.transpose(0, 2, 3, 1, 4, 5)


def transform_weights(weights: Array, matrices: Matrices) -> Array:
    """``G g G^T``: [K, C, r, r] to [K, C, n, n]."""
    transformed: Array = matrices.g @ weights.astype(np.float64) @ matrices.g.T
    return transformed


def multiply_tiles(weights: Array, tiles: Array, matrices: Matrices, groups: int = 1) -> Array:
    """``A^T [sum over c of U * V] A``: whole tiles, side by side.

    U is [K, C/groups, n, n], V is [N, tile rows, tile columns, C, n, n]; the result is [N, K, m * rows, m * columns] in
    float64. A map whose size is not a multiple of m uses a part of it.
    """
    n, m = matrices.positions, matrices.tile
    batch, rows, columns = tiles.shape[:3]
    products = []
    for u, v in zip(np.split(weights.astype(np.float64), groups), np.split(tiles, groups, axis=3), strict=True):
        filters, channels = u.shape[:2]
        left = v.reshape(-1, channels, n * n).transpose(2, 0, 1)
        right = u.reshape(filters, channels, n * n).transpose(2, 1, 0)
        products.append((left @ right).transpose(1, 2, 0).reshape(batch, rows, columns, filters, n, n))
    y = matrices.at @ np.concatenate(products, axis=3) @ matrices.at.T
    tiled: Array = y.transpose(0, 3, 1, 4, 2, 5).reshape(batch, -1, rows * m, columns * m)
    return tiled


def winograd_convolution(
    x: Array, weights: Array, matrices: Matrices, padding: Padding, groups: int = 1, relu: bool = False
) -> Array:
    """A Winograd layer from its pixels: V is ``B^T d B`` and, with ``relu``, rectified.

    ``x`` is [N, C, H, W], ``weights`` U is [K, C/groups, n, n]; the result is [N, K, Ho, Wo] in float64.
    """
    v = transform_input(x.astype(np.float64), matrices, padding)
    y = multiply_tiles(weights, np.maximum(v, 0.0) if relu else v, matrices, groups)
    sides = four_sides(padding)
    height, width = (x.shape[2 + i] + sides[i] + sides[i + 2] - matrices.kernel + 1 for i in (0, 1))
    return y[:, :, :height, :width]


def direct_convolution(
    x: Array,
    weights: Array,
    stride: tuple[int, int] = (1, 1),
    padding: Padding = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Array:
    """Cross-correlation, as in frameworks: [N, C, H, W] with [K, C/groups, R, S] gives [N, K, Ho, Wo], float64."""
    top, left, bottom, right = four_sides(padding)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    span = [dilation[i] * (weights.shape[2 + i] - 1) + 1 for i in (0, 1)]
    if padded.shape[2] < span[0] or padded.shape[3] < span[1]:
        raise TraceError(f"kernel of {span[0]} x {span[1]} does not fit the padded input {padded.shape[2:]}")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (span[0], span[1]), axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    parts = zip(np.split(windows, groups, axis=1), np.split(weights.astype(np.float64), groups), strict=True)
    return np.concatenate([np.einsum("nchwrs,kcrs->nkhw", w, g, optimize=True) for w, g in parts], axis=1)


def transposed_convolution(
    x: Array,
    weights: Array,
    stride: tuple[int, int] = (1, 1),
    padding: Padding = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    output_padding: tuple[int, int] = (0, 0),
) -> Array:
    """Every input adds its kernel to the output: [N, C, Hi, Wi] with [C, K/groups, R, S] gives [N, K, Ho, Wo], float64.

    Padding is cut off; ``output_padding`` adds rows below and columns on the right.
    """
    batch, channels, height, width = x.shape
    kernel = weights.shape[2:]
    top, left, bottom, right = four_sides(padding)
    rows, columns = (
        (side - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + output_padding[i]
        for i, side in enumerate((height, width))
    )
    whole = np.zeros((batch, groups, weights.shape[1], rows, columns))
    grouped = x.astype(np.float64).reshape(batch, groups, channels // groups, height * width)
    taps = weights.astype(np.float64).reshape(groups, channels // groups, weights.shape[1], *kernel)
    for r in range(kernel[0]):
        for s in range(kernel[1]):
            part = (taps[..., r, s].transpose(0, 2, 1) @ grouped).reshape(*whole.shape[:3], height, width)
            first, second = dilation[0] * r, dilation[1] * s
            whole[
                ...,
                first : first + (height - 1) * stride[0] + 1 : stride[0],
                second : second + (width - 1) * stride[1] + 1 : stride[1],
            ] += part
    return whole[..., top : rows - bottom, left : columns - right].reshape(
        batch, -1, rows - top - bottom, columns - left - right
    )
