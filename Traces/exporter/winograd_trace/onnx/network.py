"""Makes a network of layers and operations from a graph and the products that were recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..graph import GraphInput
from ..layers import Fused, Layer
from ..network import Network
from ..not_exported import NotExported
from ..operands import Relu, Values
from .fusing import Chain, follow
from .graph import Graph, Node
from .operations import describe_operation
from .products import Product
from .recording import Record
from .shapes import VIEWS


class Builder:
    """Walks through the graph's nodes in order, and gives every value the name of its producer."""

    def __init__(self, graph: Graph, network: Network, records: Mapping[Product, Record]) -> None:
        self.names: dict[Product, str] = {}
        self._graph = graph
        self._network = network
        self._records = records
        self._owners: dict[str, str] = {}
        self._latest = _latest_layers(graph, {id(product.node) for product in records})
        self._chains: list[Chain] = []
        self._metadata: set[str] = set()

    def build(self, refused: Sequence[tuple[Node, int | None]]) -> None:
        """Adds all layers and operations; ``refused`` are listed as not exported."""
        graph, network = self._graph, self._network
        for name in graph.inputs:
            network.inputs.append(GraphInput(network.name(name), graph.shapes[name]))
            self._owners[name] = network.inputs[-1].name
        products = {id(product.node): product for product in self._records}
        counts = {id(node): count for node, count in refused}
        absorbed: set[int] = set()
        for node in graph.nodes:
            if id(node) in absorbed:
                continue
            if id(node) in products:
                chain = self._add_layer(products[id(node)])
                absorbed.update(id(inner) for inner in chain.nodes)
            elif self._is_metadata(node):
                self._metadata.update(node.outputs)
            elif self._is_view(node):
                owner = self._owners.get(node.inputs[0])
                self._owners |= {name: owner for name in node.outputs if owner}
            else:
                name = self._add_operation(node)
                if id(node) in counts:
                    network.not_exported.append(NotExported(name, node.op, counts[id(node)]))
        for i, (layer, followed) in enumerate(zip(network.layers, self._chains, strict=True)):
            steps = (Fused(step.operation, self._owner(step.other) if step.other else None) for step in followed.steps)
            network.layers[i] = replace(layer, fused=tuple(steps))
        moving = [self.names[product] for product in self.names if self._is_moving(product)]
        if moving:
            network.notes.append(f"weights that the network computes from its input, as they were: {', '.join(moving)}")
        network.outputs = list(dict.fromkeys(self._owners[name] for name in graph.outputs if name in self._owners))

    def _add_layer(self, product: Product) -> Chain:
        place = self._graph.order[id(product.node)]
        chain = follow(self._graph, product, lambda value: self._latest.get(value, place) < place)
        self._chains.append(chain)
        name = self._network.name(product.node.label)
        recorded = self._records[product].layer
        operands = (product.data, product.weight) if recorded.operation == "matmul" else (product.data,)
        owners = [self._owner(operand.stored) for operand in operands]
        known = tuple(owner for owner in owners if owner is not None)
        inputs = known if len(known) == len(operands) else ()
        self._network.layers.append(replace(recorded, name=name, relu=_relu(recorded), inputs=inputs))
        self.names[product] = name
        values = (*product.node.outputs, *(value for node in chain.nodes for value in node.outputs))
        self._owners |= dict.fromkeys(filter(None, values), name)
        return chain

    def _add_operation(self, node: Node) -> str:
        name = self._network.name(node.label)
        self._network.operations.append(describe_operation(self._graph, node, name, self._owners))
        self._owners |= dict.fromkeys(filter(None, node.outputs), name)
        return name

    def _owner(self, value: str) -> str | None:
        """The producer of a value, also behind views; None for what the network does not compute."""
        while value not in self._owners:
            node = self._graph.producers.get(value)
            if node is None or not self._is_view(node):
                return None
            value = node.inputs[0]
        return self._owners[value]

    def _is_moving(self, product: Product) -> bool:
        return product.form.operation != "matmul" and product.weight.stored not in self._graph.constants

    def _is_metadata(self, node: Node) -> bool:
        """Whether a node computes with sizes only."""
        read = [name for name in node.inputs if name and name not in self._graph.constants]
        return node.op in ("Shape", "Size") or (bool(read) and all(name in self._metadata for name in read))

    def _is_view(self, node: Node) -> bool:
        if node.op == "Transpose":
            return self._keeps_order(node)
        if node.op == "Cast":
            types = [self._graph.dtypes.get(name) for name in (node.inputs[0], node.outputs[0])]
            return types[0] is not None and types[0] == types[1]
        return node.op in (*VIEWS, "DequantizeLinear") and not any(node.outputs[1:])

    def _keeps_order(self, node: Node) -> bool:
        """Whether a Transpose only moves sides of size 1."""
        shape = self._graph.shapes.get(node.inputs[0])
        if shape is None:
            return False
        order = node.attributes.get("perm") or range(len(shape))[::-1]
        moved = [axis for axis in order if shape[axis] != 1]
        return moved == sorted(moved)


def _latest_layers(graph: Graph, products: set[int]) -> dict[str, int]:
    """For each value that the network computes, the place of the last layer on which it depends; -1 without any."""
    latest = dict.fromkeys(graph.inputs, -1)
    for place, node in enumerate(graph.nodes):
        before = [latest[name] for name in node.inputs if name in latest]
        found = place if id(node) in products else max(before, default=-1)
        latest |= dict.fromkeys(filter(None, node.outputs), found)
    return latest


def _relu(layer: Layer) -> Relu:
    """``spatial`` where the activations are nowhere negative."""
    values = layer.activations
    if layer.operation == "matmul" or not isinstance(values, Values):
        return "none"
    zero = values.quantization.zero_point if values.quantization else 0
    return "spatial" if bool(values.array.min() >= zero) else "none"
