"""One run of the network in onnxruntime, in which every product's operands and outputs are recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import TraceError
from ..layers import Layer
from ..operands import Density, Values
from ..recomputing import recompute
from ..shape import Shape
from ..winograd import Array
from .flow import Flow, Known
from .graph import Graph
from .operands import layer_operands, refuse_not_finite
from .products import IR_VERSION, OPSET, Product
from .quantization import check_scales
from .running import Part

Kept = Literal["values", "density", "none"]


@dataclass(frozen=True, eq=False)
class Record:
    """A product that ran: its layer without name, and what its node returned, of which a check needs a copy."""

    layer: Layer
    returned: Array | None = None


class Recorder:
    """Runs products in onnxruntime and keeps their operands.

    With ``activations`` ``none`` these are dense. Densities are measured later, from the values that were checked.
    """

    def __init__(self, graph: Graph, activations: Kept) -> None:
        self.records: dict[Product, Record] = {}
        self._graph = graph
        self._activations = activations

    def run(self, flow: Flow, feeds: Known, progress: Callable[[int], None] | None) -> dict[str, Array]:
        """The network's outputs; ``records`` has its products."""
        return flow.run(feeds, self._multiply, self._observe, progress)

    def _observe(self, name: str, array: Array) -> None:
        self._graph.shapes[name] = array.shape
        self._graph.dtypes[name] = array.dtype

    def _multiply(self, product: Product, known: Known) -> Array:
        refuse_not_finite(product, known, self._graph.producers)
        check_scales([product.node], known)
        returned = run_bare(product, known)
        if returned.dtype.kind == "f" and not np.isfinite(returned).all():
            raise TraceError(f"{product.node}: its products add up to numbers that are not finite")
        activations, weights = layer_operands(product, known)
        data, weight = known[product.data.stored].shape, known[product.weight.stored].shape
        shape = product.form.shape(data, weight)
        layer = Layer(product.node.label, shape, weights, activations, product.form.operation)
        whole = self._activations != "none" and not self._is_generated(product)
        if product.is_requantized:
            outputs = recompute(layer).outputs.astype(np.float32) if whole else None
        else:
            found = product.form.outputs(returned, data, weight)
            outputs = np.ascontiguousarray(found, found.dtype if found.dtype == np.float16 else np.float32)
        self.records[product] = Record(
            Layer(
                layer.name,
                shape,
                Density(share_of(weights)) if self._is_generated(product) else weights,
                Density(1.0) if self._activations == "none" else activations,
                layer.operation,
                outputs=outputs if whole else None,
            ),
            returned if product.is_requantized and whole else None,
        )
        if product.is_requantized:
            return returned
        return product.finish(returned, known, returned.dtype)

    def _is_generated(self, product: Product) -> bool:
        return product.weight.name in self._graph.generated


def share_of(operand: Values) -> float:
    """The share of elements that are not zero."""
    return float(np.count_nonzero(operand.real())) / max(1, operand.array.size)


def run_bare(product: Product, known: Known) -> Array:
    """What the product's node returns without bias and factors."""
    node = product.bare()
    constants = {name: known[name] for name in node.inputs if name}
    graph = Graph("product", {}, [node.outputs[0]], [node], constants, {"": OPSET}, IR_VERSION)
    return Part(graph, [node], [node.outputs[0]]).run({})[node.outputs[0]]


def dense_records(graph: Graph, products: list[Product]) -> dict[Product, Record]:
    """Layers from shapes alone: activations are dense, and weights have the density that they are generated with."""
    records: dict[Product, Record] = {}
    for product in products:
        data, weight = (graph.shape(side.stored, product.node) for side in (product.data, product.weight))
        shape: Shape = product.form.shape(data, weight)
        constant = graph.constant(product.weight.stored)
        share = 1.0
        if constant is not None and product.weight.name in graph.generated:
            share = float(bool(constant.reshape(-1)[:1].any()))
        elif constant is not None:
            share = float(np.count_nonzero(constant)) / constant.size
        layer = Layer(product.node.label, shape, Density(share), Density(1.0), product.form.operation)
        records[product] = Record(layer)
    return records
