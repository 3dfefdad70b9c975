"""Writes and reads the layer traces that winosim simulates.

A trace is a YAML manifest and a safetensors file. ``TraceWriter`` makes one from numpy arrays or PyTorch tensors,
``read_trace`` reads one, and ``winograd_trace.pytorch`` records a PyTorch model while it runs:

    from winograd_trace import TraceWriter, Values

    writer = TraceWriter(model="mine", description="one line", framework="torch 2.13.0")
    writer.convolution(
        "conv2",
        weights=Values(u, domain="winograd"),  # [K, C, 4, 4], as trained and pruned
        activations=x,                         # [N, C, H, W], before the Winograd ReLU
        outputs=y,                             # [N, K, Ho, Wo], before bias and activation; for --verify
        padding=1,
        relu="winograd",
    )
    writer.write("mine/trace.yaml")
"""

from .errors import TraceError, TraceWarning
from .layers import Layer, Shape, Winograd
from .not_exported import NotExported
from .operands import Density, Mask, Values
from .trace import VERSION, Trace, read_trace
from .winograd import (
    Matrices,
    direct_convolution,
    f2x3,
    transform_input,
    transform_weights,
    winograd_convolution,
)
from .writer import TraceWriter

__version__ = VERSION

__all__ = [
    "Density",
    "Layer",
    "Mask",
    "Matrices",
    "NotExported",
    "Shape",
    "Trace",
    "TraceError",
    "TraceWarning",
    "TraceWriter",
    "Values",
    "Winograd",
    "direct_convolution",
    "f2x3",
    "read_trace",
    "transform_input",
    "transform_weights",
    "winograd_convolution",
]
