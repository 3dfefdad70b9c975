"""Seeded values in place of what ``ConstantOfShape`` makes, and seeded inputs.

A network whose weights are all one number checks nothing: every filter is the same. Weights get He's scale, so that
values keep their size from layer to layer; scales and variances of normalizations are near 1, biases near 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from onnx import numpy_helper

from ..errors import TraceError
from ..winograd import Array
from .graph import Graph, Node
from .shapes import VIEWS

SMALLEST = 0.5


def draw_weights(graph: Graph, seed: int) -> None:
    """Replaces generated weights by seeded values, according to what reads them."""
    random = np.random.default_rng(seed)
    kept: list[Node] = []
    for node in graph.nodes:
        drawn = _drawn(graph, node, random) if node.op == "ConstantOfShape" else None
        if drawn is None:
            kept.append(node)
        else:
            graph.constants[node.outputs[0]] = drawn
            graph.is_changed = True
    graph.set_nodes(kept)


def draw_inputs(graph: Graph, seed: int) -> dict[str, Array]:
    """Seeded inputs of the network's shapes: normally distributed numbers, bytes, or small integers."""
    random = np.random.default_rng(seed + 1)
    return {
        name: _input(name, np.dtype(source.dtype), graph.shapes[name], random) for name, source in graph.inputs.items()
    }


def _input(name: str, dtype: np.dtype[Any], shape: tuple[int, ...], random: np.random.Generator) -> Array:
    if dtype.kind == "f":
        return random.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return np.ones(shape, dtype)
    if dtype.name in ("int8", "uint8"):
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if dtype.kind in "iu":
        # Indices into tables and positions: 0 and 1 are valid in all of them that have two entries.
        return random.integers(0, 2, shape, dtype)
    raise TraceError(f"input '{name}' is {dtype.name}; --random draws numbers only: give it with --input")


def _drawn(graph: Graph, node: Node, random: np.random.Generator) -> Array | None:
    shape = graph.constant(node.inputs[0])
    filled = node.attributes.get("value")
    dtype = np.dtype(np.float32) if filled is None else numpy_helper.to_array(filled).dtype
    if shape is None or dtype.kind != "f":
        return None
    sizes = tuple(int(size) for size in shape)
    for reader, index in _readers(graph, node.outputs[0]):
        role = _role(graph, reader, index, sizes)
        if role == "variance":
            return (SMALLEST + random.random(sizes)).astype(dtype)
        if role == "scale":
            return (SMALLEST + random.random(sizes)).astype(dtype)
        if role == "bias":
            return (0.1 * random.standard_normal(sizes)).astype(dtype)
        if isinstance(role, int):
            values = random.standard_normal(sizes, np.float32)
            values *= np.float32(math.sqrt(2.0 / max(role, 1)))
            return values.astype(dtype, copy=False)
    return None


def _readers(graph: Graph, name: str) -> list[tuple[Node, int]]:
    """The nodes that read a value, also through views, and the index of the input."""
    found: list[tuple[Node, int]] = []
    for node in graph.consumers.get(name, []):
        if node.op in (*VIEWS, "Transpose", "Cast") and node.inputs[0] == name:
            found += _readers(graph, node.outputs[0])
        else:
            found.append((node, node.inputs.index(name)))
    return found


def _role(graph: Graph, reader: Node, index: int, sizes: tuple[int, ...]) -> int | str | None:
    """The number of products per output for weights, or what else the values are; None for other constants."""
    either = ("Add", "Sum", "Mul", "MatMul")
    if not sizes or sizes == (1,) or (index == 0 and reader.op not in either):
        return None
    if reader.op in ("Conv", "ConvTranspose") and index == 1:
        if reader.op == "Conv":
            return math.prod(sizes[1:])
        strides = int(math.prod(reader.attributes.get("strides", ())))
        return sizes[0] // int(reader.attributes.get("group", 1)) * math.prod(sizes[2:]) // strides
    if reader.op in ("Gemm", "MatMul") and index < 2:
        last = index == 0 or bool(reader.attributes.get("transB", 0)) or len(sizes) == 1
        return sizes[-1] if last else sizes[-2]
    if reader.op in ("Conv", "ConvTranspose", "Gemm", "Add", "Sum"):
        return "bias"
    if reader.op in ("BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization"):
        return ("scale", "bias", "bias", "variance")[index - 1]
    return "scale" if reader.op in ("Mul", "PRelu") else None
