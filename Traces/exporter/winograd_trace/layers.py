"""One layer of a trace, and the rules that winosim requires of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from .errors import TraceError
from .operands import (
    Density,
    Mask,
    Operand,
    Profile,
    Relu,
    Values,
    check_density,
    check_mask,
    check_quantization,
    check_values,
)
from .profiles import check_profile
from .shape import Shape, is_integer, is_name
from .winograd import (
    Array,
    Matrices,
    direct_convolution,
    f2x3,
    f4x3,
    multiply_tiles,
    transform_input,
    transform_weights,
    transposed_convolution,
)

Operation = Literal["convolution", "transposed_convolution", "linear", "matmul"]

OPERATIONS: tuple[Operation, ...] = get_args(Operation)
LARGEST_TILE = 64


@dataclass(frozen=True)
class Winograd:
    """The algorithm that a layer's Winograd-domain operands belong to: m, and matrices other than Cook-Toom's."""

    tile: int = 2
    matrices: Matrices | None = None


@dataclass(frozen=True)
class Fused:
    """One step between a layer's multiplications and its output: ``bias``, ``batch_norm``, ``add``, ``relu``, ...

    ``input`` is the producer of the other operand of an ``add``; None for one that is constant.
    """

    operation: str
    input: str | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's shape, the ReLU before its multiplications, and its operands.

    | operation | weights | activations | outputs |
    | --- | --- | --- | --- |
    | convolution | [K, C/groups, R, S], in the Winograd domain [K, C/groups, n, n] | [N, C, H, W] | [N, K, Ho, Wo] |
    | transposed_convolution | [C, K/groups, R, S] | [N, C, Hi, Wi] | [N, K, Ho, Wo] |
    | linear | [K, C] | [N, C] | [N, K] |
    | matmul | [B, K, N], the second factor | [B, M, K], the first | [B, M, N] |

    Activations are spatial and before the Winograd ReLU. ``outputs`` are those before bias and activation. ``inputs``
    are the producers of the activations (matmul: of both factors), names of network inputs, layers or operations;
    ``fused`` is what follows the multiplications, in order.
    """

    name: str
    shape: Shape
    weights: Operand
    activations: Operand
    operation: Operation = "convolution"
    relu: Relu = "none"
    winograd: Winograd | None = None
    outputs: Array | None = None
    inputs: tuple[str, ...] = ()
    fused: tuple[Fused, ...] = ()

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
                check_values(self.outputs, self._output_shapes(), "outputs")
            self._check_graph()
        except TraceError as error:
            raise TraceError(f"layer '{self.name}': {error}") from None

    def multiplied_values(self) -> tuple[Array, Array]:
        """Weights and activations as they are multiplied; a TraceError where an operand has no values.

        If an operand or the ReLU is in the Winograd domain: [K, C/groups, n, n] and [N, tile rows, tile columns, C,
        n, n], after the ReLU, in float64. Otherwise spatial, as recorded; quantized ones are the real values in
        float64. A linear layer's are [K, C, 1, 1] and [N, C, 1, 1].
        """
        if not isinstance(self.weights, Values) or not isinstance(self.activations, Values):
            raise TraceError(f"layer '{self.name}': an operand is a density or a mask, and has no values")
        shape = self.shape
        x, w = self.activations.real(), self.weights.real(self._filters)
        if self.operation == "matmul":
            return w, x
        x = x.reshape(shape.batch, shape.channels, shape.height, shape.width)
        if not self.is_winograd:
            leading = (shape.filters, shape.channels // shape.groups)
            if shape.transposed:
                leading = (shape.channels, shape.filters // shape.groups)
            return w.reshape(*leading, *shape.kernel), x
        matrices = self.matrices
        u = w if self.weights.domain == "winograd" else transform_weights(w, matrices)
        v = transform_input(x.astype(np.float64), matrices, shape.padding)
        return u, np.maximum(v, 0.0) if self.relu == "winograd" else v

    def real_weights(self) -> Array:
        """The weights' values in their own layout; quantized ones are the real values in float64."""
        if not isinstance(self.weights, Values):
            raise TraceError(f"layer '{self.name}': its weights are a density or a mask, and have no values")
        return self.weights.real(self._filters)

    def reference_outputs(self) -> Array:
        """The outputs [N, K, Ho, Wo] (matmul: [B, M, N]) computed from the operands in float64.

        A layer that is not in the Winograd domain is computed as a direct convolution. ``recompute`` is faster and computes the same.
        """
        u, v = self.multiplied_values()
        shape = self.shape
        if self.operation == "matmul":
            product: Array = v.astype(np.float64) @ u.astype(np.float64)
            return product
        form = (shape.stride, shape.padding, shape.dilation, shape.groups)
        if shape.transposed:
            return transposed_convolution(v, u, *form, shape.output_padding)
        if not self.is_winograd:
            return direct_convolution(v, u, *form)
        height, width = shape.output
        return multiply_tiles(u, v, self.matrices, shape.groups)[:, :, :height, :width]

    def nonzeros(self) -> tuple[float | None, float | None]:
        """The shares of non-zero weights and activations as stored; quantized zeros are those at the zero point.

        None for masks, which are laid out for one machine.
        """
        return _nonzeros(self.weights, self._filters), _nonzeros(self.activations, None)

    def output_error(self) -> float | None:
        """The largest error of ``outputs`` against the reference, as a share of the reference's largest magnitude."""
        if self.outputs is None or not isinstance(self.weights, Values) or not isinstance(self.activations, Values):
            return None
        reference = self.reference_outputs()
        largest = float(np.abs(reference).max())
        difference = float(np.abs(self.outputs.reshape(reference.shape).astype(np.float64) - reference).max())
        return difference / largest if largest > 0.0 else difference

    @property
    def matrices(self) -> Matrices:
        """The matrices of a Winograd layer: its own, or those of F(2x2, 3x3) or F(4x4, 3x3)."""
        if self.winograd and self.winograd.matrices:
            return self.winograd.matrices
        built_in = {(2, 3): f2x3, (4, 3): f4x3}.get((self.tile, self.shape.kernel[0]))
        if built_in is None:
            raise TraceError(
                f"layer '{self.name}': only F(2x2, 3x3) and F(4x4, 3x3) have built-in matrices; give the layer's matrices"
            )
        return built_in()

    def _check_form(self) -> None:
        shape = self.shape
        shape.check()
        if self.operation not in OPERATIONS:
            raise TraceError(f"operation is {self.operation!r}; expected {', '.join(OPERATIONS[:-1])} or matmul")
        if self.relu not in ("winograd", "spatial", "none"):
            raise TraceError(f"relu is {self.relu!r}; expected winograd, spatial or none")
        if shape.transposed != (self.operation == "transposed_convolution"):
            raise TraceError(f"a {self.operation} has a shape of transposed {shape.transposed}")
        plain = Shape(shape.channels, shape.filters, shape.batch)
        if self.operation == "linear" and shape != plain:
            raise TraceError("a linear layer has a 1 x 1 map, a 1 x 1 kernel, no padding and one group")
        if self.operation == "matmul" and shape != replace(plain, height=shape.height):
            raise TraceError("a matmul has a map of width 1, a 1 x 1 kernel, no padding and one group")
        if self.winograd is None and not self.is_winograd:
            return
        square = shape.kernel[0] == shape.kernel[1] > 1
        if self.operation != "convolution" or not square or shape.stride != (1, 1) or shape.dilation != (1, 1):
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
            self._check_masked()
            check_mask(weights.array, shape.filters, "weight masks")
            if weights.array.shape[0] != shape.filters:
                raise TraceError(f"weight masks have {weights.array.shape[0]} rows; expected {shape.filters} filters")
            return
        self._check_domain(weights.domain, "weights")
        if isinstance(weights, Profile):
            check_profile(self.operation, shape, weights, "weights")
            return
        if isinstance(weights, Density):
            check_density(weights, ("filters", "channels", "positions"), "weights")
            return
        n = self.tile + shape.kernel[0] - 1
        edges = (n, n) if weights.domain == "winograd" else shape.kernel
        shapes: list[tuple[int, ...]] = [(shape.filters, shape.channels // shape.groups, *edges)]
        if self.operation == "linear":
            shapes.insert(0, (shape.filters, shape.channels))
        if self.operation == "transposed_convolution":
            shapes = [(shape.channels, shape.filters // shape.groups, *shape.kernel)]
        if self.operation == "matmul":
            shapes = [(shape.batch, shape.channels, shape.filters)]
        check_values(weights.array, shapes, "weights")
        check_quantization(weights, shape.filters, "weights")

    def _check_activations(self) -> None:
        shape, activations = self.shape, self.activations
        if isinstance(activations, Mask):
            self._check_masked()
            check_mask(activations.array, shape.groups, "activation masks")
            steps = activations.array.shape[0] // shape.groups
            if isinstance(self.weights, Mask) and self.weights.array.shape[1] != steps:
                raise TraceError(f"activation masks have {steps} steps a group, weights {self.weights.array.shape[1]}")
            return
        self._check_domain(activations.domain, "activations")
        if isinstance(activations, Profile):
            if self.relu == "winograd" and activations.domain != "winograd":
                raise TraceError("relu: winograd requires densities of activations in the Winograd domain")
            check_profile(self.operation, shape, activations, "activations")
            return
        if isinstance(activations, Density):
            winograd = activations.domain == "winograd"
            if self.relu == "winograd" and not winograd:
                raise TraceError("relu: winograd requires a density of activations in the Winograd domain")
            check_density(activations, ("channels", *(("tiles",) if winograd else ()), "positions"), "activations")
            return
        if activations.domain != "spatial":
            raise TraceError("activation values must be spatial: the inputs of the input transform, before its ReLU")
        shapes = self._map_shapes(shape.channels, shape.height, shape.width)
        if self.operation == "matmul":
            shapes = [(shape.batch, shape.height, shape.channels)]
        check_values(activations.array, shapes, "activations")
        check_quantization(activations, None, "activations")
        zero = activations.quantization.zero_point if activations.quantization else 0
        if self.relu == "spatial" and bool((activations.array < zero).any()):
            raise TraceError("relu: spatial requires rectified activations, but some are negative")

    def _check_domain(self, domain: str, what: str) -> None:
        if domain not in ("spatial", "winograd"):
            raise TraceError(f"{what} have domain {domain!r}; expected spatial or winograd")

    def _check_masked(self) -> None:
        if self.operation not in ("convolution", "linear"):
            raise TraceError(f"a {self.operation} has masks; they are of convolutions and linear layers")

    def _check_graph(self) -> None:
        most = 2 if self.operation == "matmul" else 1
        if len(self.inputs) not in (0, most):
            raise TraceError(f"inputs are {list(self.inputs)}; a {self.operation} has {most}")
        for entry in self.fused:
            if not is_name(entry.operation) or not (entry.input is None or is_name(entry.input)):
                raise TraceError(f"fused has {entry}; expected the name of an operation, and of a producer or none")

    def _filters(self, values: Array) -> Array:
        """One number a filter, [K], in a shape that broadcasts with the weights."""
        shape = self.shape
        if self.operation == "matmul":
            return values
        if shape.transposed:
            grouped = values.reshape(shape.groups, 1, -1)
            spread = np.broadcast_to(grouped, (shape.groups, shape.channels // shape.groups, grouped.shape[2]))
            return spread.reshape(shape.channels, -1, 1, 1)
        assert isinstance(self.weights, Values)
        return values.reshape(-1, *(1 for _ in self.weights.array.shape[1:]))

    def _output_shapes(self) -> list[tuple[int, ...]]:
        if self.operation == "matmul":
            return [(self.shape.batch, self.shape.height, self.shape.filters)]
        return self._map_shapes(self.shape.filters, *self.shape.output)

    def _map_shapes(self, channels: int, height: int, width: int) -> list[tuple[int, ...]]:
        full = (self.shape.batch, channels, height, width)
        return [full[:2], full] if self.operation == "linear" else [full]


def _nonzeros(operand: Operand, filters: Callable[[Array], Array] | None) -> float | None:
    if isinstance(operand, Mask):
        return None
    if isinstance(operand, (Density, Profile)):
        return operand.density
    zero: int | Array = operand.quantization.zero_point if operand.quantization else 0
    if isinstance(zero, np.ndarray) and zero.ndim > 0 and filters is not None:
        zero = filters(zero)
    return float(np.count_nonzero(operand.array != zero)) / operand.array.size
