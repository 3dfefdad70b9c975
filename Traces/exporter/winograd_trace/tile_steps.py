"""How a training step makes tiles of maps and maps of tiles: as compiled loops on a CPU, or as sums of slices.

Both do the same; the loops are several times faster, take float32 only, and need Numba.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from .winograd import Array


class Steps(Protocol):
    """How tiles are made of maps, and maps of tiles."""

    def to_tiles(self, maps: Tensor, matrix: Array, step: int, relu: bool, tiles: Tensor) -> None:
        """``tiles`` [n, n, B, rows, columns, C] get ``matrix X matrix^T``, or its positive part, of the windows X of ``maps``.

        ``maps`` are [B, H, W, C]; ``matrix`` is [n, w]; a window is [w, w], ``step`` further for each tile.
        """

    def from_tiles(self, tiles: Tensor, gates: Tensor | None, matrix: Array, step: int, maps: Tensor) -> None:
        """``maps`` [B, H, W, C] get the sum of ``matrix T matrix^T`` of all tiles T, each at its place; elsewhere zero.

        ``tiles`` are [n, n, B, rows, columns, C]; ``matrix`` is [w, n]; a place is [w, w], ``step`` further for each tile.
        A value counts only where its gate, if there are gates, is above zero.
        """


class SlicedSteps:
    """Sums of slices of PyTorch, on any device and in any type."""

    def to_tiles(self, maps: Tensor, matrix: Array, step: int, relu: bool, tiles: Tensor) -> None:
        """See ``Steps``."""
        n, window = matrix.shape
        vertical, horizontal = (_slices(count, step, window) for count in tiles.shape[3:5])
        for i in range(n):
            lines = combine([maps[:, span] for span in vertical], matrix[i])
            for j in range(n):
                combine([lines[:, :, span] for span in horizontal], matrix[j], tiles[i, j])
        if relu:
            tiles.relu_()

    def from_tiles(self, tiles: Tensor, gates: Tensor | None, matrix: Array, step: int, maps: Tensor) -> None:
        """See ``Steps``."""
        window, n = matrix.shape
        if gates is not None:
            torch.ops.aten.threshold_backward.grad_input(tiles, gates, 0, grad_input=tiles)
        vertical, horizontal = (_slices(count, step, window) for count in tiles.shape[3:5])
        maps.zero_()
        for i in range(n):
            line = maps.new_zeros(maps.shape[0], tiles.shape[3], *maps.shape[2:])
            for j, span in enumerate(horizontal):
                line[:, :, span] += combine([tiles[i, k] for k in range(n)], matrix[j])
            for k, span in enumerate(vertical):
                if matrix[k, i]:
                    maps[:, span].add_(line, alpha=float(matrix[k, i]))


class CompiledSteps:
    """The loops of ``tile_loops``, for float32 on a CPU."""

    def __init__(self, loops: Any, threads: Any) -> None:
        self._loops = loops
        self._set_threads = threads

    def to_tiles(self, maps: Tensor, matrix: Array, step: int, relu: bool, tiles: Tensor) -> None:
        """See ``Steps``."""
        self._set_threads(torch.get_num_threads())
        self._loops.to_tiles(maps.numpy(), _factors(matrix), step, relu, tiles.numpy())

    def from_tiles(self, tiles: Tensor, gates: Tensor | None, matrix: Array, step: int, maps: Tensor) -> None:
        """See ``Steps``."""
        self._set_threads(torch.get_num_threads())
        values = tiles.numpy()
        gating = values if gates is None else gates.numpy()
        self._loops.from_tiles(values, gating, gates is not None, _factors(matrix), step, maps.numpy())


def steps_for(values: Tensor) -> Steps:
    """The fastest steps for tensors like this one."""
    compiled = _compiled() if values.device.type == "cpu" and values.dtype == torch.float32 else None
    return compiled or SlicedSteps()


@cache
def _compiled() -> CompiledSteps | None:
    try:
        numba = importlib.import_module("numba")
    except ModuleNotFoundError:
        return None
    return CompiledSteps(importlib.import_module(".tile_loops", __package__), numba.set_num_threads)


def _factors(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix, np.float32)


def combine(parts: Sequence[Tensor], coefficients: Array, out: Tensor | None = None) -> Tensor:
    """The sum of tensors of one shape, each times its coefficient; ``out`` takes it. Zero coefficients cost nothing."""
    terms = [(part, float(factor)) for part, factor in zip(parts, coefficients, strict=True) if factor]
    terms.sort(key=lambda term: term[1] != 1.0)  # A first coefficient of 1 saves a pass over the values.
    (first, factor), *others = terms
    if not others:
        return torch.mul(first, factor, out=out)
    (second, alpha), *others = others
    total = torch.add(first if factor == 1.0 else first * factor, second, alpha=alpha, out=out)
    for part, alpha in others:
        total.add_(part, alpha=alpha)
    return total


def _slices(count: int, m: int, n: int) -> list[slice]:
    """For each of a tile's n lines, that line of all ``count`` tiles."""
    return [slice(k, k + (count - 1) * m + 1, m) for k in range(n)]
