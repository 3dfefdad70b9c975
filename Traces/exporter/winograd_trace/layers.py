"""One layer of a trace, and the rules that winosim requires of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .errors import TraceError
from .operands import Density, Mask, Operand, Relu, Values, check_density, check_mask, check_values
from .winograd import (
    Array,
    Matrices,
    direct_convolution,
    f2x3,
    multiply_tiles,
    tile_counts,
    transform_input,
    transform_weights,
)

Operation = Literal["convolution", "linear"]
Pair = tuple[int, int]

LARGEST = 2**40
LARGEST_TILE = 64


@dataclass(frozen=True)
class Shape:
    """The shape of a layer; a linear layer is a 1 x 1 convolution of a 1 x 1 map."""

    channels: int
    filters: int
    batch: int = 1
    height: int = 1
    width: int = 1
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def output(self) -> Pair:
        """Height and width of the output map."""
        sides = ((self.height, 0), (self.width, 1))
        height, width = (
            (side + 2 * self.padding[i] - self.dilation[i] * (self.kernel[i] - 1) - 1) // self.stride[i] + 1
            for side, i in sides
        )
        return height, width

    @property
    def dense_multiplies(self) -> int:
        """Multiplications of the dense direct convolution: N * K * Ho * Wo * C/groups * R * S."""
        return self.batch * self.filters * math.prod((*self.output, self.channels // self.groups, *self.kernel))

    def tiles(self, tile: int) -> int:
        """Output tiles of one image."""
        return math.prod(tile_counts(*self.output, tile))

    def check(self) -> None:
        """Raises a TraceError for an invalid size."""
        counts = {
            "input channels": self.channels,
            "input height": self.height,
            "input width": self.width,
            "batch": self.batch,
            "output channels": self.filters,
            "groups": self.groups,
        }
        for name in ("kernel", "stride", "dilation"):
            pair: Pair = getattr(self, name)
            counts[f"{name} height"], counts[f"{name} width"] = pair
        for what, count in counts.items():
            if not is_integer(count) or count < 1:
                raise TraceError(f"{what} is {count!r}; expected an integer of at least 1")
        for count in self.padding:
            if not is_integer(count) or count < 0:
                raise TraceError(f"padding is {count!r}; expected an integer of at least 0")
        if self.channels % self.groups or self.filters % self.groups:
            raise TraceError(f"{self.groups} groups do not divide {self.channels} channels and {self.filters} filters")
        if min(self.output) < 1:
            raise TraceError(
                f"kernel {list(self.kernel)} with dilation {list(self.dilation)} is larger than the padded input "
                f"[{self.height + 2 * self.padding[0]}, {self.width + 2 * self.padding[1]}]"
            )
        if self.dense_multiplies > LARGEST or self.batch * self.channels * self.height * self.width > LARGEST:
            raise TraceError("the layer's sizes multiply to more than 2^40")


@dataclass(frozen=True)
class Winograd:
    """The algorithm that a layer's Winograd-domain operands belong to: m, and matrices other than Cook-Toom's."""

    tile: int = 2
    matrices: Matrices | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's shape, the ReLU before its multiplications, and its operands.

    ``weights`` are [K, C/groups, R, S] (linear: [K, C]), or [K, C/groups, n, n] in the Winograd domain. ``activations``
    are [N, C, H, W] (linear: [N, C]), spatial, and before the Winograd ReLU. ``outputs`` are [N, K, Ho, Wo] (linear:
    [N, K]) before bias and activation.
    """

    name: str
    shape: Shape
    weights: Operand
    activations: Operand
    operation: Operation = "convolution"
    relu: Relu = "none"
    winograd: Winograd | None = None
    outputs: Array | None = None

    @property
    def tile(self) -> int:
        """The edge m of the output tile that Winograd-domain operands belong to."""
        return self.winograd.tile if self.winograd else 2

    @property
    def is_winograd(self) -> bool:
        """Whether an operand or the ReLU is in the Winograd domain."""
        domains = (getattr(operand, "domain", None) for operand in (self.weights, self.activations))
        return self.relu == "winograd" or "winograd" in domains

    def check(self) -> None:
        """Raises a TraceError, with the layer's name, where winosim would not accept the layer."""
        if not is_name(self.name):
            raise TraceError(f"layer name {self.name!r}; expected a non-empty string without control characters")
        try:
            self._check_form()
            self._check_weights()
            self._check_activations()
            if self.outputs is not None:
                check_values(self.outputs, self._map_shapes(self.shape.filters, *self.shape.output), "outputs")
        except TraceError as error:
            raise TraceError(f"layer '{self.name}': {error}") from None

    def multiplied_values(self) -> tuple[Array, Array]:
        """Weights and activations as they are multiplied; a TraceError where an operand has no values.

        If an operand or the ReLU is in the Winograd domain: [K, C/groups, n, n] and [N, tile rows, tile columns, C,
        n, n], after the ReLU, in float64. Otherwise spatial, as recorded.
        """
        if not isinstance(self.weights, Values) or not isinstance(self.activations, Values):
            raise TraceError(f"layer '{self.name}': an operand is a density or a mask, and has no values")
        shape = self.shape
        x = self.activations.array.reshape(shape.batch, shape.channels, shape.height, shape.width)
        w = self.weights.array
        if not self.is_winograd:
            return w.reshape(shape.filters, shape.channels // shape.groups, *shape.kernel), x
        matrices = self._matrices()
        u = w if self.weights.domain == "winograd" else transform_weights(w, matrices)
        v = transform_input(x.astype(np.float64), matrices, shape.padding)
        return u, np.maximum(v, 0.0) if self.relu == "winograd" else v

    def reference_outputs(self) -> Array:
        """The outputs [N, K, Ho, Wo] computed from the operands in float64.

        A layer that is not in the Winograd domain is computed as a direct convolution.
        """
        u, v = self.multiplied_values()
        shape = self.shape
        if not self.is_winograd:
            return direct_convolution(v, u, shape.stride, shape.padding, shape.dilation, shape.groups)
        height, width = shape.output
        return multiply_tiles(u, v, self._matrices(), shape.groups)[:, :, :height, :width]

    def output_error(self) -> float | None:
        """The largest error of ``outputs`` against the reference, as a share of the reference's largest magnitude."""
        if self.outputs is None or not isinstance(self.weights, Values) or not isinstance(self.activations, Values):
            return None
        reference = self.reference_outputs()
        largest = float(np.abs(reference).max())
        difference = float(np.abs(self.outputs.reshape(reference.shape).astype(np.float64) - reference).max())
        return difference / largest if largest > 0.0 else difference

    def _matrices(self) -> Matrices:
        if self.winograd and self.winograd.matrices:
            return self.winograd.matrices
        if (self.tile, self.shape.kernel[0]) != (2, 3):
            raise TraceError(f"layer '{self.name}': only F(2x2, 3x3) has built-in matrices; give the layer's matrices")
        return f2x3()

    def _check_form(self) -> None:
        shape = self.shape
        shape.check()
        if self.operation not in ("convolution", "linear"):
            raise TraceError(f"operation is {self.operation!r}; expected convolution or linear")
        if self.relu not in ("winograd", "spatial", "none"):
            raise TraceError(f"relu is {self.relu!r}; expected winograd, spatial or none")
        plain = Shape(shape.channels, shape.filters, shape.batch)
        if self.operation == "linear" and shape != plain:
            raise TraceError("a linear layer has a 1 x 1 map, a 1 x 1 kernel, no padding and one group")
        if self.winograd is None and not self.is_winograd:
            return
        square = shape.kernel[0] == shape.kernel[1] > 1
        if self.operation == "linear" or not square or shape.stride != (1, 1) or shape.dilation != (1, 1):
            raise TraceError("a Winograd layer is a convolution with a square kernel, stride 1 and dilation 1")
        if not is_integer(self.tile) or self.tile < 1 or (self.tile + shape.kernel[0] - 1) ** 2 > LARGEST_TILE:
            raise TraceError(
                f"Winograd tile {self.tile!r} with kernel {shape.kernel[0]}; n^2 is at most {LARGEST_TILE}"
            )
        matrices = self.winograd.matrices if self.winograd else None
        if matrices is not None:
            m, r = self.tile, shape.kernel[0]
            n = m + r - 1
            for name, expected in (("bt", (n, n)), ("at", (m, n)), ("g", (n, r))):
                matrix: Array = getattr(matrices, name)
                if matrix.shape != expected or not np.isfinite(matrix).all():
                    raise TraceError(f"matrix {name} of shape {list(matrix.shape)}; expected {list(expected)}, finite")
            if getattr(self.weights, "domain", None) == "spatial" and not matrices.computes_convolution:
                raise TraceError("the matrices do not compute a convolution, which spatial weights require")

    def _check_weights(self) -> None:
        shape, weights = self.shape, self.weights
        if isinstance(weights, Mask):
            check_mask(weights.array, shape.filters, "weight masks")
            if weights.array.shape[0] != shape.filters:
                raise TraceError(f"weight masks have {weights.array.shape[0]} rows; expected {shape.filters} filters")
            return
        self._check_domain(weights.domain, "weights")
        if isinstance(weights, Density):
            check_density(weights, ("filters", "channels", "positions"), "weights")
            return
        n = self.tile + shape.kernel[0] - 1
        edges = (n, n) if weights.domain == "winograd" else shape.kernel
        shapes: list[tuple[int, ...]] = [(shape.filters, shape.channels // shape.groups, *edges)]
        if self.operation == "linear":
            shapes.insert(0, (shape.filters, shape.channels))
        check_values(weights.array, shapes, "weights")

    def _check_activations(self) -> None:
        shape, activations = self.shape, self.activations
        if isinstance(activations, Mask):
            check_mask(activations.array, shape.groups, "activation masks")
            steps = activations.array.shape[0] // shape.groups
            if isinstance(self.weights, Mask) and self.weights.array.shape[1] != steps:
                raise TraceError(f"activation masks have {steps} steps a group, weights {self.weights.array.shape[1]}")
            return
        self._check_domain(activations.domain, "activations")
        if isinstance(activations, Density):
            winograd = activations.domain == "winograd"
            if self.relu == "winograd" and not winograd:
                raise TraceError("relu: winograd requires a density of activations in the Winograd domain")
            check_density(activations, ("channels", *(("tiles",) if winograd else ()), "positions"), "activations")
            return
        if activations.domain != "spatial":
            raise TraceError("activation values must be spatial: the inputs of the input transform, before its ReLU")
        check_values(activations.array, self._map_shapes(shape.channels, shape.height, shape.width), "activations")
        if self.relu == "spatial" and bool((activations.array < 0).any()):
            raise TraceError("relu: spatial requires rectified activations, but some are negative")

    def _check_domain(self, domain: str, what: str) -> None:
        if domain not in ("spatial", "winograd"):
            raise TraceError(f"{what} have domain {domain!r}; expected spatial or winograd")

    def _map_shapes(self, channels: int, height: int, width: int) -> list[tuple[int, ...]]:
        full = (self.shape.batch, channels, height, width)
        return [full[:2], full] if self.operation == "linear" else [full]


def is_integer(value: object) -> bool:
    """Whether a value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_name(value: object) -> bool:
    """Whether a value can name a layer or a tensor: a non-empty line of printable text."""
    return isinstance(value, str) and value != "" and value.isprintable()
