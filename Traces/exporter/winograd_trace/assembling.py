"""The calls of a recorded run as a network: what belongs to a layer's output, what stands alone, who produces what."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .aten import ADDITIONS, BATCH_NORMS, activation, class_of, shown
from .graph import GraphInput, GraphOperation
from .layers import Fused, Layer
from .network import Network
from .not_exported import NotExported
from .operands import Relu, Values
from .tape import Multiplied, Recorder
from .values import Call, Value

END = -1  # The user of what leaves the network.


@dataclass(eq=False)
class _Item:
    """A layer, or a call of the source without multiplications, with the values that it reads and makes."""

    calls: list[Call]
    inputs: list[int]
    outputs: list[int]
    kind: str
    name: str = ""
    fused: list[Fused] = field(default_factory=list)
    others: list[tuple[int, int]] = field(default_factory=list)  # Entries of ``fused`` and the values that they add.

    @property
    def layer(self) -> Multiplied | None:
        layer: Multiplied | None = self.calls[0].layer
        return layer


def assemble(
    recorder: Recorder, ends: Iterable[int], network: Network, leaves: Mapping[str, bool], relu: Mapping[str, Relu]
) -> None:
    """Fills the network. ``ends`` are the values that leave it, ``leaves`` tells which modules have no modules inside.

    ``relu`` gives the ReLU before the multiplications of layers, by name, where it is not what values show.
    """
    _Assembly(recorder, list(ends), leaves).fill(network, relu)


class _Assembly:
    def __init__(self, recorder: Recorder, ends: list[int], leaves: Mapping[str, bool]) -> None:
        self._values = recorder.values.known
        self._inputs = recorder.inputs
        self._leaves = leaves
        self._same: dict[int, int] = {}
        for call in recorder.values.calls:
            if call.view:
                self._same[call.outputs[0]] = self._root(call.inputs[0])
        self._ends = [self._root(number) for number in ends]
        self._items = self._alive(_grouped([call for call in recorder.values.calls if not call.view]))
        self._users = self._find_users()

    def fill(self, network: Network, relu: Mapping[str, Relu]) -> None:
        """Fuses, names and lists everything."""
        layers = [item for item in self._items if item.layer is not None]
        for item in reversed(layers):  # A residual belongs to the last of its layers, when the others have run.
            self._fuse(item)
        producers: dict[int, str] = {}
        for item in layers:
            item.name = network.name(item.calls[0].place.module or network.model)
        for name, number in self._inputs:
            producers[number] = network.name(name)
            network.inputs.append(GraphInput(producers[number], self._values[number].shape))
        operations = [item for item in self._items if item.layer is None]
        busy = {item.calls[0].place.module for item in layers}
        for item in operations:
            item.name = network.name(self._operation_name(item, busy))
        for item in self._items:
            producers.update(dict.fromkeys(item.outputs, item.name))
        for item in layers:
            network.layers.append(self._layer(item, producers, relu))
        for item in operations:
            network.operations.append(self._operation(item, producers))
            for call in item.calls:
                if call.unsupported != 0:
                    network.not_exported.append(NotExported(item.name, item.kind, call.unsupported))
        network.outputs += dict.fromkeys(producers[number] for number in self._ends if number in producers)

    def _root(self, number: int) -> int:
        """The value before all views."""
        return self._same.get(number, number)

    def _varies(self, number: int) -> bool:
        return not self._values[number].constant

    def _alive(self, items: list[_Item]) -> list[_Item]:
        """Items whose values are used, and layers; with the values that they read from outside and give."""
        used = set(self._ends)
        kept: list[_Item] = []
        for item in reversed(items):
            made = {number for call in item.calls for number in call.outputs}
            if item.layer is None and not made & used and all(call.unsupported == 0 for call in item.calls):
                continue
            read = [self._root(number) for call in item.calls for number in call.inputs]
            item.inputs = [number for number in read if number not in made]
            item.outputs = sorted(made & used) or sorted(made)
            used.update(item.inputs)
            kept.append(item)
        return kept[::-1]

    def _find_users(self) -> dict[int, list[_Item | int]]:
        users: dict[int, list[_Item | int]] = defaultdict(list)
        for item in self._items:
            for number in item.inputs:
                users[number].append(item)
        for number in self._ends:
            users[number].append(END)
        return users

    def _fuse(self, item: _Item) -> None:
        """Takes what follows a layer's result, as long as nothing else reads it."""
        layer = item.layer
        assert layer is not None
        number = item.outputs[0]
        if layer.added is not None:
            item.fused.append(Fused("bias" if layer.bias else "add"))
            if layer.added_value is not None:
                item.others.append((0, self._root(layer.added_value)))
        while len(self._users[number]) == 1:
            follower = self._users[number][0]
            if isinstance(follower, int) or follower.layer is not None or not self._joins(item, follower, number):
                break
            self._items.remove(follower)
            for other in follower.inputs:
                self._users[other] = [item if user is follower else user for user in self._users[other]]
            number = follower.outputs[0]
            item.outputs = [number]
            item.calls += follower.calls

    def _joins(self, item: _Item, follower: _Item, number: int) -> bool:
        """Adds a follower to what is fused, if it can be: an activation, a batch norm, an addition."""
        if len(follower.outputs) != 1 or any(call.unsupported != 0 for call in follower.calls):
            return False
        if math.prod(self._values[follower.outputs[0]].shape) != math.prod(self._values[number].shape):
            return False
        others = [other for other in follower.inputs if other != number and self._varies(other)]
        constants = [self._values[other] for other in follower.inputs if not self._varies(other)]
        if (
            shown(follower.kind) in ADDITIONS
            and follower.calls[0].plain.get("alpha", 1) == 1
            and len(follower.calls) == 1
        ):
            if others:
                item.others.append((len(item.fused), others[0]))
                item.fused.append(Fused("add"))
            else:
                item.fused.append(Fused("bias" if self._is_bias(item, constants) else "add"))
            return True
        if others:
            return False
        if shown(follower.kind) in BATCH_NORMS and not any(call.plain.get("training") for call in follower.calls):
            item.fused.append(Fused("batch_norm"))
            return True
        settings = follower.calls[0].plain
        limits = (settings.get("min", settings.get("min_val")), settings.get("max", settings.get("max_val")))
        name = activation(follower.kind, limits)
        if name is None or len(follower.calls) > 1:
            return False
        item.fused.append(Fused(name))
        return True

    def _is_bias(self, item: _Item, constants: list[Value]) -> bool:
        """Whether an added constant is one number, or one a filter."""
        assert item.layer is not None
        filters = item.layer.product.shape.filters
        return all(math.prod(value.shape) in (1, filters) for value in constants)

    def _layer(self, item: _Item, producers: Mapping[int, str], relu: Mapping[str, Relu]) -> Layer:
        layer = item.layer
        assert layer is not None
        product = layer.product
        fused = list(item.fused)
        for place, number in item.others:
            fused[place] = Fused(fused[place].operation, producers[number])
        sources = [self._root(number) for number in layer.sources]
        inputs = tuple(producers[number] for number in sources if number in producers)
        zero = layer.activations.quantization.zero_point if layer.activations.quantization else 0
        positive = bool((layer.activations.array >= zero).all())
        said: Relu = relu.get(item.name) or product.relu or ("spatial" if positive else "none")
        weights = layer.weights
        if product.winograd is not None:
            weights = Values.sharing(weights.array, "winograd", weights.quantization)
        return Layer(
            name=item.name,
            shape=product.shape,
            weights=weights,
            activations=layer.activations,
            operation=product.operation,
            relu=said,
            winograd=product.winograd,
            outputs=layer.outputs,
            inputs=inputs if len(inputs) == len(sources) else (),
            fused=tuple(fused),
        )

    def _operation_name(self, item: _Item, busy: set[str]) -> str:
        place = item.calls[0].place
        if place.module and place.module not in busy and self._leaves.get(place.module, False):
            return place.module
        return f"{place.module}.{item.kind}" if place.module else item.kind

    def _operation(self, item: _Item, producers: Mapping[int, str]) -> GraphOperation:
        varying = [number for number in item.inputs if number in producers]
        operands = [*varying, *(number for number in item.inputs if number not in producers)]
        kind = class_of(item.kind)
        return GraphOperation(
            name=item.name,
            operation=kind,
            kind=item.kind,
            inputs=tuple(producers[number] for number in varying),
            input=tuple(self._values[number].shape for number in operands),
            output=tuple(self._values[number].shape for number in item.outputs),
            read=sum(self._values[number].bytes for number in operands),
            written=sum(self._values[number].bytes for number in item.outputs),
            window=_window(item.calls) if kind == "pool" else None,
        )


def _grouped(calls: list[Call]) -> list[_Item]:
    """Calls of one call of the source together, unless a layer is among them."""
    members: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        if call.place.group:
            members[call.place.group].append(call)
    items: list[_Item] = []
    for call in calls:
        group = members.get(call.place.group, [call])
        whole = len(group) > 0 and all(member.layer is None and member.unsupported == 0 for member in group)
        called = call.place.called if call.place.called.isidentifier() else ""
        if call.layer is None and call.unsupported != 0:
            items.append(_Item([call], [], [], called or shown(call.name)))
        elif not whole or not called:
            items.append(_Item([call], [], [], shown(call.name)))
        elif call is group[-1]:
            items.append(_Item(group, [], [], called))
    return items


def _window(calls: Iterable[Call]) -> dict[str, int | list[int]] | None:
    """The window of a pool, None for one over the whole map."""
    for call in calls:
        sizes = call.plain.get("kernel_size")
        if sizes is None:
            continue
        kernel = [int(side) for side in _list(sizes)]
        height, width = (kernel[0], kernel[-1]) if len(kernel) > 1 or "2d" in call.name else (1, kernel[0])
        found: dict[str, int | list[int]] = {"height": height, "width": width}
        for key, default in (("stride", kernel), ("padding", [0])):
            values = [int(side) for side in _list(call.plain.get(key))] or default
            found[key] = values[0] if len(set(values)) == 1 else values
        return found
    return None


def _list(value: Any) -> list[Any]:
    return list(np.atleast_1d(value)) if value is not None else []
