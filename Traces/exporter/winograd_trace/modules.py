"""Layers for PyTorch that can be pruned."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .errors import TraceError
from .winograd import Matrices, f2x3, f4x3

TILES = {2: f2x3, 4: f4x3}


class Prunable(nn.Module):
    """A layer that multiplies by its ``weight`` where its ``mask`` is 1 and by zero elsewhere."""

    weight: Tensor
    mask: Tensor

    @property
    def kept_weight(self) -> Tensor:
        """The weights that the layer multiplies by: zero where pruned."""
        return self.weight * self.mask

    def prune(self, density: float, factors: Tensor | None = None) -> None:
        """Keeps the share ``density`` of the weights, those of largest magnitude; the others stay zero.

        Magnitudes are taken times ``factors``, which are broadcast to the weights.
        """
        keep = max(1, round(density * self.weight.numel()))
        with torch.no_grad():
            sizes = self.kept_weight.abs() if factors is None else self.kept_weight.abs() * factors.to(self.weight)
            order = sizes.flatten().argsort(descending=True, stable=True)
            mask = torch.zeros(self.weight.numel())
            mask[order[:keep]] = 1.0
            self.mask.copy_(mask.reshape(self.weight.shape))
            self.weight.mul_(self.mask)


class WinogradConv2d(Prunable):
    """A 3x3 convolution with native Winograd weights [K, C, n, n] and a ReLU after the input transform.

    Liu, Pool, Han and Dally (ICLR 2018): each tile computes ``A^T [sum over c of U * max(0, B^T d B)] A``, with
    F(2x2, 3x3), n = 4, or F(4x4, 3x3), n = 6. The weights are trained and pruned directly, without a spatial kernel. The
    transforms of a tile are one n^2 x n^2 and one m^2 x n^2 matrix, the Kronecker products of the one-dimensional ones.
    """

    weight: nn.Parameter
    bias: nn.Parameter
    input_matrix: Tensor
    output_matrix: Tensor

    def __init__(
        self, channels: int, filters: int, padding: int | tuple[int, int] = 1, relu: bool = True, tile: int = 2
    ) -> None:
        """``relu=False`` is for the first layer, whose input is the image; ``tile`` is m, 2 or 4."""
        super().__init__()
        if tile not in TILES:
            raise TraceError(f"a WinogradConv2d of tile {tile!r}; expected 2 or 4")
        self.padding = padding
        self.relu = relu
        self.tile = tile
        matrices = self.matrices
        g = torch.from_numpy(matrices.g).float()
        spatial = torch.randn(filters, channels, 3, 3) * (2.0 / (9 * channels)) ** 0.5
        self.weight = nn.Parameter(g @ spatial @ g.T)
        self.bias = nn.Parameter(torch.zeros(filters))
        self.register_buffer("mask", torch.ones_like(self.weight))
        self.register_buffer("input_matrix", torch.from_numpy(np.kron(matrices.bt, matrices.bt)).float())
        self.register_buffer("output_matrix", torch.from_numpy(np.kron(matrices.at, matrices.at)).float())

    @property
    def matrices(self) -> Matrices:
        """The matrices of the transforms."""
        return TILES[self.tile]()

    def transformed(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """What the weights multiply, of [N, C, H, W]: [n^2, C, N, rows x columns], after the ReLU; and rows and columns."""
        batch, channels, height, width = x.shape
        m, n = self.tile, self.tile + 2
        vertical, horizontal = self._sides
        height, width = height + 2 * vertical - 2, width + 2 * horizontal - 2
        padded = functional.pad(x, (horizontal, horizontal + -width % m, vertical, vertical + -height % m))
        kernel = self.input_matrix.reshape(n * n, 1, n, n)
        v = functional.conv2d(padded.reshape(-1, 1, *padded.shape[2:]), kernel, stride=m)
        rows, columns = v.shape[2:]
        if self.relu:
            v = v.relu()
        return v.reshape(batch, channels, n * n, -1).permute(2, 1, 0, 3), (rows, columns)

    def product(self, x: Tensor) -> Tensor:
        """The convolution before its bias: [N, C, H, W] to [N, K, Ho, Wo]."""
        batch, channels, height, width = x.shape
        m, n = self.tile, self.tile + 2
        v, (rows, columns) = self.transformed(x)
        u = self.kept_weight.permute(2, 3, 0, 1).reshape(n * n, -1, channels)
        products = torch.bmm(u, v.reshape(n * n, channels, -1)).reshape(n * n, -1)
        y = (self.output_matrix @ products).reshape(m, m, -1, batch, rows, columns)
        whole = y.permute(3, 2, 4, 0, 5, 1).reshape(batch, -1, m * rows, m * columns)
        vertical, horizontal = self._sides
        return whole[:, :, : height + 2 * vertical - 2, : width + 2 * horizontal - 2]

    @property
    def _sides(self) -> tuple[int, int]:
        return self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)

    def forward(self, x: Tensor) -> Tensor:
        """The convolution with its bias."""
        return self.product(x) + self.bias.reshape(-1, 1, 1)


class SpatialConv2d(Prunable, nn.Conv2d):
    """An ordinary 3x3 convolution of stride 1 with weights [K, C, 3, 3] that can be pruned; it has no ReLU.

    The weights have the same distribution as the kernels whose transforms initialize ``WinogradConv2d``.
    """

    bias: nn.Parameter

    def __init__(self, channels: int, filters: int, padding: int = 1) -> None:
        super().__init__(channels, filters, kernel_size=3, padding=padding)
        nn.init.normal_(self.weight, std=(2.0 / (9 * channels)) ** 0.5)
        nn.init.zeros_(self.bias)
        self.register_buffer("mask", torch.ones_like(self.weight))

    def forward(self, x: Tensor) -> Tensor:
        """The convolution with its bias: [N, C, H, W] to [N, K, Ho, Wo]."""
        return functional.conv2d(x, self.kept_weight, self.bias, padding=self.padding)
