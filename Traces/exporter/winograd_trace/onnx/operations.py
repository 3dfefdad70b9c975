"""Writes down what does not multiply and belongs to no layer: pools, element-wise operations, and moves of data."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..graph import Class, GraphOperation
from .geometry import convolution_window
from .graph import Graph, Node

POOLS = (
    "MaxPool",
    "AveragePool",
    "LpPool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GlobalLpPool",
    "MaxRoiPool",
    "RoiAlign",
)
_MOVES = """
    Concat Transpose Slice Split Gather GatherElements GatherND Resize Upsample Pad Tile Expand DepthToSpace
    SpaceToDepth Scatter ScatterElements ScatterND Compress ReverseSequence CenterCropPad Col2Im GridSample OneHot
    Trilu TopK NonZero Unique MaxUnpool TensorScatter ConcatFromSequence SplitToSequence SequenceAt
    SequenceConstruct SequenceInsert Einsum
"""
MOVES = set(_MOVES.split())


def describe_operation(graph: Graph, node: Node, name: str, producers: Mapping[str, str]) -> GraphOperation:
    """The operation of a node; ``producers`` are the names of those that make values."""
    made = list(dict.fromkeys(value for value in node.inputs if value in producers))
    fixed = [value for value in dict.fromkeys(node.inputs) if value and value not in producers]
    results = [value for value in node.outputs if value]
    inputs = [graph.shape(value, node) for value in (*made, *fixed)]
    outputs = [graph.shape(value, node) for value in results]
    return GraphOperation(
        name=name,
        operation=_class(node),
        kind=node.op,
        inputs=tuple(producers[value] for value in made),
        input=tuple(inputs),
        output=tuple(outputs),
        read=sum(_bytes(graph, value, shape) for value, shape in zip((*made, *fixed), inputs, strict=True)),
        written=sum(_bytes(graph, value, shape) for value, shape in zip(results, outputs, strict=True)),
        window=_window(graph, node) if _class(node) == "pool" else None,
    )


def _class(node: Node) -> Class:
    if node.op.removeprefix("com.microsoft.Nhwc") in POOLS:
        return "pool"
    return "move" if node.op.removeprefix("com.microsoft.") in MOVES else "elementwise"


def _bytes(graph: Graph, name: str, shape: tuple[int, ...]) -> int:
    constant = graph.constant(name)
    dtype = constant.dtype if constant is not None else np.dtype(graph.dtypes.get(name, np.float32))
    return math.prod(shape) * dtype.itemsize


def _window(graph: Graph, node: Node) -> dict[str, int | list[int]] | None:
    """A pool's window over two sides; over one side it has a height of 1."""
    kernel = node.attributes.get("kernel_shape")
    sizes = graph.shape(node.inputs[0], node)[2:]
    if kernel is None or len(sizes) not in (1, 2):
        return None
    window = convolution_window(node, sizes, kernel)
    top, left, bottom, right = window.padding
    sides = [top, left] if (top, left) == (bottom, right) else [top, left, bottom, right]
    return {
        "height": window.kernel[0],
        "width": window.kernel[1],
        "stride": _shortest(list(window.stride)),
        "padding": _shortest(sides),
    }


def _shortest(sizes: list[int]) -> int | list[int]:
    return sizes[0] if len(set(sizes)) == 1 else sizes
