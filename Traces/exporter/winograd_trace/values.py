"""Who made the values that a run's calls read.

Values are numbered in the order in which they are made: a tensor that an in-place call changes becomes another value,
and so do the tensors that share what was changed. A value is constant if no input of the network reaches it; constant
calls are not listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from .quantized import Grid


@dataclass(frozen=True)
class Place:
    """Where a call stands: its module's path and type, and the call of the source that it is a part of."""

    module: str = ""
    kind: str = ""
    group: int = 0
    called: str = ""
    recurrent: bool = False


@dataclass(eq=False)
class Value:
    """A tensor at one time. ``quantized`` is the grid that it lies on; ``fault`` names what first made a NaN of it."""

    shape: tuple[int, ...]
    bytes: int
    constant: bool
    quantized: Grid | None = None
    fault: str | None = None


@dataclass(eq=False)
class Call:
    """One call of the dispatcher. ``plain`` arguments are those that are no tensors, by name."""

    name: str
    place: Place
    inputs: list[int]
    outputs: list[int]
    plain: Mapping[str, Any] = field(default_factory=dict)
    view: bool = False
    layer: Any = None
    unsupported: int | None = 0


@dataclass(frozen=True)
class _Region:
    """The elements of a memory that a tensor covers."""

    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]

    @classmethod
    def of(cls, tensor: Tensor) -> _Region:
        return cls(int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride())

    def overlaps(self, other: _Region) -> bool:
        """Whether both have an element in common, exactly where they differ in their offsets only."""
        if 0 in (*self.sizes, *other.sizes):
            return False
        if (self.sizes, self.strides) != (other.sizes, other.strides):
            return self.offset <= other._last and other.offset <= self._last
        steps = sorted(zip(self.strides, self.sizes, strict=True), reverse=True)
        return _reaches(other.offset - self.offset, [(stride, size) for stride, size in steps if stride > 0])

    @property
    def _last(self) -> int:
        return self.offset + sum((size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True))


def _reaches(distance: int, steps: list[tuple[int, int]]) -> bool:
    """Whether a distance is a sum of strides, each taken fewer times than its size in either direction."""
    if not steps:
        return distance == 0
    stride, size = steps[0]
    return any(
        abs(count) < size and _reaches(distance - count * stride, steps[1:])
        for count in (distance // stride, distance // stride + 1)
    )


@dataclass(eq=False)
class _Memory:
    """What is known of the memory that tensors share: the value of all of it, and what was written since."""

    whole: int
    written: list[tuple[int, _Region]] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)  # Values of parts that ``whole`` lacks.


class Values:
    """Which value a tensor has at the moment, and the calls that made the values."""

    def __init__(self) -> None:
        self.known: list[Value] = []
        self.calls: list[Call] = []
        self._numbers: MutableMapping[Tensor, int] = WeakTensorKeyDictionary()
        self._memories: dict[int, _Memory] = {}
        self.escaped: list[int] = []  # Values that left PyTorch, of which tensors made outside may be made.

    def made(self, tensor: Tensor, constant: bool, shares: bool) -> int:
        """The value of a call's result, which ``shares`` the memory of an operand or has its own."""
        number = self._new(tensor, constant)
        memory = memory_of(tensor)
        if memory is not None and not (shares and memory in self._memories):
            self._memories[memory] = _Memory(number)
        return number

    def of(self, tensor: Tensor) -> int:
        """The value of a tensor; one that was never seen is constant, unless values have left PyTorch before."""
        memory = self._memories.get(memory_of(tensor) or 0)
        number = self._numbers.get(tensor)
        if number is None:
            number = self.made(tensor, not self.escaped, shares=True)
            if self.escaped:
                self.calls.append(Call("outside::numpy", Place(), list(self.escaped), [number]))
            newer = memory.written if memory is not None else []
        else:
            newer = [entry for entry in memory.written if entry[0] > number] if memory is not None else []
        if not newer or memory is None:
            return number
        region = _Region.of(tensor)
        over = [entry for entry in newer if region.overlaps(entry[1])]
        if not over:
            return number
        source, written = over[-1]
        if written != region:
            source = self._complete(memory)
        return self._part(tensor, source)

    def changed(self, tensor: Tensor, constant: bool) -> int:
        """The value of a tensor after an in-place call."""
        memory = self._memories.get(memory_of(tensor) or 0)
        number = self._new(tensor, constant)
        if memory is None:
            return self.made(tensor, constant, shares=False)
        memory.written.append((number, _Region.of(tensor)))
        if math.prod(self.known[memory.whole].shape) == tensor.numel():
            memory.whole, memory.pending = number, []
        else:
            memory.pending.append(number)
        return number

    def _complete(self, memory: _Memory) -> int:
        """The value of all of a memory, with the parts that were written."""
        for part in memory.pending:
            before = self.known[memory.whole]
            constant = before.constant and self.known[part].constant
            number = self._add(before.shape, before.bytes, constant)
            if not constant:
                self.calls.append(Call("aten::slice_scatter", Place(), [memory.whole, part], [number]))
            memory.whole = number
        memory.pending = []
        return memory.whole

    def _part(self, tensor: Tensor, source: int) -> int:
        """A tensor that is all or a part of a value."""
        whole = self.known[source]
        part = self._new(tensor, whole.constant)
        if not whole.constant:
            view = math.prod(whole.shape) == tensor.numel()
            self.calls.append(Call("aten::view" if view else "aten::slice", Place(), [source], [part], view=view))
        return part

    def _new(self, tensor: Tensor, constant: bool) -> int:
        number = self._add(tuple(int(side) for side in tensor.shape), tensor.numel() * tensor.element_size(), constant)
        self._numbers[tensor] = number
        return number

    def _add(self, shape: tuple[int, ...], size: int, constant: bool) -> int:
        self.known.append(Value(shape, size, constant))
        return len(self.known) - 1


def memory_of(tensor: Tensor) -> int | None:
    """What identifies the memory of a tensor; None for one without (a sparse one)."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return None
