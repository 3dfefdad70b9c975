"""Quantized operands: what a DequantizeLinear was made from, and the faults of scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..errors import TraceError
from ..winograd import Array
from .graph import Graph, Node
from .products import Operand

# Where an operation has scales: the indices of its inputs.
SCALES = {
    "QuantizeLinear": (1,),
    "DequantizeLinear": (1,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
    "com.microsoft.QLinearAdd": (1, 4, 6),
    "com.microsoft.QLinearMul": (1, 4, 6),
}


def find_dequantized(graph: Graph) -> dict[str, Operand]:
    """For each value that a DequantizeLinear makes, the integers, scale and zero point that it is made from.

    Weights may pass a Transpose on their way; then the integers are transposed too. This is read before constants are
    folded; the graph keeps what it names.
    """
    found: dict[str, Operand] = {}
    for node in graph.nodes:
        behind = found.get(node.input(0))
        if node.op == "Transpose" and behind is not None and behind.stored in graph.constants:
            found[node.outputs[0]] = _transposed(graph, node, behind)
        if node.op == "DequantizeLinear" and not node.attributes.get("block_size", 0):
            axis = int(node.attributes.get("axis", 1))
            name = node.outputs[0]
            found[name] = Operand(name, node.inputs[0], node.inputs[1], node.input(2), axis)
    for operand in list(found.values()):
        graph.kept.update(operand.reads[1:])
    return found


def _transposed(graph: Graph, node: Node, behind: Operand) -> Operand:
    values = graph.constants[behind.stored]
    order = list(node.attributes.get("perm") or reversed(range(values.ndim)))
    stored = f"{node.outputs[0]}/integers"
    graph.constants[stored] = np.ascontiguousarray(values.transpose(order))
    axis = order.index(behind.axis % values.ndim) if -values.ndim <= behind.axis < values.ndim else 0
    return Operand(node.outputs[0], stored, behind.scale, behind.zero_point, axis)


def check_scales(nodes: Iterable[Node], values: Mapping[str, Array]) -> None:
    """Raises a TraceError for a scale that is zero, negative or not finite, with the node that has it."""
    for node in nodes:
        for index in SCALES.get(node.op, ()):
            scale = values.get(node.input(index))
            if scale is None:
                continue
            wrong = scale[~(np.isfinite(scale) & (scale > 0))]
            if wrong.size:
                raise TraceError(f"{node}: scale '{node.input(index)}' holds {wrong.flat[0]}; expected more than 0")
