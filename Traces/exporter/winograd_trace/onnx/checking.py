"""Checks written files against the network: it runs again with every product recomputed from the files in float64.

Three things are compared. What flows into a layer with its stored operands; what is recomputed with what the node
returned; and the network's end with a run of the model as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..errors import TraceError
from ..layers import Layer
from ..operands import Values
from ..recomputing import ROUNDING, flow_fault, output_fault, recompute
from ..trace import Trace
from ..winograd import Array
from .flow import Flow, Known
from .graph import Graph
from .operands import layer_operands
from .operations import MOVES
from .products import Product
from .recording import Record, run_bare
from .running import FAILURES, Part, first_line, session
from .shapes import VIEWS

# Of networks with integers or halves: a step where values lie near a tie moves what follows by more than rounding of
# float32 does, and onnxruntime leaves out roundings to halves between operations that it computes in float32.
COARSE_ROUNDING = ROUNDING["bfloat16"]
# The share of integers that may differ by one step.
STEPS = 0.01
BOUNDED = 2.0**-20
QUANTIZING = ("QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "com.microsoft.QLinearAdd")


def run_whole(path: Path | None, graph: Graph, feeds: Known) -> dict[str, Array]:
    """The network's outputs as onnxruntime computes them from the file, or, without one, from the graph."""
    if path is None:
        known = {**feeds}
        return Part(graph, graph.nodes, [name for name in graph.outputs if name in graph.producers]).run(known)
    try:
        whole = session(str(path))
        names = [entry.name for entry in whole.get_outputs()]
        return dict(zip(names, whole.run(names, dict(feeds)), strict=True))
    except FAILURES as error:
        raise TraceError(f"onnxruntime refuses the model: {first_line(error)}") from None


class Check:
    """One run of a flow in which the layers of a trace stand for the network's products."""

    def __init__(
        self, graph: Graph, trace: Trace, names: Mapping[Product, str], records: Mapping[Product, Record]
    ) -> None:
        layers = {layer.name: layer for layer in trace.layers}
        self._layers = {product: layers[name] for product, name in names.items()}
        self._records = records
        self._graph = graph
        halves = (np.dtype(graph.dtypes[product.node.outputs[0]]).name == "float16" for product in names)
        self._coarse = any(halves) or any(node.op in QUANTIZING for node in graph.nodes)
        self.checked = 0

    def run(
        self, flow: Flow, feeds: Known, expected: Mapping[str, Array], progress: Callable[[int], None] | None = None
    ) -> None:
        """Raises a TraceError that names the layer, or the network's output, that is not what the network computed."""
        found = flow.run(feeds, self._multiply, None, progress)
        for name, array in found.items():
            if name in expected:
                self._compare_end(name, array, expected[name])

    def _compare_end(self, name: str, found: Array, expected: Array) -> None:
        what = f"output '{name}' of the network"
        if found.shape != expected.shape:
            raise TraceError(
                f"{what}: computed from the files it has shape {list(found.shape)}; "
                f"the model returned {list(expected.shape)}"
            )
        if found.dtype.kind != "f":
            if float(np.mean(found != expected)) > STEPS:
                raise TraceError(f"{what}: computed from the files it differs from what the model returned")
            return
        if np.isnan(expected).any():
            raise TraceError(f"{what} holds NaN")
        if np.array_equal(np.isposinf(found), np.isposinf(expected)):
            found, expected = (np.where(np.isposinf(values), 0, values) for values in (found, expected))
        if np.array_equal(np.isneginf(found), np.isneginf(expected)):
            found, expected = (np.where(np.isneginf(values), 0, values) for values in (found, expected))
        # Functions up to 1 round as 1 does, also where they are near 0.
        near = self._is_bounded(name) and float(np.abs(found - expected).max(initial=0)) <= BOUNDED
        fault = None if near else flow_fault(found, expected, self._rounding(found))
        if fault:
            raise TraceError(f"{what}: computed from the files it is not what the model returned: {fault}")

    def _is_bounded(self, name: str) -> bool:
        """Whether a value is, perhaps moved, what a function between -1 and 1 returned."""
        node = self._graph.producers.get(name)
        while node is not None and node.op in (*VIEWS, *MOVES):
            node = self._graph.producers.get(node.inputs[0])
        return node is not None and node.op in ("Sigmoid", "Softmax", "Tanh", "HardSigmoid", "Softsign", "Erf")

    def _rounding(self, array: Array) -> float:
        own = ROUNDING.get(array.dtype.name, ROUNDING["float32"])
        return max(own, COARSE_ROUNDING) if self._coarse else own

    def _multiply(self, product: Product, known: Known) -> Array:
        layer = self._layers[product]
        record = self._records[product]
        if not isinstance(layer.weights, Values) or not isinstance(layer.activations, Values):
            returned = run_bare(product, known)
            return returned if product.is_requantized else product.finish(returned, known, returned.dtype)
        self._compare_operands(product, layer, known)
        recomputed = recompute(layer)
        outputs = record.layer.outputs
        assert outputs is not None and layer.outputs is not None
        for what, returned in (("returned", outputs), ("returned, as the file has it,", layer.outputs)):
            rounding = ROUNDING.get(returned.dtype.name, ROUNDING["float32"])
            fault = output_fault(recomputed, returned, rounding)
            if fault:
                raise TraceError(
                    f"layer '{layer.name}': what its node {what} is not what its operands in the file compute: {fault}"
                )
        self.checked += 1
        data, weight = known[product.data.stored].shape, known[product.weight.stored].shape
        name = product.node.outputs[0]
        real = product.form.product(recomputed.outputs, data, weight).reshape(self._graph.shapes[name])
        made = product.finish(real, known, np.dtype(self._graph.dtypes[name]))
        if record.returned is not None:
            _compare_steps(layer, made, record.returned)
        return made

    def _compare_operands(self, product: Product, layer: Layer, known: Known) -> None:
        activations, weights = layer_operands(product, known)
        assert isinstance(layer.activations, Values) and isinstance(layer.weights, Values)
        pairs = [("activations", activations, layer.activations)]
        if product.weight.stored in self._graph.constants:
            if not np.array_equal(weights.array, layer.weights.array):
                raise TraceError(f"layer '{layer.name}': its weights in the file are not those of the model")
        else:
            pairs.append(("weights", weights, layer.weights))
        for what, flowing, stored in pairs:
            fault = flow_fault(stored.real(), flowing.real(), self._rounding(stored.real()))
            if fault:
                raise TraceError(
                    f"layer '{layer.name}': its {what} in the file are not what flows into it when the layers before "
                    f"it are computed from the file: {fault}"
                )


def _compare_steps(layer: Layer, made: Array, returned: Array) -> None:
    """Integers of a layer that rounds its sums: near ties they may differ by one step."""
    steps = np.abs(made.astype(np.int64) - returned.astype(np.int64))
    if int(steps.max(initial=0)) > 1 or float(np.mean(steps)) > STEPS:
        raise TraceError(
            f"layer '{layer.name}': its operands in the file compute integers that differ from those that its node "
            f"returned, by up to {int(steps.max())} steps; near ties they may differ by 1 in {STEPS:.0%} of the places"
        )
