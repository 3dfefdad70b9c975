"""Writes and reads the layer traces that winosim simulates.

A trace is a YAML manifest and a safetensors file. ``export`` makes one of a whole PyTorch network and checks it,
``TraceWriter`` makes one from numpy arrays or PyTorch tensors, ``read_trace`` reads one, and ``winograd_trace.pytorch``
records the layers of a PyTorch model while it runs:

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

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .densities import measured
from .errors import TraceError, TraceWarning
from .graph import GraphInput, GraphOperation
from .layers import Fused, Layer, Winograd
from .network import Network
from .not_exported import NotExported
from .operands import Density, Mask, Profile, Quantization, Rates, Relu, Values
from .recomputing import recompute
from .shape import Shape
from .trace import TENSORS, VERSION, Trace, read_trace
from .winograd import (
    Matrices,
    direct_convolution,
    f2x3,
    f4x3,
    transform_input,
    transform_weights,
    transposed_convolution,
    winograd_convolution,
)
from .writer import TraceWriter

if TYPE_CHECKING:
    from .exporting import Exported

__version__ = VERSION

__all__ = [
    "Density",
    "Fused",
    "GraphInput",
    "GraphOperation",
    "Layer",
    "Mask",
    "Matrices",
    "Network",
    "NotExported",
    "Profile",
    "Quantization",
    "Rates",
    "Shape",
    "Trace",
    "TraceError",
    "TraceWarning",
    "TraceWriter",
    "Values",
    "Winograd",
    "direct_convolution",
    "export",
    "f2x3",
    "f4x3",
    "measured",
    "read_trace",
    "recompute",
    "transform_input",
    "transform_weights",
    "transposed_convolution",
    "winograd_convolution",
]


def export(
    model: Any,
    example_inputs: Any,
    path: str | Path,
    *,
    kwargs: Mapping[str, Any] | None = None,
    name: str | None = None,
    description: str = "",
    relu: Mapping[str, Relu] | None = None,
    skip_unsupported: bool = False,
    activations: Literal["values", "density"] = "values",
    weights: Literal["values", "density"] = "values",
    tensors: str = TENSORS,
    comment: str = "",
) -> Exported:
    """Runs a PyTorch model and writes it as a trace: the manifest to ``path``, the tensors beside it. Needs PyTorch.

    ``example_inputs`` is one input, a tuple of positional inputs or a mapping of keyword inputs, such as an image tensor
    [N, C, H, W]; ``kwargs`` are further keyword inputs. The model must be in evaluation mode. It is captured by
    ``torch.export``; where that refuses it, the path that these inputs take is recorded, and the summary says so.

    Every operation that multiplies becomes a layer: convolutions of one and two dimensions, transposed ones, linear
    layers and matrix products, the two of attention and those of the gates of LSTM and GRU included. A layer is named
    after its module, ``name#2`` where that multiplies again; ``relu`` overrides the ReLU before a layer's
    multiplications. Bias, batch norm, activation and residual that follow a layer are its ``fused``; every other
    operation is listed with its shapes and bytes. What depends on no input (masks, parametrizations) is computed once.

    Then the model runs again with every layer's outputs recomputed in float64 from the written files. A TraceError names
    the layer where these, or the network's end, are not what the model returned; no file is left then.

    With ``activations`` or ``weights`` ``"density"`` the files keep measured densities in the place of values (``densities``),
    a few vectors a layer, and no outputs; the check runs before, on the values.

    Multiplications that no layer can hold (3-D convolutions) are a TraceError that names them; with ``skip_unsupported``
    they are listed in the manifest and in a TraceWarning.

    >>> exported = export(model, images, "mine/trace.yaml")  # doctest: +SKIP
    >>> print(exported.summary)  # doctest: +SKIP
    """
    from .exporting import export as run

    return run(
        model,
        example_inputs,
        path,
        kwargs=kwargs,
        name=name,
        description=description,
        relu=relu,
        skip_unsupported=skip_unsupported,
        activations=activations,
        weights=weights,
        tensors=tensors,
        comment=comment,
    )
