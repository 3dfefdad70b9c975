"""Finds the operations that multiply: those that become layers, and those that a trace cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from onnx import helper

from ..errors import TraceError
from ..winograd import Array
from .forms import Convolution, Form, Linear, Matmul, Stacked
from .graph import Graph, Node
from .unsupported import multiplications

# The operator set in which a layer's product runs alone; the products mean the same in all of them.
OPSET, IR_VERSION = 17, 8


@dataclass(frozen=True)
class Operand:
    """A factor: ``name`` as the operation reads it, ``stored`` as a trace holds it.

    They differ where a DequantizeLinear stands between. ``scale`` and ``zero_point`` name values; "" is 1 and 0.
    ``axis`` is the one of the stored values along which a scale or zero point changes.
    """

    name: str
    stored: str
    scale: str = ""
    zero_point: str = ""
    axis: int = 0
    integers: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the values that it needs."""
        return tuple(filter(None, (self.name, self.stored, self.scale, self.zero_point)))


@dataclass(frozen=True, eq=False)
class Product:
    """An operation that becomes a layer."""

    node: Node
    form: Form
    data: Operand
    weight: Operand
    bias: str = ""
    # What the product is multiplied by, and the bias, as Gemm has them.
    alpha: float = 1.0
    beta: float = 1.0
    # Of QLinearConv and QLinearMatMul: the scale and zero point of what they return.
    output_scale: str = ""
    output_zero_point: str = ""
    weight_first: bool = False

    @property
    def is_requantized(self) -> bool:
        """Whether the operation returns integers of a scale of their own."""
        return bool(self.output_scale)

    @property
    def is_integer(self) -> bool:
        """Whether the operation returns the sums of its integers as they are."""
        return self.data.integers and not self.is_requantized

    @property
    def reads(self) -> tuple[str, ...]:
        """Every value that the operation or its layer needs."""
        own = (*self.data.reads, *self.weight.reads, *filter(None, self.node.inputs))
        return tuple(dict.fromkeys(own))

    def bare(self) -> Node:
        """The operation without bias and factors, in the operator set OPSET; integers keep their zero points."""
        node = self.node
        if self.is_requantized or self.is_integer:
            return node
        kept = {
            key: value
            for key, value in node.attributes.items()
            if key not in ("alpha", "beta", "broadcast", "consumed_inputs")
        }
        proto = helper.make_node(node.proto.op_type, node.inputs[:2], [node.outputs[0]], name=node.label, **kept)
        return Node(node.label, node.op, tuple(node.inputs[:2]), (node.outputs[0],), kept, proto)

    def finish(self, product: Array, values: Mapping[str, Array], dtype: np.dtype[np.generic]) -> Array:
        """What the operation returns, from its product without bias: bias, factors, rounding to integers."""
        real = product if self.alpha == 1.0 else product * product.dtype.type(self.alpha)
        if self.bias:
            bias = values[self.bias].astype(product.dtype)
            if self.is_requantized:
                scales = (values[name].astype(np.float64) for name in (self.data.scale, self.weight.scale))
                bias = (bias * math.prod(scales)).astype(product.dtype)
            if isinstance(self.form, Convolution):
                bias = bias.reshape(-1, *(1 for _ in product.shape[2:]))
            real = real + (bias if self.beta == 1.0 else bias * product.dtype.type(self.beta))
        if self.is_requantized:
            return self._requantize(real, values)
        return np.rint(real).astype(dtype) if self.is_integer else real.astype(dtype)

    def _requantize(self, real: Array, values: Mapping[str, Array]) -> Array:
        zero = values[self.output_zero_point] if self.output_zero_point else np.zeros((), np.uint8)
        steps = np.rint(real.astype(np.float64) / values[self.output_scale]) + zero
        limits = np.iinfo(zero.dtype)
        return np.clip(steps, limits.min, limits.max).astype(zero.dtype)


def find_products(
    graph: Graph, dequantized: Mapping[str, Operand]
) -> tuple[list[Product], list[tuple[Node, int | None]]]:
    """The operations that become layers, and the other ones that multiply, with their multiplications if known.

    ``dequantized`` maps a value that a DequantizeLinear made to what it was made from.
    """
    found: list[Product] = []
    refused: list[tuple[Node, int | None]] = []
    for node in graph.nodes:
        try:
            product = _product(graph, node, dequantized)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, TraceError):
                raise
            raise TraceError(f"{node}: its inputs or attributes are not those of a {node.op}: {error}") from None
        if product is not None:
            found.append(product)
            continue
        count = multiplications(graph, node)
        if count != 0:
            refused.append((node, count))
    return found, refused


def _product(graph: Graph, node: Node, dequantized: Mapping[str, Operand]) -> Product | None:
    names = node.inputs
    if node.op in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        first, second = (dequantized.get(name, Operand(name, name)) for name in names[:2])
        if node.op in ("Gemm", "MatMul"):
            return _matrix_product(graph, node, first, second)
        return _convolution(graph, node, first, second, node.input(2))
    if node.op == "ConvInteger":
        first = Operand(names[0], names[0], "", node.input(2), 0, True)
        return _convolution(graph, node, first, Operand(names[1], names[1], "", node.input(3), 0, True))
    if node.op == "MatMulInteger":
        first = Operand(names[0], names[0], "", node.input(2), -2, True)
        return _matrix_product(graph, node, first, Operand(names[1], names[1], "", node.input(3), -1, True))
    if node.op in ("QLinearConv", "QLinearMatMul"):
        rows, columns = (-2, -1) if node.op == "QLinearMatMul" else (0, 0)
        first = Operand(names[0], names[0], names[1], names[2], rows, True)
        second = Operand(names[3], names[3], names[4], names[5], columns, True)
        if node.op == "QLinearMatMul":
            found: Product | None = _matrix_product(graph, node, first, second)
        else:
            found = _convolution(graph, node, first, second, node.input(8))
        return found and replace(found, output_scale=names[6], output_zero_point=names[7])
    return None


def _convolution(graph: Graph, node: Node, data: Operand, weight: Operand, bias: str = "") -> Product | None:
    """A convolution over one or two sides; None for one over more."""
    constant = graph.constant(weight.name)
    shape = graph.shapes.get(weight.name) if constant is None else constant.shape
    if shape is not None and len(shape) not in (3, 4):
        return None
    return Product(node, Convolution(node, node.op == "ConvTranspose"), data, weight, bias)


def _matrix_product(graph: Graph, node: Node, first: Operand, second: Operand) -> Product:
    """A linear layer where one factor is a constant matrix, else a product of two activations."""
    attributes = node.attributes
    transposed = (bool(attributes.get("transA", 0)), bool(attributes.get("transB", 0)))
    if _is_matrix(graph, second.name):
        found = Product(node, Linear(node, False, transposed), first, second)
    elif _is_matrix(graph, first.name):
        found = Product(node, Linear(node, True, transposed[::-1]), second, first, weight_first=True)
    elif second.name in graph.constants:
        found = Product(node, Stacked(node, False), first, second)
    elif first.name in graph.constants:
        found = Product(node, Stacked(node, True), second, first, weight_first=True)
    else:
        found = Product(node, Matmul(node, transposed), first, second)
    if node.op != "Gemm":
        return found
    alpha, beta = (float(attributes.get(key, 1.0)) for key in ("alpha", "beta"))
    return replace(found, bias=node.input(2), alpha=alpha, beta=beta)


def _is_matrix(graph: Graph, name: str) -> bool:
    array = graph.constant(name)
    return array is not None and math.prod(array.shape[:-2]) == 1


def refuse(refused: list[tuple[Node, int | None]]) -> None:
    """Raises a TraceError that names the operations that a trace cannot hold."""
    shown = [f"{node}, {'an unknown number' if count is None else f'{count:,}'}" for node, count in refused[:8]]
    more = f"; and {len(refused) - 8} more" if len(refused) > 8 else ""
    raise TraceError(
        f"{len(refused)} operation{'s' if len(refused) > 1 else ''} multiply in a way that a trace does not hold: "
        f"{'; '.join(shown)}{more} multiplications. With --skip-unsupported they are listed in the manifest instead"
    )
