"""A PyTorch layer that has run, as a layer of a trace, with a check of its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .checking import check_outputs
from .errors import TraceError
from .layers import Winograd
from .modules import Prunable, WinogradConv2d
from .operands import Relu, Values, as_array
from .winograd import Array
from .writer import TraceWriter


def read_run(
    writer: TraceWriter,
    name: str,
    module: nn.Module,
    inputs: tuple[Any, ...],
    returned: Any,
    relu: Relu | None,
    multiplied: torch.dtype | None,
) -> None:
    """Adds a layer to the writer; raises a TraceError if a trace cannot describe it, or its outputs differ.

    ``inputs`` and ``returned`` are those of its ``forward``. ``multiplied`` is the datatype of its products, which
    under autocast is not that of its weights.
    """
    if not inputs:
        raise TraceError(f"layer '{name}': it ran without an input")
    x = _values(name, "its input", inputs[0])
    y = _values(name, "what it returned", returned, torch.float64)
    weight = _values(name, "its weight", module.kept_weight if isinstance(module, Prunable) else module.weight)
    if x.size == 0:
        raise TraceError(f"layer '{name}': it ran on an empty input, {list(x.shape)}")
    bias = np.zeros(len(weight))
    if getattr(module, "bias", None) is not None:
        bias = _values(name, "its bias", module.bias, torch.float64)
        if bias.shape != weight.shape[:1]:
            raise TraceError(f"layer '{name}': its bias has shape {list(bias.shape)}; expected [{len(weight)}]")
    said: Relu = relu or ("spatial" if bool((x >= 0).all()) else "none")
    if isinstance(module, nn.Linear):
        expected = (*x.shape[:-1], len(weight))
        if y.shape != expected:
            raise TraceError(f"layer '{name}': it returned shape {list(y.shape)}; expected {list(expected)}")
        x, y = x.reshape(-1, x.shape[-1]), y.reshape(-1, len(weight)) - bias
        writer.linear(name, weights=weight, activations=x, outputs=y.astype(np.float32), relu=said)
    else:
        if x.ndim == 3:  # One image without a batch.
            x, y = x[np.newaxis], y[np.newaxis]
        y = y - bias[:, np.newaxis, np.newaxis]
        given: dict[str, Any] = {"activations": x, "outputs": y.astype(np.float32)}
        if isinstance(module, WinogradConv2d):
            given |= {"weights": Values(weight, domain="winograd"), "padding": module.padding}
            given |= {"relu": relu or ("winograd" if module.relu else "none")}
            given |= {"winograd": Winograd(module.tile) if module.tile != 2 else None}
        else:
            assert isinstance(module, nn.Conv2d)
            given |= {"weights": weight, "padding": _padding(name, module), "relu": said}
            given |= {key: getattr(module, key) for key in ("stride", "dilation", "groups")}
        writer.convolution(name, **given)
    datatypes = [returned.dtype, multiplied or module.weight.dtype]
    check_outputs(writer.layers[-1], y, bias, datatypes, returned.device)


def _padding(name: str, module: nn.Conv2d) -> tuple[int, int]:
    """Rows and columns of zeros on each side."""
    if isinstance(module.padding, str):
        spans = [module.dilation[i] * (module.kernel_size[i] - 1) for i in (0, 1)]
        if module.padding == "valid":
            spans = [0, 0]
        if any(span % 2 for span in spans):
            places = ", ".join(f"{span // 2} before and {span - span // 2} after" for span in spans)
            raise TraceError(
                f"layer '{name}': padding 'same' of kernel {list(module.kernel_size)} pads rows and columns with "
                f"{places}; a trace requires equal sides: pad with nn.ZeroPad2d and use padding 0 in the layer"
            )
        padding = spans[0] // 2, spans[1] // 2
    else:
        padding = module.padding[0], module.padding[1]
    if module.padding_mode != "zeros" and any(padding):
        raise TraceError(
            f"layer '{name}': it pads with padding_mode '{module.padding_mode}'; expected zeros: use a padding module "
            "before it"
        )
    return padding


def _values(name: str, what: str, tensor: Any, datatype: torch.dtype | None = None) -> Array:
    """A tensor's values in a datatype; by default float16 if they are, else float32."""
    if not isinstance(tensor, Tensor):
        raise TraceError(f"layer '{name}': {what} is of type {type(tensor).__name__}; expected a tensor")
    if tensor.layout != torch.strided or tensor.is_nested:
        layout = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
        raise TraceError(f"layer '{name}': {what} has the layout {layout}; expected strided, a dense tensor")
    if not tensor.is_floating_point():
        found = str(tensor.dtype).removeprefix("torch.")
        raise TraceError(f"layer '{name}': {what} is {found}; expected real floating-point numbers")
    try:
        if datatype is None:
            datatype = torch.float16 if tensor.dtype == torch.float16 else torch.float32
        return as_array(tensor.detach().cpu().to(datatype))
    except (RuntimeError, NotImplementedError, TypeError) as error:
        kind = type(tensor).__name__
        raise TraceError(f"layer '{name}': {what}, a {kind} on {tensor.device}, has no values: {error}") from None
