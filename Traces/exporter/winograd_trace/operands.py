"""Where a layer's operands come from: values, densities or bit masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
class Quantization:
    """What an operand's integers q stand for: (q - zero_point) * scale. Zero is q = zero_point.

    Both are numbers, or, for weights, arrays [K] with one a filter.
    """

    scale: float | Array
    zero_point: int | Array = 0

    def __post_init__(self) -> None:
        if isinstance(self.scale, np.ndarray) or hasattr(self.scale, "detach"):
            object.__setattr__(self, "scale", as_array(self.scale).astype(np.float32))
        if isinstance(self.zero_point, np.ndarray) or hasattr(self.zero_point, "detach"):
            object.__setattr__(self, "zero_point", as_array(self.zero_point))


@dataclass(frozen=True, eq=False)
class Values:
    """A copy of a tensor's values. Weights may belong to the Winograd domain; activations and outputs are spatial.

    With a ``quantization`` the array holds int8 or uint8.
    """

    array: Array
    domain: Domain = "spatial"
    quantization: Quantization | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", as_array(self.array))

    @classmethod
    def sharing(cls, array: Array, domain: Domain = "spatial", quantization: Quantization | None = None) -> Values:
        """Values without a copy: the caller must not change the array."""
        values = object.__new__(cls)
        for key, value in (("array", array), ("domain", domain), ("quantization", quantization)):
            object.__setattr__(values, key, value)
        return values

    def reshaped(self, *shape: int) -> Values:
        """The same values in another shape, without a copy."""
        return Values.sharing(self.array.reshape(shape), self.domain, self.quantization)

    def real(self, filters: Callable[[Array], Array] | None = None) -> Array:
        """The values that the array stands for: itself, or, quantized, (q - zero_point) * scale in float64.

        ``filters`` brings one number a filter, [K], into a shape that broadcasts with the array.
        """
        if self.quantization is None:
            return self.array
        scale, zero = (
            filters(part) if isinstance(part, np.ndarray) and part.ndim > 0 and filters else part
            for part in (self.quantization.scale, self.quantization.zero_point)
        )
        real: Array = (self.array.astype(np.float64) - zero) * np.asarray(scale, np.float64)
        return real


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


@dataclass(frozen=True, eq=False)
class Rates:
    """What an element's probability min(1, a * b) of not being zero is made of, in float32 (``densities``).

    ``channels`` are a: [channels, positions or taps]; ``outer`` are b: [K] of weights, of activations [N, H, W] or [N, tile
    rows, tile columns].
    """

    channels: Array
    outer: Array


@dataclass(frozen=True, eq=False)
class Profile:
    """Measured densities: the share of non-zero elements, and by form (``direct``, ``winograd-2x2``) how they are spread."""

    density: float
    domain: Domain
    rates: Mapping[str, Rates]


Operand = Values | Density | Profile | Mask


def as_operand(given: Any) -> Operand:
    """An operand unchanged, or spatial values from anything else."""
    return given if isinstance(given, (Values, Density, Profile, Mask)) else Values(given)


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


def check_quantization(values: Values, filters: int | None, what: str) -> None:
    """Raises a TraceError unless scale and zero point can belong to the values; ``filters`` is K, None for one only."""
    quantization = values.quantization
    if quantization is None:
        return
    kind = values.array.dtype.name
    if kind not in ("int8", "uint8"):
        raise TraceError(f"{what} have dtype {kind} and a scale; quantized values are int8 or uint8")
    scale, zero = np.asarray(quantization.scale), np.asarray(quantization.zero_point)
    for name, part in (("scale", scale), ("zero_point", zero)):
        if part.shape != () and (filters is None or part.shape != (filters,)):
            expected = "one number" if filters is None else f"one number or [{filters}], one a filter"
            raise TraceError(f"{what} have a {name} of shape {list(part.shape)}; expected {expected}")
    if not (np.isfinite(scale) & (scale > 0)).all():
        found = scale.flat[int(np.argmin(np.isfinite(scale) & (scale > 0)))]
        raise TraceError(f"{what} have the scale {found}; expected a number above 0")
    limits = np.iinfo(kind)
    if zero.dtype.kind not in "iu" or not ((zero >= limits.min) & (zero <= limits.max)).all():
        found = zero.flat[0]
        raise TraceError(f"{what} have the zero_point {found}; expected integers from {limits.min} to {limits.max}")


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
