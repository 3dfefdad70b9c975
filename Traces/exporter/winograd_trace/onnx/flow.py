"""Runs a network piece by piece: what does not multiply in onnxruntime, each product by a function of the caller."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

from ..winograd import Array
from .graph import Graph, Node
from .products import Product
from .running import Part

Known = Mapping[str, Array]
Multiply = Callable[[Product, Known], Array]
Observe = Callable[[str, Array], None]


class Flow:
    """The network as pieces in the order in which they run: the nodes between two products are one piece.

    Values are kept only while a later piece reads them. ``wanted`` are further values that ``observe`` shall see.
    """

    def __init__(self, graph: Graph, products: Sequence[Product], wanted: Iterable[str] = ()) -> None:
        self._graph = graph
        self._steps = _steps(graph, products, set(wanted))
        self._last: dict[str, int] = {}
        for index, step in enumerate(self._steps):
            for name in _reads(step):
                self._last[name] = index

    def run(
        self,
        feeds: Known,
        multiply: Multiply,
        observe: Observe | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> dict[str, Array]:
        """One run from the network's inputs to its outputs.

        ``multiply`` gets a product and the values that it reads, and returns what its node does. ``observe`` sees every
        value between the pieces. ``progress`` is called with the number of products that are done.
        """
        live: dict[str, Array] = dict(feeds)
        constants: MutableMapping[str, Array] = self._graph.constants
        known = ChainMap(live, constants)
        outputs = {name: known[name] for name in self._graph.outputs if name in known}
        done = 0
        for index, step in enumerate(self._steps):
            if isinstance(step, Part):
                made = step.run(known)
            else:
                made = {step.node.outputs[0]: multiply(step, known)}
                done += 1
                if progress:
                    progress(done)
            live.update(made)
            for name, array in made.items():
                if observe:
                    observe(name, array)
                if name in self._graph.outputs:
                    outputs[name] = array
            for name in (*_reads(step), *made):
                if self._last.get(name, -1) <= index:
                    live.pop(name, None)
        return {name: outputs[name] for name in self._graph.outputs}


def _reads(step: Part | Product) -> Sequence[str]:
    return step.inputs if isinstance(step, Part) else step.reads


def _steps(graph: Graph, products: Sequence[Product], wanted: set[str]) -> list[Part | Product]:
    by_node = {id(product.node): product for product in products}
    pieces: list[list[Node] | Product] = []
    for node in graph.nodes:
        if id(node) in by_node:
            pieces.append(by_node[id(node)])
        elif pieces and isinstance(pieces[-1], list):
            pieces[-1].append(node)
        else:
            pieces.append([node])
    needed = {*graph.outputs, *wanted}
    steps: list[Part | Product] = []
    for piece in reversed(pieces):
        if isinstance(piece, Product):
            steps.append(piece)
            needed.update(piece.reads)
            continue
        outputs = [name for node in piece for name in node.outputs if name in needed]
        steps.append(Part(graph, piece, outputs))
        needed.update(name for node in piece for name in node.inputs)
    return steps[::-1]
