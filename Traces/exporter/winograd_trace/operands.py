"""Where a layer's operands come from: values, densities or bit masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .errors import TraceError
from .winograd import Array

Domain = Literal["spatial", "winograd"]
Relu = Literal["winograd", "spatial", "none"]

VALUE_DTYPES = ("float32", "float16", "int8", "uint8")
MASK_DTYPES = ("uint16", "uint64")


def as_array(tensor: Any) -> Array:
    """A contiguous copy of a numpy array or of an object with the interface of a PyTorch tensor.

    PyTorch's and ml_dtypes' bfloat16 become float32, which holds them exactly. PyTorch is not imported.
    """
    if hasattr(tensor, "detach") and hasattr(tensor, "cpu"):
        tensor = tensor.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":
            tensor = tensor.float()
        tensor = tensor.numpy()
    array = np.asarray(tensor)
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    return np.array(array, order="C", copy=True)


@dataclass(frozen=True, eq=False)
class Values:
    """A copy of a tensor's values. Weights may belong to the Winograd domain; activations and outputs are spatial."""

    array: Array
    domain: Domain = "spatial"

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", as_array(self.array))


@dataclass(frozen=True)
class Density:
    """A share of non-zero elements, which winosim draws from the trace's seed.

    ``spread`` maps ``filters``, ``channels``, ``positions`` (weights) or ``channels``, ``tiles``, ``positions``
    (activations) to the standard deviation that is added to the density from index to index.
    """

    density: float
    domain: Domain = "spatial"
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Mask:
    """Non-zero masks as the machine reads them: [K, G] of weights, [groups * G, B] of activations; uint16 or uint64."""

    array: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", as_array(self.array))


Operand = Values | Density | Mask


def as_operand(given: Any) -> Operand:
    """An operand unchanged, or spatial values from anything else."""
    return given if isinstance(given, (Values, Density, Mask)) else Values(given)


def check_values(array: Array, shapes: list[tuple[int, ...]], what: str) -> None:
    """Raises a TraceError unless the array has one of the shapes, a value dtype and finite values only."""
    if array.dtype.name not in VALUE_DTYPES:
        raise TraceError(
            f"{what} have dtype {array.dtype.name}; a trace holds float32, float16, bfloat16, int8 or uint8"
        )
    if array.shape not in shapes:
        expected = " or ".join(str(list(shape)) for shape in shapes)
        raise TraceError(f"{what} have shape {list(array.shape)}; expected {expected}")
    finite = np.isfinite(array)
    if not finite.all():
        place = [int(i) for i in np.argwhere(~finite)[0]]
        raise TraceError(f"{what} hold {array[tuple(place)]} at {place}; every value must be finite")


def check_mask(array: Array, rows: int, what: str) -> None:
    """Raises a TraceError unless the array is a two-dimensional mask whose number of rows is a multiple of ``rows``."""
    if array.dtype.name not in MASK_DTYPES:
        raise TraceError(f"{what} have dtype {array.dtype.name}; masks are uint16 or uint64")
    if array.ndim != 2 or array.size == 0 or array.shape[0] % rows != 0:
        raise TraceError(
            f"{what} have shape {list(array.shape)}; expected two dimensions, the first a multiple of {rows}"
        )


def check_density(operand: Density, spreads: tuple[str, ...], what: str) -> None:
    """Raises a TraceError unless the density lies in 0...1 and its spreads can apply."""
    if not 0.0 <= operand.density <= 1.0:
        raise TraceError(f"{what} have density {operand.density}; expected 0 to 1")
    for key, value in operand.spread.items():
        if key not in spreads:
            raise TraceError(f"{what} have a spread over '{key}'; here it can be over {', '.join(spreads)}")
        if not 0.0 <= value <= 1.0:
            raise TraceError(f"{what} have spread {key} {value}; expected 0 to 1")
