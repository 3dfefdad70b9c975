"""A run of a PyTorch model as a list of the dispatcher's calls, with the operands and outputs of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from . import counting
from .aten import VIEWS, is_view, order_of, plain
from .checking import rounding_of
from .errors import TraceError
from .leaves import LEAF, describe_leaf
from .operands import Values as Operand
from .products import Product, describe
from .quantized import grid_of, moved, on_grid
from .shape import Sides
from .values import Call, Place, Value, Values, memory_of
from .winograd import Array


@dataclass(frozen=True, eq=False)
class Multiplied:
    """A layer as it ran: operands and outputs as arrays, outputs without what was added to them."""

    product: Product
    strides: tuple[int, ...]
    weights: Operand
    activations: Operand
    outputs: Array
    added: Array | None
    rounding: float
    sources: tuple[int, ...]
    added_value: int | None
    bias: bool
    weights_move: bool


class Watch(TorchDispatchMode):
    """What recording and replaying share: the current place, and which tensors calls have padded with zeros."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = Place()
        self._padded: tuple[Tensor, Tensor, Sides, Place] | None = None

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = counting.name_of(func)
        composite = plain(name) in _COMPOSITES and isinstance(func, torch._ops.OpOverload)
        if composite and func._can_decompose():  # In inference mode composite calls arrive whole.
            with self:
                return func.decompose(*args, **kwargs)
        given = arguments(func, args, kwargs)
        product = None
        if name == LEAF:
            product = describe_leaf(given)
        elif name.startswith("aten::"):
            product = describe(plain(name), given, self.constant, self._unpadded)
        result = self.run(func, name, args, kwargs, given, product)
        if plain(name) == "constant_pad_nd" and (sides := _zeros_around(given)) is not None:
            self._padded = (result, given["self"], sides, self.place)
        return result

    def begin(self, inputs: list[tuple[str, Tensor]], constants: Mapping[str, Tensor]) -> None:
        """Takes the inputs of the run that follows, with their names, and what is constant in it."""

    def escape(self, tensor: Tensor) -> None:
        """Takes note of a tensor whose values leave PyTorch, where nothing is seen of what becomes of them."""

    def run(
        self,
        func: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        given: Mapping[str, Any],
        product: Product | None,
    ) -> Any:
        """Makes the call and returns its result."""
        raise NotImplementedError

    def constant(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on no input of the network."""
        raise NotImplementedError

    def _unpadded(self, tensor: Tensor) -> tuple[Tensor, Sides] | None:
        """The tensor that the same call of the source has padded with zeros, as unequal sides require."""
        if self._padded is None or self._padded[0] is not tensor or self._padded[3] != self.place:
            return None
        return self._padded[1], self._padded[2]


class Recorder(Watch):  # type: ignore[no-untyped-call]
    """Lists the calls of a run, with the operands and outputs of its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.values = Values()
        self.inputs: list[tuple[str, int]] = []
        self.answers: list[bool] = []
        self.products: list[Multiplied | None] = []
        self._owners: dict[int | None, str] = {}  # Of the memory of parameters: the module.

    def begin(self, inputs: list[tuple[str, Tensor]], constants: Mapping[str, Tensor]) -> None:
        """Makes tensors the inputs of the network."""
        for name, tensor in constants.items():
            self.values.of(tensor)
            self._owners[memory_of(tensor)] = name.rpartition(".")[0]
        for name, tensor in inputs:
            number = self.values.made(tensor, False, shares=False)
            self.inputs.append((name, number))
            if holds_nan(tensor):
                self.values.known[number].fault = f"network input '{name}'"

    def escape(self, tensor: Tensor) -> None:
        """Lets tensors that come from nowhere later depend on this one, unless it is constant."""
        number = self.values.of(tensor)
        if not self.values.known[number].constant:
            self.values.escaped.append(number)

    def constant(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on no input of the network; the answers are kept for a replay."""
        self.answers.append(self._is_constant(tensor))
        return self.answers[-1]

    def _is_constant(self, tensor: Tensor) -> bool:
        return self.values.known[self.values.of(tensor)].constant

    def run(
        self,
        func: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        given: Mapping[str, Any],
        product: Product | None,
    ) -> Any:
        """Makes the call and lists it, unless it is constant."""
        values, written = self.values, written_by(func, given)
        overwrites = plain(name) in _OVERWRITING or any(given.get("out") is t for t in written)
        takes = [] if plain(name) in _SHAPE_ONLY else tensors_of(given)
        read = [t for t in takes if not (overwrites and any(t is other for other in written))]
        numbers = [values.of(t) for t in read]
        known = [values.known[number] for number in numbers]
        constant = all(value.constant for value in known) and not (product is not None and self.place.recurrent)
        call = operands = None
        if not constant:
            call = Call(name, self.place, numbers, [], {k: v for k, v in given.items() if not tensors_of(v)})
            if product is not None:
                if not self.place.kind:  # In a branch of a graph, calls do not know their module.
                    owner = self._owners.get(memory_of(product.weight_source), "")
                    call.place = replace(self.place, module=self.place.module or owner)
                self._refuse_faults(product, known)
                operands = _operands(product, constant_weights=self._is_constant(product.weight_source))
                if np.isnan(operands[0]).any():
                    raise TraceError(f"layer '{self._where}': its weights hold NaN; every value must be finite")
        memories = {memory_of(t) for t in tensors_of(given)}
        if product is not None and call is None:
            self.products.append(None)
        result = func(*args, **kwargs)
        returned = tensors_of(result)
        if call is not None:
            if product is not None and operands is not None:
                call.layer = self._layer(product, operands, returned[0])
                self.products.append(call.layer)
                call.inputs = [*call.layer.sources]
                if call.layer.added_value is not None:
                    call.inputs.append(call.layer.added_value)
            else:
                call.view = _keeps_order(name, given, read, returned, written)
                if any(t.is_floating_point() or t.is_complex() for t in returned):
                    call.unsupported = counting.multiplications(func, args, kwargs, result)
            values.calls.append(call)
        outputs = [values.changed(t, constant) for t in written]
        returned = [t for t in returned if not any(t is other for other in written)]
        outputs += [values.made(t, constant, shares=memory_of(t) in memories) for t in returned]
        if call is not None:
            call.outputs += outputs
        self._mark(name, given, known, outputs, [*written, *returned])
        return result

    def _layer(self, product: Product, operands: tuple[Array, Array], result: Tensor) -> Multiplied:
        outputs, added = product.store(result.detach()).double(), product.added_outputs
        free = product.added is not None and not self._is_constant(product.added)
        bias = product.added is not None and not free and product.added.numel() in (1, product.shape.filters)
        if added is not None:
            outputs = outputs - added
            added = (added / product.alpha if product.alpha != 1.0 else added).detach().cpu()
        factors = [product.weight_source, *product.sources]
        device = result.device
        rounding = max(
            (rounding_of(t.dtype, device) for t in (*factors, result) if t.is_floating_point()), default=2.0**-24
        )
        grids = [self.values.known[self.values.of(t)].quantized for t in (product.weight_source, product.sources[0])]
        stored = [
            on_grid(array, grid, product.axis if i == 0 else None, product.operation, product.shape)
            for i, (array, grid) in enumerate(zip(operands, grids, strict=True))
        ]
        return Multiplied(
            product=replace(product, **_FORGOTTEN),
            strides=result.stride(),
            weights=stored[0],
            activations=stored[1],
            outputs=(outputs / product.alpha).float().cpu().numpy(),
            added=None if added is None else (added if added.dtype == torch.float32 else added.double()).numpy(),
            rounding=rounding,
            sources=tuple(self.values.of(t) for t in product.sources),
            added_value=self.values.of(product.added) if free and product.added is not None else None,
            bias=bias,
            weights_move=product.operation != "matmul" and not self._is_constant(product.weight_source),
        )

    def _refuse_faults(self, product: Product, known: list[Value]) -> None:
        """A NaN that reaches a multiplication is an error."""
        fault = next((value.fault for value in known if value.fault is not None), None)
        if fault is None:
            return
        text = f"its operands hold NaN, which {fault} has made; every value must be finite"
        raise TraceError(f"layer '{self._where}': {text}")

    @property
    def _where(self) -> str:
        return self.place.module or "the model itself"

    def _mark(
        self, name: str, given: Mapping[str, Any], known: list[Value], outputs: list[int], tensors: list[Tensor]
    ) -> None:
        """Notes what results are quantized to, and where a NaN comes from."""
        sources = [value for value in known if value.quantized is not None]
        grid = grid_of(name, given) or (moved(name, given, sources[0].quantized) if len(sources) == 1 else None)
        before = next((value.fault for value in known if value.fault is not None), None)
        for number, tensor in zip(outputs, tensors, strict=True):
            value = self.values.known[number]
            value.quantized = grid
            if not value.constant and holds_nan(tensor):
                where = f" in module '{self.place.module}'" if self.place.module else ""
                value.fault = before or f"the operation {plain(name)}{where}"


def arguments(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of its schema, defaults included."""
    schema = getattr(func, "_schema", None)
    if schema is None:
        return {**{str(i): value for i, value in enumerate(args)}, **kwargs}
    given = {argument.name: argument.default_value for argument in schema.arguments if argument.has_default_value()}
    given |= dict(zip((argument.name for argument in schema.arguments), args, strict=False))
    return {**given, **kwargs}


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors in arguments or results, in order."""
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def holds_nan(tensor: Tensor) -> bool:
    """Whether a tensor holds NaN. Its sum, which is faster, tells that of most tensors without one."""
    if not tensor.is_floating_point() or not bool(torch.isnan(tensor.sum())):
        return False
    return bool(torch.isnan(tensor).any())


def stored_array(tensor: Tensor, copy: bool = True) -> Array:
    """A tensor's values in the type that a trace has for them: float16, else float32; integers that it holds exactly."""
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point() and tensor.dtype != torch.bool and bool((tensor.abs() > 2**24).any()):
        raise TraceError(
            f"a product of {str(tensor.dtype).removeprefix('torch.')} has values above 2^24; expected less"
        )
    tensor = tensor.to(torch.float16 if tensor.dtype == torch.float16 else torch.float32).contiguous()
    array: Array = tensor.numpy()
    return array.copy() if copy else array


# Given up once a layer is stored: they would keep every tensor of the run alive.
_FORGOTTEN: dict[str, Any] = {"weights": None, "activations": None, "sources": (), "weight_source": None, "added": None}
# What has the shape of its operand, but none of its values.
_SHAPE_ONLY = frozenset(
    {"new_zeros", "new_ones", "new_full", "new_empty", "new_empty_strided", "zeros_like", "ones_like", "full_like"}
    | {"empty_like", "rand_like", "randn_like", "randint_like"}
)
_OVERWRITING = frozenset({"copy", "fill", "zero", "uniform", "normal", "random", "bernoulli"})
_COMPOSITES = frozenset(
    {"linear", "matmul", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "einsum"}
)


def written_by(func: Any, given: Mapping[str, Any]) -> list[Tensor]:
    """The tensors that a call changes in place."""
    schema = getattr(func, "_schema", None)
    if schema is None or not schema.is_mutable:
        return []
    names = [a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    return tensors_of([given.get(name) for name in names])


def _operands(product: Product, constant_weights: bool) -> tuple[Array, Array]:
    return stored_array(product.weights, not constant_weights), stored_array(product.activations)


def _keeps_order(
    name: str, given: Mapping[str, Any], read: list[Tensor], returned: list[Tensor], written: list[Tensor]
) -> bool:
    if len(read) != 1 or len(returned) != 1:
        return False
    if written:  # Such as squeeze_, which changes the shape only.
        return plain(name) in VIEWS
    source, result = read[0], returned[0]
    if plain(name) == "_to_copy" and source.dtype == result.dtype:
        return True
    return is_view(name, tuple(source.shape), tuple(result.shape), order_of(name, given, source.dim()))


def _zeros_around(given: Mapping[str, Any]) -> Sides | None:
    """Rows and columns of zeros that a call puts around a map, None where it pads other dimensions or cuts."""
    pad, value = [int(side) for side in given["pad"]], given.get("value", 0)
    if value != 0 or len(pad) not in (2, 4) or min(pad) < 0:
        return None
    left, right, top, bottom = (*pad, 0, 0)[:4]
    return top, left, bottom, right
