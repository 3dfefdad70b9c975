"""Layers for PyTorch that can be pruned."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .winograd import f2x3


class Prunable(nn.Module):
    """A layer that multiplies by its ``weight`` where its ``mask`` is 1 and by zero elsewhere."""

    weight: Tensor
    mask: Tensor

    @property
    def kept_weight(self) -> Tensor:
        """The weights that the layer multiplies by: zero where pruned."""
        return self.weight * self.mask

    def prune(self, density: float) -> None:
        """Keeps the share ``density`` of the weights, those of largest magnitude; the others stay zero."""
        keep = max(1, round(density * self.weight.numel()))
        with torch.no_grad():
            order = self.kept_weight.abs().flatten().argsort(descending=True, stable=True)
            mask = torch.zeros(self.weight.numel())
            mask[order[:keep]] = 1.0
            self.mask.copy_(mask.reshape(self.weight.shape))
            self.weight.mul_(self.mask)


class WinogradConv2d(Prunable):
    """A 3x3 convolution with native F(2x2, 3x3) Winograd weights [K, C, 4, 4] and a ReLU after the input transform.

    Liu, Pool, Han and Dally (ICLR 2018): each tile computes ``A^T [sum over c of U * max(0, B^T d B)] A``. The weights
    are trained and pruned directly, without a spatial kernel. The transforms of a tile are one 16x16 and
    one 4x16 matrix, the Kronecker products of the one-dimensional ones.
    """

    weight: nn.Parameter
    bias: nn.Parameter
    input_matrix: Tensor
    output_matrix: Tensor

    def __init__(self, channels: int, filters: int, padding: int = 1, relu: bool = True) -> None:
        """``relu=False`` is for the first layer, whose input is the image."""
        super().__init__()
        self.padding = padding
        self.relu = relu
        matrices = f2x3()
        g = torch.from_numpy(matrices.g).float()
        spatial = torch.randn(filters, channels, 3, 3) * (2.0 / (9 * channels)) ** 0.5
        self.weight = nn.Parameter(g @ spatial @ g.T)
        self.bias = nn.Parameter(torch.zeros(filters))
        self.register_buffer("mask", torch.ones_like(self.weight))
        self.register_buffer("input_matrix", torch.from_numpy(np.kron(matrices.bt, matrices.bt)).float())
        self.register_buffer("output_matrix", torch.from_numpy(np.kron(matrices.at, matrices.at)).float())

    def product(self, x: Tensor) -> Tensor:
        """The convolution before its bias: [N, C, H, W] to [N, K, Ho, Wo]."""
        batch, channels, height, width = x.shape
        height, width = height + 2 * self.padding - 2, width + 2 * self.padding - 2
        p = self.padding
        padded = functional.pad(x, (p, p + width % 2, p, p + height % 2))
        kernel = self.input_matrix.reshape(16, 1, 4, 4)
        v = functional.conv2d(padded.reshape(-1, 1, *padded.shape[2:]), kernel, stride=2)
        rows, columns = v.shape[2:]
        if self.relu:
            v = v.relu()
        v = v.reshape(batch, channels, 16, -1).permute(2, 1, 0, 3).reshape(16, channels, -1)
        u = self.kept_weight.permute(2, 3, 0, 1).reshape(16, -1, channels)
        m = torch.bmm(u, v).reshape(16, -1)
        y = (self.output_matrix @ m).reshape(2, 2, -1, batch, rows, columns)
        return y.permute(3, 2, 4, 0, 5, 1).reshape(batch, -1, 2 * rows, 2 * columns)[:, :, :height, :width]

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
