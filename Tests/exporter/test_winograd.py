"""The transforms against the convolution that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import (
    TraceError,
    direct_convolution,
    f2x3,
    transform_input,
    transform_weights,
    winograd_convolution,
)


def slow_convolution(x, w, stride, padding, dilation, groups):
    """A convolution as its sum is written down."""
    batch, _, height, width = x.shape
    filters, channels, r, s = w.shape
    ho = (height + 2 * padding[0] - dilation[0] * (r - 1) - 1) // stride[0] + 1
    wo = (width + 2 * padding[1] - dilation[1] * (s - 1) - 1) // stride[1] + 1
    y = np.zeros((batch, filters, ho, wo))
    for n, k, i, j, c, a, b in np.ndindex(batch, filters, ho, wo, channels, r, s):
        row = i * stride[0] + a * dilation[0] - padding[0]
        column = j * stride[1] + b * dilation[1] - padding[1]
        if 0 <= row < height and 0 <= column < width:
            source = k // (filters // groups) * channels + c
            y[n, k, i, j] += x[n, source, row, column] * w[k, c, a, b]
    return y


@pytest.mark.parametrize("seed", range(12))
def test_direct_convolution_is_its_sum(seed):
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 3))
    x = rng.standard_normal((2, 2 * groups, int(rng.integers(5, 8)), int(rng.integers(5, 8))))
    w = rng.standard_normal((2 * groups, 2, int(rng.integers(1, 4)), int(rng.integers(1, 4))))
    stride, padding, dilation = (tuple(int(v) for v in rng.integers(low, low + 2, 2)) for low in (1, 0, 1))
    expected = slow_convolution(x, w, stride, padding, dilation, groups)
    np.testing.assert_allclose(direct_convolution(x, w, stride, padding, dilation, groups), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_winograd_of_transformed_weights_is_the_direct_convolution(seed):
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 3))
    padding = tuple(int(v) for v in rng.integers(0, 3, 2))
    x = rng.standard_normal((2, 3 * groups, int(rng.integers(4, 10)), int(rng.integers(4, 10))))
    w = rng.standard_normal((2 * groups, 3, 3, 3))
    y = winograd_convolution(x, transform_weights(w, f2x3()), f2x3(), padding, groups)
    np.testing.assert_allclose(y, direct_convolution(x, w, padding=padding, groups=groups), atol=1e-12)


def test_the_winograd_relu_stands_after_the_input_transform():
    matrices = f2x3()
    rng = np.random.default_rng(1)
    d, u = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    v = np.maximum(0, matrices.bt @ d @ matrices.bt.T)
    y = winograd_convolution(d[None, None], u[None, None], matrices, (0, 0), relu=True)
    np.testing.assert_allclose(y[0, 0], matrices.at @ (u * v) @ matrices.at.T, atol=1e-12)
    assert not np.allclose(y, winograd_convolution(d[None, None], u[None, None], matrices, (0, 0)))


def test_tiles_run_over_rows_then_columns_and_read_zeros_outside():
    x = np.arange(1.0, 26.0).reshape(1, 1, 5, 5)
    tiles = transform_input(x, f2x3(), (1, 1))
    assert tiles.shape == (1, 3, 3, 1, 4, 4)
    bt = f2x3().bt
    last_row = np.pad(x[0, 0], 1)[4:7, 2:6]
    np.testing.assert_allclose(tiles[0, 2, 1, 0], bt @ np.pad(last_row, ((0, 1), (0, 0))) @ bt.T)


def test_a_kernel_that_does_not_fit_is_an_error():
    with pytest.raises(TraceError, match="does not fit"):
        direct_convolution(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 3, 3)))
