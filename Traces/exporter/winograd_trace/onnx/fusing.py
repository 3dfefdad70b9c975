"""What follows a product and belongs to its layer: bias, normalization, activation, residual addition.

A chain is followed as long as its value has one reader. An activation that is written as several operations
(x * sigmoid(x)) is one where all that reads x joins again in one value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .graph import Graph, Node
from .products import Product

ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "LeakyRelu": "leaky_relu",
    "PRelu": "prelu",
    "Elu": "elu",
    "Selu": "selu",
    "Celu": "celu",
    "Gelu": "gelu",
    "HardSigmoid": "hard_sigmoid",
    "HardSwish": "hard_swish",
    "Mish": "mish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Swish": "silu",
    "ThresholdedRelu": "thresholded_relu",
    "com.microsoft.Gelu": "gelu",
    "com.microsoft.FastGelu": "gelu",
    "com.microsoft.QuickGelu": "quick_gelu",
    "com.microsoft.QLinearSigmoid": "sigmoid",
    "com.microsoft.QLinearLeakyRelu": "leaky_relu",
}

# Operations that an activation may be written as, and how many of them at most.
_PARTS = {"Sigmoid", "HardSigmoid", "Mul", "Div", "Add", "Sub", "Clip", "Min", "Max", "Relu", "Erf", "Tanh", "Pow"}
_PARTS |= {"Softplus", "Exp", "Log"}
_LONGEST = 10


@dataclass(frozen=True)
class Step:
    """One operation of a chain; ``other`` is the value that an addition adds."""

    operation: str
    other: str = ""


@dataclass
class Chain:
    """The operations behind a product, the nodes that they are, and the value at the end."""

    value: str
    steps: list[Step] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def extend(self, value: str, nodes: list[Node], *steps: Step) -> None:
        """Adds steps that end in ``value``."""
        self.value = value
        self.nodes += nodes
        self.steps += steps


def follow(graph: Graph, product: Product, is_ready: Callable[[str], bool]) -> Chain:
    """The chain behind a product. ``is_ready`` says whether a value depends on earlier layers only."""
    chain = Chain(product.node.outputs[0])
    if product.alpha != 1.0:
        chain.steps.append(Step("scale"))
    if product.bias:
        chain.steps.append(Step("bias") if product.bias in graph.constants else Step("add", product.bias))
    if product.is_requantized:
        chain.steps.append(Step("quantize"))
    axis = _channel_axis(product)
    while _normalization(graph, chain, axis) or _next(graph, chain, axis, is_ready) or _written_out(graph, chain):
        pass
    return chain


def _channel_axis(product: Product) -> int:
    if product.form.operation in ("convolution", "transposed_convolution"):
        return 1
    return -2 if product.weight_first else -1


def _normalization(graph: Graph, chain: Chain, axis: int) -> bool:
    """A multiplication and an addition of one constant per channel."""
    first = graph.single_consumer(chain.value)
    if first is None or first.op != "Mul" or not _is_per_channel(graph, first, chain.value, axis):
        return False
    second = graph.single_consumer(first.outputs[0])
    if second is None or second.op != "Add" or not _is_per_channel(graph, second, first.outputs[0], axis):
        return False
    chain.extend(second.outputs[0], [first, second], Step("batch_norm"))
    return True


def _next(graph: Graph, chain: Chain, axis: int, is_ready: Callable[[str], bool]) -> bool:
    node = graph.single_consumer(chain.value)
    if node is None or any(node.outputs[1:]):
        return False
    steps = _steps(graph, node, chain.value, axis, is_ready)
    if steps is None:
        return False
    chain.extend(node.outputs[0], [node], *steps)
    return True


def _steps(graph: Graph, node: Node, value: str, axis: int, is_ready: Callable[[str], bool]) -> list[Step] | None:
    """The steps that one node is; None where it is not a part of a layer."""
    others = [name for name in node.inputs[1:] if name] if node.inputs[0] == value else []
    constant = all(name in graph.constants for name in others)
    if node.op in ("Identity", "Dropout", "DequantizeLinear") and node.inputs[0] == value:
        return []
    if node.op == "BatchNormalization" and constant and others:
        return [Step("batch_norm")]
    if node.op == "Clip" and constant and node.inputs[0] == value:
        return [Step(_clip(graph, node))]
    if node.op in ACTIVATIONS and constant and node.inputs[0] == value:
        return [Step("bias")] * bool(others and node.op.endswith("FastGelu")) + [Step(ACTIVATIONS[node.op])]
    if node.op == "com.microsoft.BiasGelu" and constant:
        return [Step("bias"), Step("gelu")]
    if node.op == "QuantizeLinear" and constant and node.inputs[0] == value:
        return [Step("quantize")]
    if node.op == "Cast":
        return [Step("cast")]
    if node.op in ("Add", "Sub", "Mul", "Div") and _is_per_channel(graph, node, value, axis):
        if node.op in ("Sub", "Div") and node.inputs[0] != value:
            return None
        return [Step("bias" if node.op in ("Add", "Sub") else "scale")]
    if node.op == "com.microsoft.QLinearAdd":
        other = node.inputs[3] if node.inputs[0] == value else node.inputs[0]
        is_added = is_ready(other) and _fits(graph, other, value, node.outputs[0])
        return [Step("add", other), Step("quantize")] if is_added else None
    if node.op == "Add" and _is_constant_map(graph, node, value):
        return [Step("add")]
    if node.op in ("Add", "Sum"):
        added = [name for name in node.inputs if name != value]
        same = all(is_ready(name) and _fits(graph, name, value, node.outputs[0]) for name in added)
        return [Step("add", name) for name in added] if added and same else None
    if node.op == "Mul" and _is_scalar(graph, node, value):
        return [Step("scale")]
    return None


def _fits(graph: Graph, name: str, value: str, result: str) -> bool:
    shape = graph.shapes.get(value)
    return shape is not None and graph.shapes.get(name) == shape == graph.shapes.get(result)


def _is_scalar(graph: Graph, node: Node, value: str) -> bool:
    """Whether the other factor is one number that the network computes (a scale)."""
    other = node.inputs[1] if node.inputs[0] == value else node.inputs[0]
    shape = graph.shapes.get(other)
    return shape is not None and np.prod(shape) == 1 and len(shape) <= len(graph.shapes.get(value, ()))


def _is_per_channel(graph: Graph, node: Node, value: str, axis: int) -> bool:
    """Whether a node's other operand is a constant that is one number or one per channel."""
    others = [name for name in node.inputs if name != value]
    constant = graph.constant(others[0]) if len(others) == 1 else None
    shape = graph.shapes.get(value)
    if constant is None or shape is None or constant.ndim > len(shape):
        return False
    sizes = (1,) * (len(shape) - constant.ndim) + constant.shape
    channel = axis % len(shape) if -len(shape) <= axis < len(shape) else -1
    return all(size == 1 or (i == channel and size == shape[i]) for i, size in enumerate(sizes))


def _is_constant_map(graph: Graph, node: Node, value: str) -> bool:
    """Whether an addition adds a constant that differs from place to place (a mask, an embedding of positions)."""
    others = [name for name in node.inputs if name != value]
    shape = graph.shapes.get(value)
    known = len(others) == 1 and others[0] in graph.constants and shape is not None
    return known and shape == graph.shapes.get(node.outputs[0])


def _clip(graph: Graph, node: Node) -> str:
    bounds: list[float | None] = []
    for index, key in ((1, "min"), (2, "max")):
        constant = graph.constant(node.input(index))
        number = node.attributes.get(key) if constant is None else float(constant.reshape(-1)[0])
        bounds.append(None if number is None or abs(number) > 1e30 else number)
    known: dict[tuple[float | None, float | None], str] = {(0.0, None): "relu", (0.0, 6.0): "relu6"}
    return known.get((bounds[0], bounds[1]), "clip")


# Activations that are written as several operations


def _written_out(graph: Graph, chain: Chain) -> bool:
    """Follows what reads the value through element-wise operations until it is one value again."""
    start = chain.value
    if len(graph.consumers.get(start, [])) < 2:
        return False
    inside: list[Node] = []
    known, waiting = {start}, {start}
    while len(inside) < _LONGEST:
        readers = {id(n): n for name in waiting for n in graph.consumers.get(name, []) if n not in inside}
        if not readers:
            return False
        node = min(readers.values(), key=lambda reader: graph.order[id(reader)])
        if node.op not in _PARTS or not all(_is_inside(graph, name, known) for name in node.inputs if name):
            return False
        inside.append(node)
        known.add(node.outputs[0])
        waiting.add(node.outputs[0])
        waiting = {n for n in waiting if n in graph.outputs or any(r not in inside for r in graph.consumers.get(n, []))}
        if waiting == {node.outputs[0]} or not waiting:
            name = _name(inside)
            if name is None:
                continue
            chain.extend(node.outputs[0], inside, Step(name))
            return True
    return False


def _is_inside(graph: Graph, name: str, known: set[str]) -> bool:
    return name in known or (name in graph.constants and graph.constants[name].size == 1)


def _name(nodes: list[Node]) -> str | None:
    """The activation that the operations are; None where they are none that is known."""
    ops = sorted(node.op for node in nodes)
    kinds = set(ops)
    if kinds == {"Mul", "Sigmoid"}:
        return "silu" if ops.count("Mul") == 1 else "quick_gelu"
    if kinds == {"HardSigmoid", "Mul"} and len(ops) == 2:
        return "hard_swish"
    if kinds in ({"Add", "Clip", "Mul", "Div"}, {"Add", "Clip", "Mul"}) and ops.count("Clip") == 1 and len(ops) == 4:
        return "hard_swish"
    if "Erf" in kinds and kinds <= {"Erf", "Add", "Mul", "Div"}:
        return "gelu" if ops.count("Mul") + ops.count("Div") >= 3 else None
    if kinds == {"Softplus", "Tanh", "Mul"}:
        return "mish"
    if "Tanh" in kinds and ops.count("Mul") >= 4 and kinds <= {"Tanh", "Pow", "Add", "Mul"}:
        return "gelu"
    return None
