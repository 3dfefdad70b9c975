"""The transforms of all tiles of a batch as compiled loops, for training on a CPU: two sums per tile, by rows, by columns.

Numba compiles them on first use. They read and write each map and each set of tiles once; PyTorch would go over them once
a term of each sum.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from .winograd import Array


@njit(fastmath=True, inline="always")
def _sum(out: Array, parts: Array, factors: Array) -> None:
    """``out`` [L] is the sum of ``parts`` [k, L], each times its factor; k is even, and two are taken at a time."""
    first, second = factors[0], factors[1]
    for x in range(out.shape[0]):
        out[x] = first * parts[0, x] + second * parts[1, x]
    for k in range(2, len(factors), 2):
        first, second = factors[k], factors[k + 1]
        for x in range(out.shape[0]):
            out[x] += first * parts[k, x] + second * parts[k + 1, x]


@njit(fastmath=True, parallel=True, nogil=True)
def to_tiles(maps: Array, matrix: Array, step: int, relu: bool, tiles: Array) -> None:
    """``tiles`` [n, n, B, rows, columns, C] are ``matrix X matrix^T``, or its positive part, of the windows X of ``maps``.

    ``maps`` are [B, H, W, C]; ``matrix`` has n rows of w factors; a window is [w, w], ``step`` further for each tile.
    """
    n, batch, rows, columns, channels = tiles.shape[1:]
    window, width = matrix.shape[1], maps.shape[2]
    for row in prange(batch * rows):
        image, r = row // rows, row % rows
        line = np.empty(width * channels, np.float32)
        parts = np.empty((window, columns * channels), np.float32)
        source = maps[image, r * step : r * step + window].reshape(window, width * channels)
        for i in range(n):
            _sum(line, source, matrix[i])
            for k in range(window):
                for q in range(columns):
                    place = (q * step + k) * channels
                    for x in range(channels):
                        parts[k, q * channels + x] = line[place + x]
            for j in range(n):
                target = tiles[i, j, image, r].reshape(columns * channels)
                _sum(target, parts, matrix[j])
                if relu:
                    for x in range(columns * channels):
                        target[x] = max(target[x], np.float32(0))


@njit(fastmath=True, parallel=True, nogil=True)
def from_tiles(tiles: Array, gates: Array, gated: bool, matrix: Array, step: int, maps: Array) -> None:
    """``maps`` [B, H, W, C] gets the sum of ``matrix T matrix^T`` of all tiles T, each at its place; the rest is zero.

    ``tiles`` are [n, n, B, rows, columns, C]; ``matrix`` has w rows of n factors; a tile's place is [w, w], ``step``
    further for each tile. With ``gated`` a value counts only where that of ``gates``, of the same shape, is above zero.
    """
    n, batch, rows, columns, channels = tiles.shape[1:]
    window, width = matrix.shape[0], maps.shape[2]
    for image in prange(batch):
        maps[image] = np.float32(0)
        line = np.empty((n, width * channels), np.float32)
        parts = np.empty((n, columns * channels), np.float32)
        sums = np.empty(columns * channels, np.float32)
        total = np.empty(width * channels, np.float32)
        for r in range(rows):
            line[:] = np.float32(0)
            for i in range(n):
                for k in range(n):
                    part = tiles[i, k, image, r].reshape(columns * channels)
                    if gated:
                        gate = gates[i, k, image, r].reshape(columns * channels)
                        for x in range(columns * channels):
                            parts[k, x] = part[x] if gate[x] > 0 else np.float32(0)
                    else:
                        parts[k] = part
                for j in range(window):
                    _sum(sums, parts, matrix[j])
                    for q in range(columns):
                        place = (q * step + j) * channels
                        for x in range(channels):
                            line[i, place + x] += sums[q * channels + x]
            for i in range(window):
                _sum(total, line, matrix[i])
                target = maps[image, r * step + i].reshape(width * channels)
                for x in range(width * channels):
                    target[x] += total[x]
