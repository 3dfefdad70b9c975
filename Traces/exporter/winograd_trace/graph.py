"""A network as a graph: its inputs and outputs, the operations that do not multiply, and who produces what.

Every layer and operation names its producers. A producer is a network input, a layer (its output after all that is
fused) or an operation. Pure views (flatten, view) are no operations: consumers name the producer before the view, so
only numbers of elements are compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args

from .errors import TraceError
from .layers import Layer
from .manifest import flow, known_keys, mapping, read_names
from .shape import is_integer, is_name

Dimensions = tuple[int, ...]
Class = Literal["pool", "elementwise", "move"]
CLASSES: tuple[Class, ...] = get_args(Class)


@dataclass(frozen=True)
class GraphInput:
    """What enters the network: a name, and a shape such as [N, C, H, W]."""

    name: str
    shape: Dimensions


@dataclass(frozen=True)
class GraphOperation:
    """An operation that does not multiply and is fused into no layer.

    ``operation`` is its class; ``kind`` the source's own name of it (``max_pool2d``). ``inputs`` are its producers, in
    order; ``input`` the shapes of its operands, those of the producers first, then constants; ``output`` the shapes of
    its results. ``read`` and ``written`` are bytes in the model's type. ``window`` is that of a pool: height, width,
    stride and padding.
    """

    name: str
    operation: Class
    kind: str
    inputs: tuple[str, ...]
    input: tuple[Dimensions, ...]
    output: tuple[Dimensions, ...]
    read: int
    written: int
    window: Mapping[str, int | list[int]] | None = None

    def check(self) -> None:
        """Raises a TraceError where winosim would not accept the operation."""
        what = f"operation {self.name!r}"
        if self.operation not in CLASSES:
            raise TraceError(f"{what} is a {self.operation!r}; expected pool, elementwise or move")
        if not is_name(self.kind):
            raise TraceError(f"{what} has the kind {self.kind!r}; expected a line of text without control characters")
        for shape in (*self.input, *self.output):
            if not _is_shape(shape):
                raise TraceError(f"{what} has the shape {list(shape)}; expected integers of at least 0")
        if len(self.input) < len(self.inputs):
            raise TraceError(f"{what} has {len(self.inputs)} producers and {len(self.input)} shapes of inputs")
        for key, count in (("read", self.read), ("written", self.written)):
            if not is_integer(count) or count < 0:
                raise TraceError(f"{what}: bytes {key} are {count!r}; expected an integer of at least 0")
        if self.window is not None and self.operation != "pool":
            raise TraceError(f"{what} is no pool and has a kernel")


def check_graph(
    inputs: Iterable[GraphInput],
    outputs: Iterable[str],
    layers: Iterable[Layer],
    operations: Iterable[GraphOperation],
) -> None:
    """Raises a TraceError unless names are unique, producers exist, sizes fit, and nothing waits for itself.

    A layer's activations have as many elements as its producer's output; a factor of a matmul and a residual operand
    may be a broadcast of it.
    """
    made: dict[str, set[int]] = {}
    needs: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}

    def add(kind: str, name: str, counts: Iterable[int], producers: Iterable[str]) -> None:
        if name in made:
            both = f"two {kind}s" if kinds[name] == kind else f"{_with_article(kinds[name])} and {_with_article(kind)}"
            raise TraceError(f"{both} are named '{name}'")
        made[name], needs[name], kinds[name] = set(counts), list(producers), kind

    layers, operations = list(layers), list(operations)
    for entry in inputs:
        if not is_name(entry.name) or not _is_shape(entry.shape):
            raise TraceError(f"network input {entry.name!r} of shape {list(entry.shape)}; expected a name and integers")
        add("network input", entry.name, [math.prod(entry.shape)], ())
    for layer in layers:
        shape = layer.shape
        residuals = [step.input for step in layer.fused if step.input is not None]
        add("layer", layer.name, [shape.batch * shape.filters * math.prod(shape.output)], (*layer.inputs, *residuals))
    for operation in operations:
        if not is_name(operation.name):
            raise TraceError(f"operation name {operation.name!r}; expected a line of text without control characters")
        operation.check()
        add("operation", operation.name, map(math.prod, operation.output), operation.inputs)
    for name, producers in needs.items():
        _check_producers(f"{kinds[name]} '{name}'", producers, made)
    _check_producers("the list of the network's outputs", outputs, made)
    for layer in layers:
        _check_layer(layer, made)
    for operation in operations:
        for producer, shape_in in zip(operation.inputs, operation.input, strict=False):
            _check_count(f"operation '{operation.name}'", "input", math.prod(shape_in), producer, made[producer], False)
    _check_cycles(needs)


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind == "operation" else f"a {kind}"


def _check_producers(what: str, producers: Iterable[str], made: Mapping[str, object]) -> None:
    for producer in producers:
        if producer not in made:
            near = _nearest(producer, made)
            raise TraceError(
                f"{what} names the producer '{producer}', which is no network input, layer or operation{near}"
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"; the nearest name is '{near[0]}'" if near else ""


def _check_layer(layer: Layer, made: Mapping[str, set[int]]) -> None:
    shape, what = layer.shape, f"layer '{layer.name}'"
    image = shape.batch * shape.channels * shape.height * shape.width
    if layer.operation == "matmul":
        factors = (("first factor", image), ("second factor", shape.batch * shape.channels * shape.filters))
        for (factor, count), producer in zip(factors, layer.inputs, strict=False):
            _check_count(what, factor, count, producer, made[producer], True)
    else:
        for producer in layer.inputs:
            _check_count(what, "input", image, producer, made[producer], False)
    result = shape.batch * shape.filters * math.prod(shape.output)
    for step in layer.fused:
        if step.input is not None:
            _check_count(what, f"fused {step.operation}", result, step.input, made[step.input], True)


def _check_count(what: str, part: str, count: int, producer: str, made: set[int], broadcast: bool) -> None:
    if count in made or (broadcast and any(size > 0 and count % size == 0 for size in made)):
        return
    found = " or ".join(f"{size:,}" for size in sorted(made)) or "nothing"
    raise TraceError(f"{what}: its {part} has {count:,} elements, but its producer '{producer}' gives {found}")


def _check_cycles(needs: Mapping[str, list[str]]) -> None:
    waiting = {name: len(producers) for name, producers in needs.items()}
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, producers in needs.items():
        for producer in producers:
            users[producer].append(name)
    ready = [name for name, count in waiting.items() if count == 0]
    while ready:
        for user in users[ready.pop()]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    stuck = [name for name, count in waiting.items() if count > 0]
    if not stuck:
        return
    path = [stuck[0]]  # Every node that waits has a producer that waits, so that this walk meets itself.
    while path[-1] not in path[:-1]:
        path.append(next(producer for producer in needs[path[-1]] if waiting[producer] > 0))
    cycle = path[path.index(path[-1]) :][::-1]
    raise TraceError(f"the graph has a cycle: {' -> '.join(repr(name) for name in cycle)}")


def _is_shape(shape: object) -> bool:
    return isinstance(shape, tuple) and all(is_integer(side) and side >= 0 for side in shape)


# The manifest's lists


def render_graph(inputs: Iterable[GraphInput], outputs: Iterable[str]) -> str:
    """The manifest's ``inputs`` and ``outputs``; empty without any."""
    lines = [f"  - {flow({'name': entry.name, 'shape': entry.shape})}\n" for entry in inputs]
    text = "inputs:\n" + "".join(lines) if lines else ""
    names = list(outputs)
    return text + (f"outputs: {flow(names)}\n" if names else "")


def render_operations(operations: Iterable[GraphOperation]) -> str:
    """The manifest's list ``operations``; empty without any."""
    blocks = []
    for entry in operations:
        described: dict[str, Any] = {
            "name": entry.name,
            "operation": entry.operation,
            "kind": entry.kind,
            "inputs": list(entry.inputs),
            "input": entry.input,
            "output": entry.output,
            "bytes": {"read": entry.read, "written": entry.written},
        }
        if entry.window is not None:
            described["kernel"] = dict(entry.window)
        lines = [f"{key}: {flow(value)}" for key, value in described.items()]
        blocks.append("".join(f"  {'- ' if i == 0 else '  '}{line}\n" for i, line in enumerate(lines)))
    return "operations:\n" + "".join(blocks) if blocks else ""


def read_inputs(given: object) -> tuple[GraphInput, ...]:
    """The network's inputs of a manifest."""
    found = []
    for entry in _list(given, "inputs"):
        known_keys(mapping(entry, "an entry of inputs"), ("name", "shape"), (), "inputs")
        found.append(GraphInput(entry["name"], _shape(entry["shape"], f"network input {entry['name']!r}")))
    return tuple(found)


def read_operations(given: object) -> tuple[GraphOperation, ...]:
    """The operations of a manifest."""
    return tuple(_read_operation(mapping(entry, "an operation")) for entry in _list(given, "operations"))


def _read_operation(given: Mapping[str, Any]) -> GraphOperation:
    what = f"operation {given.get('name')!r}"
    known_keys(given, ("name", "operation", "kind", "inputs", "input", "output", "bytes"), ("kernel",), what)
    count = mapping(given["bytes"], f"{what}: bytes")
    known_keys(count, ("read", "written"), (), f"{what}: bytes")
    window = mapping(given["kernel"], f"{what}: kernel") if "kernel" in given else None
    return GraphOperation(
        name=given["name"],
        operation=given["operation"],
        kind=given["kind"],
        inputs=read_names(given["inputs"], f"{what}: inputs"),
        input=tuple(_shape(shape, what) for shape in _list(given["input"], f"{what}: input")),
        output=tuple(_shape(shape, what) for shape in _list(given["output"], f"{what}: output")),
        read=count["read"],
        written=count["written"],
        window=window,
    )


def _list(given: object, what: str) -> list[Any]:
    if not isinstance(given, list):
        raise TraceError(f"{what} is {given!r}; expected a list")
    return given


def _shape(given: object, what: str) -> Dimensions:
    shape = tuple(_list(given, f"{what}: a shape"))
    if not _is_shape(shape):
        raise TraceError(f"{what}: a shape is {given!r}; expected integers of at least 0")
    return shape
