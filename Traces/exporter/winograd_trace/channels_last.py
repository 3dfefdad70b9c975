"""The Winograd layer for long training: the same numbers as ``WinogradConv2d``, with channels innermost in memory.

The transforms of a tile are sums of slices of the map, a row of pixels with all their channels at a time. So nothing is
gathered or transposed: the products read what the input transform writes, and the output transform writes the map. Of
what the forward pass computes only the transformed activations are kept for the backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .modules import TILES, WinogradConv2d
from .winograd import Array


class ChannelsLastWinogradConv2d(WinogradConv2d):
    """``WinogradConv2d`` for maps in PyTorch's memory format ``channels_last``; others are copied into it."""

    def product(self, x: Tensor) -> Tensor:
        """The convolution before its bias: [N, C, H, W] to [N, K, Ho, Wo], the result in ``channels_last``."""
        m, n = self.tile, self.tile + 2
        vertical, horizontal = self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)
        height, width = x.shape[2] + 2 * vertical - 2, x.shape[3] + 2 * horizontal - 2
        sides = (0, 0, horizontal, horizontal + -width % m, vertical, vertical + -height % m)
        padded = functional.pad(x.permute(0, 2, 3, 1), sides).contiguous()
        filters, channels = self.weight.shape[:2]
        u = self.kept_weight.permute(2, 3, 1, 0).reshape(n * n, channels, filters)
        y: Tensor = _Tiles.apply(padded, u, m, self.relu)  # type: ignore[no-untyped-call]
        return y[:, :height, :width].permute(0, 3, 1, 2)


class _Tiles(torch.autograd.Function):
    """All tiles of a padded map [N, H, W, C] with weights [n^2, C, K]: [N, m * rows, m * columns, K]."""

    @staticmethod
    def forward(ctx: Any, padded: Tensor, u: Tensor, m: int, relu: bool) -> Tensor:
        """``A^T [U * max(0, B^T d B)] A``, or without the maximum."""
        matrices, n = TILES[m](), m + 2
        batch, height, width, channels = padded.shape
        rows, columns = (height - 2) // m, (width - 2) // m
        v = padded.new_empty(n, n, batch, rows, columns, channels)
        vertical, horizontal = _slices(rows, m, n), _slices(columns, m, n)
        for i in range(n):
            lines = combine([padded[:, span] for span in vertical], matrices.bt[i])
            for j in range(n):
                combine([lines[:, :, span] for span in horizontal], matrices.bt[j], v[i, j])
        v = v.reshape(n * n, -1, channels)
        if relu:
            v.relu_()
        products = torch.bmm(v, u).reshape(n, n, batch, rows, columns, -1)
        y = padded.new_empty(batch, rows, m, columns, m, u.shape[2])
        for j in range(m):
            lines_of_tile = [combine([products[i, k] for k in range(n)], matrices.at[j]) for i in range(n)]
            for i in range(m):
                combine(lines_of_tile, matrices.at[i], y[:, :, i, :, j])
        ctx.save_for_backward(u, v)
        ctx.form = (tuple(padded.shape), m, relu)
        return y.reshape(batch, rows * m, columns * m, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The adjoints of the three steps, in reverse; a value that the ReLU made zero passes no gradient."""
        u, v = ctx.saved_tensors
        (batch, height, width, channels), m, relu = ctx.form
        matrices, n = TILES[m](), m + 2
        rows, columns = (height - 2) // m, (width - 2) // m
        outer = gradients[0].contiguous().reshape(batch, rows, m, columns, m, -1)
        spread = outer.new_empty(n, n, batch, rows, columns, outer.shape[-1])
        for i in range(n):
            lines = [combine([outer[:, :, k, :, j] for k in range(m)], matrices.at[:, i]) for j in range(m)]
            for j in range(n):
                combine(lines, matrices.at[:, j], spread[i, j])
        products = spread.reshape(n * n, -1, outer.shape[-1])
        weights = torch.bmm(v.transpose(1, 2), products)
        if not ctx.needs_input_grad[0]:
            return None, weights, None, None
        tiles = torch.bmm(products, u.transpose(1, 2))
        if relu:
            torch.ops.aten.threshold_backward.grad_input(tiles, v, 0, grad_input=tiles)
        tiles = tiles.reshape(n, n, batch, rows, columns, channels)
        padded = outer.new_zeros(batch, height, width, channels)
        for i in range(n):
            line = outer.new_zeros(batch, rows, width, channels)
            for j, span in enumerate(_slices(columns, m, n)):
                line[:, :, span] += combine([tiles[i, k] for k in range(n)], matrices.bt[:, j])
            for k, span in enumerate(_slices(rows, m, n)):
                if matrices.bt[i, k]:
                    padded[:, span].add_(line, alpha=float(matrices.bt[i, k]))
        return padded, weights, None, None


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
