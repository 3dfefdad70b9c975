"""The Winograd layer for long training: the same numbers as ``WinogradConv2d``, with channels innermost in memory.

Nothing is gathered or transposed: the products read what the input transform writes, and the output transform writes the
map. Of what the forward pass computes only the transformed activations are kept for the backward pass.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .modules import TILES, WinogradConv2d
from .tile_steps import steps_for

IMAGES = 32


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
        steps, matrices, n = steps_for(padded), TILES[m](), m + 2
        batch, height, width, channels = padded.shape
        rows, columns = (height - 2) // m, (width - 2) // m
        v = padded.new_empty(n, n, batch, rows, columns, channels)
        steps.to_tiles(padded, matrices.bt, m, relu, v)
        products = torch.bmm(v.reshape(n * n, -1, channels), u).reshape(*v.shape[:5], -1)
        y = padded.new_empty(batch, rows * m, columns * m, u.shape[2])
        steps.from_tiles(products, None, matrices.at, m, y)
        ctx.save_for_backward(u, v)
        ctx.form = (padded.shape, m, relu)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The adjoints of the three steps, in reverse; a value that the ReLU made zero passes no gradient."""
        u, v = ctx.saved_tensors
        shape, m, relu = ctx.form
        outer, n = gradients[0].contiguous(), m + 2
        steps, matrices = steps_for(outer), TILES[m]()
        spread = outer.new_empty(*v.shape[:5], outer.shape[-1])
        steps.to_tiles(outer, matrices.at.T, m, False, spread)
        products = spread.reshape(n * n, -1, outer.shape[-1])
        weights = torch.bmm(v.reshape(n * n, -1, v.shape[-1]).transpose(1, 2), products)
        if not ctx.needs_input_grad[0]:
            return None, weights, None, None
        tiles = torch.bmm(products, u.transpose(1, 2)).reshape(v.shape)
        padded = outer.new_empty(shape)
        steps.from_tiles(tiles, v if relu else None, matrices.bt.T, m, padded)
        return padded, weights, None, None
