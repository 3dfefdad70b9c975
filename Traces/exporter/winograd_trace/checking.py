"""Checks that a layer returned what its exported operands compute.

A layer's ``forward`` may multiply by something other than the layer's ``weight``: by a mask, by quantized weights. So
its outputs are recomputed in float64 from the exported operands, and compared filter by filter.

Rounding moves an output y = sum of w * x by a share of three magnitudes: of y itself, of the bias that was added to it,
and of q, the root of the sum of (w * x)^2, by which independent errors of the factors grow. The share is a few times
u, the relative rounding error of the datatype. Kernels that compute by Winograd or by Fourier transforms spread errors
over neighbours, so the root mean squares over a map are compared::

    rms(error) <= t * rms(|y| + |bias| + q),    t = max(2^-16, 4 u)

u is 2^-11 for float16, 2^-8 for bfloat16. float32 has 2^-24, and 2^-16 is 256 of them: sums of 10^6 products stay far
below. Where PyTorch may multiply float32 numbers of fewer bits, u is that of TF32 (2^-11) or of bfloat16. Half of the
weights pruned by magnitude makes an error of a quarter of the outputs, the smallest tenth one of 2 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from .errors import TraceError
from .layers import Layer
from .operands import Values
from .winograd import Array, Matrices, multiply_tiles, transform_input

SMALLEST_TOLERANCE = 2.0**-16
TF32_ROUNDING = 2.0**-11


def check_outputs(
    layer: Layer, returned: Array, bias: Array, datatypes: Iterable[torch.dtype], device: torch.device
) -> None:
    """Raises a TraceError, with the layer's name and the error, if the layer returned something else.

    ``returned`` are its outputs less its bias in float64. ``datatypes`` are what the layer multiplied and returned.
    """
    coarsest = max(datatypes, key=lambda datatype: torch.finfo(datatype).eps)
    tolerance = max(SMALLEST_TOLERANCE, 4 * rounding_of(coarsest, device))
    reference, spread = _recompute(layer, coarsest)
    axes = tuple(range(2, reference.ndim))
    offsets = np.abs(bias).reshape(-1, *(1 for _ in axes))
    error = np.abs(returned.reshape(reference.shape) - reference)
    allowed = tolerance * _rms(np.abs(reference) + offsets + spread, axes)
    if bool((_rms(error, axes) <= allowed).all()):
        return
    largest, outputs = float(error.max()), float(np.abs(returned).max())
    share = f", {largest / outputs:.2g} of it" if outputs > 0 else ""
    raise TraceError(
        f"layer '{layer.name}': what it returned, less its bias, is not what its weights compute: the error reaches "
        f"{largest:.3g} where outputs reach {outputs:.3g}{share}; rounding explains up to {tolerance:.1e}. Its forward "
        "multiplies by something other than its weight (a mask, quantized weights), or does more than multiply. Use "
        "torch.nn.utils.prune or a parametrization of the weight, which are supported"
    )


def _recompute(layer: Layer, datatype: torch.dtype) -> tuple[Array, Array]:
    """The outputs in float64, and q: the root of the sum of their products' squares."""
    assert isinstance(layer.weights, Values) and isinstance(layer.activations, Values)
    shape = layer.shape
    if layer.is_winograd:
        matrices = layer.matrices
        squares = Matrices(matrices.bt**2, matrices.at**2, matrices.g**2)
        v = transform_input(layer.activations.array.astype(np.float64) ** 2, squares, shape.padding)
        tiles = multiply_tiles(layer.weights.array.astype(np.float64) ** 2, v, squares, shape.groups)
        height, width = shape.output
        return layer.reference_outputs(), np.sqrt(tiles[:, :, :height, :width])
    x, w = (torch.from_numpy(operand.array).to(datatype).double() for operand in (layer.activations, layer.weights))
    # Magnitudes need no float64, only squares within the range of float32.
    scales = [max(float(factor.abs().max()), 1e-300) for factor in (x, w)]
    a, b = ((factor / scale).float() ** 2 for factor, scale in zip((x, w), scales, strict=True))
    if layer.operation == "linear":
        reference, squares_sum = functional.linear(x, w), functional.linear(a, b)
    else:
        form: Any = (None, shape.stride, shape.padding, shape.dilation, shape.groups)
        reference, squares_sum = functional.conv2d(x, w, *form), functional.conv2d(a, b, *form)
    return reference.numpy(), np.sqrt(squares_sum.double().numpy()) * (scales[0] * scales[1])


def _rms(values: Array, axes: tuple[int, ...]) -> Array:
    root: Array = np.sqrt(np.mean(values**2, axis=axes))
    return root


def rounding_of(datatype: torch.dtype, device: torch.device) -> float:
    """The relative rounding error of the numbers that are multiplied."""
    rounding = torch.finfo(datatype).eps / 2
    if datatype != torch.float32:
        return rounding
    # By default graphics processors use TF32; the CPU uses less than float32 only if that is enabled.
    try:
        allowed = {torch.get_float32_matmul_precision()}
    except RuntimeError:  # PyTorch's older and newer settings were mixed, and it does not report which applies.
        allowed = {"medium"}
    for part in ("conv", "matmul", "rnn"):
        allowed.add(getattr(getattr(torch.backends.mkldnn, part, None), "fp32_precision", "ieee"))
    if device.type == "cpu" and allowed <= {"highest", "ieee", "none"}:
        return rounding
    return torch.finfo(torch.bfloat16).eps / 2 if allowed & {"medium", "bf16"} else TF32_ROUNDING
