"""An ONNX graph as the exporter works on it: nodes in the order in which they run, constants, and who reads what."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import onnx

from ..errors import TraceError
from ..winograd import Array

Sizes = tuple[int | str | None, ...]


@dataclass(eq=False)
class Node:
    """One operation. ``op`` has its domain before it where that is not ONNX's own; "" is an input that is left out."""

    label: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    proto: onnx.NodeProto

    def __str__(self) -> str:
        return f"node '{self.label}' ({self.op})"

    def input(self, index: int) -> str:
        """The name of an input; "" where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""


@dataclass
class Source:
    """An input of the network: its numpy type, and its sizes, a name or None where one is not fixed."""

    dtype: Any
    sizes: Sizes | None


@dataclass(eq=False)
class Graph:
    """The network's nodes and constants.

    ``constants`` hold every value that depends on no input; those in ``generated`` were made by ``ConstantOfShape``
    and are views of one number, without memory of their own. ``shapes`` are known shapes, of any value.
    """

    name: str
    inputs: dict[str, Source]
    outputs: list[str]
    nodes: list[Node]
    constants: dict[str, Array]
    opsets: dict[str, int]
    ir_version: int
    generated: set[str] = field(default_factory=set)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    dtypes: dict[str, Any] = field(default_factory=dict)
    producers: dict[str, Node] = field(default_factory=dict)
    consumers: dict[str, list[Node]] = field(default_factory=dict)
    # The place of each node in the order, by its id; and constants that stay although no node reads them.
    order: dict[int, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    # Whether it differs from its file: names of nodes, or drawn weights.
    is_changed: bool = False

    def __post_init__(self) -> None:
        self._refuse_two_producers()
        self.set_nodes(self.nodes)

    def set_nodes(self, nodes: Sequence[Node]) -> None:
        """Replaces the nodes by those of them that an output needs, in an order in which they can run."""
        self.nodes = _in_order(_needed(nodes, self.outputs), {*self.inputs, *self.constants})
        read = {name for node in self.nodes for name in node.inputs} | set(self.outputs)
        for node in self.nodes:  # An optional output that nothing reads (the mask of a Dropout) is none.
            node.outputs = (node.outputs[0], *(name if name in read else "" for name in node.outputs[1:]))
        self.producers = {name: node for node in self.nodes for name in node.outputs if name}
        self.consumers = {}
        self.order = {id(node): place for place, node in enumerate(self.nodes)}
        for node in self.nodes:
            for name in filter(None, node.inputs):
                self.consumers.setdefault(name, []).append(node)

    def constant(self, name: str) -> Array | None:
        """A constant's values; None where the value is none, or left out."""
        return self.constants.get(name) if name else None

    def single_consumer(self, name: str) -> Node | None:
        """The one node that reads a value, if it reads it once and the value does not leave the network."""
        found = self.consumers.get(name, [])
        return found[0] if len(found) == 1 and name not in self.outputs else None

    def shape(self, name: str, node: Node) -> tuple[int, ...]:
        """A value's shape; a TraceError, with the node that needs it, where it is not known."""
        if name in self.constants:
            return self.constants[name].shape
        if name not in self.shapes:
            raise TraceError(
                f"{node}: the shape of '{name}' is not known; give the shapes of the network's inputs with --shape, "
                "or run it with --input or --random"
            )
        return self.shapes[name]

    def _refuse_two_producers(self) -> None:
        made: dict[str, str] = {}
        for node in self.nodes:
            for name in filter(None, node.outputs):
                if name in made:
                    raise TraceError(f"{node} makes '{name}', which {made[name]} makes already")
                if name in self.inputs or name in self.constants:
                    what = "an input of the network" if name in self.inputs else "an initializer"
                    raise TraceError(f"{node} makes '{name}', which is {what}")
                made[name] = str(node)


def make_node(proto: onnx.NodeProto) -> Node:
    """A node from its description; control flow is a TraceError."""
    domain = "" if proto.domain in ("", "ai.onnx") else proto.domain
    op = f"{domain}.{proto.op_type}" if domain else proto.op_type
    label = proto.name or next(filter(None, proto.output), "") or proto.op_type
    attributes = {attribute.name: _value(attribute) for attribute in proto.attribute}
    node = Node(label, op, tuple(proto.input), tuple(proto.output), attributes, proto)
    graphs = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    if any(attribute.type in graphs for attribute in proto.attribute):
        raise TraceError(
            f"{node} is control flow; a trace is one fixed sequence of layers: export the model without it, "
            "or for one case of it"
        )
    return node


def _value(attribute: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if attribute.type == onnx.AttributeProto.STRINGS:
        return [text.decode("utf-8", "replace") for text in value]
    return value


def _needed(nodes: Sequence[Node], outputs: Iterable[str]) -> list[Node]:
    producers = {name: node for node in nodes for name in node.outputs if name}
    found: set[int] = set()
    pending = [name for name in outputs if name in producers]
    while pending:
        node = producers[pending.pop()]
        if id(node) not in found:
            found.add(id(node))
            pending += [name for name in node.inputs if name in producers]
    return [node for node in nodes if id(node) in found]


def _in_order(nodes: Sequence[Node], known: set[str]) -> list[Node]:
    """The nodes in an order in which each follows what it reads; an order that is valid already stays."""
    producers: Mapping[str, int] = {name: i for i, node in enumerate(nodes) for name in node.outputs if name}
    readers: dict[int, list[int]] = {}
    waits: list[int] = []
    for i, node in enumerate(nodes):
        needed: set[int] = set()
        for name in filter(None, node.inputs):
            if name in producers:
                needed.add(producers[name])
            elif name not in known:
                raise TraceError(f"{node} reads '{name}', which no node makes and which is no input or initializer")
        waits.append(len(needed))
        for j in needed:
            readers.setdefault(j, []).append(i)
    ready = [i for i, count in enumerate(waits) if count == 0]
    ordered: list[Node] = []
    while ready:
        i = heapq.heappop(ready)
        ordered.append(nodes[i])
        for j in readers.get(i, []):
            waits[j] -= 1
            if waits[j] == 0:
                heapq.heappush(ready, j)
    if len(ordered) < len(nodes):
        stuck = next(node for node, count in zip(nodes, waits, strict=True) if count)
        raise TraceError(f"{stuck} is in a cycle: it reads what depends on its own outputs")
    return ordered
