"""How a multiplying operation's tensors lie in a trace: its operands and outputs, there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..errors import TraceError
from ..layers import Operation
from ..shape import Shape
from ..winograd import Array
from .geometry import convolution_window, transposed_window
from .graph import Node

Sizes = Sequence[int]


class Form(Protocol):
    """One kind of multiplication. ``data`` and ``weight`` are the shapes of its operands in the graph."""

    operation: Operation

    def shape(self, data: Sizes, weight: Sizes) -> Shape:
        """The layer's shape."""

    def operands(self, data: Array, weight: Array) -> tuple[Array, Array]:
        """The layer's activations and weights."""

    def outputs(self, product: Array, data: Sizes, weight: Sizes) -> Array:
        """What the operation returns, without its bias, as a layer's outputs."""

    def product(self, outputs: Array, data: Sizes, weight: Sizes) -> Array:
        """A layer's outputs as what the operation returns, without its bias; sizes of 1 may be missing."""

    def filter_axis(self, dimensions: int) -> int | None:
        """The axis of the weights, in the graph, that counts filters; None where none does."""


class Convolution:
    """Conv and ConvTranspose over maps of one or two sides: [N, C, L] and [N, C, H, W]."""

    operation: Operation

    def __init__(self, node: Node, transposed: bool) -> None:
        self._node = node
        self._transposed = transposed
        self.operation = "transposed_convolution" if transposed else "convolution"

    def shape(self, data: Sizes, weight: Sizes) -> Shape:
        if len(data) not in (3, 4) or len(weight) != len(data):
            raise TraceError(
                f"{self._node}: data have shape {list(data)} and weights {list(weight)}; a trace holds convolutions of "
                "one or two dimensions"
            )
        window = (transposed_window if self._transposed else convolution_window)(self._node, data[2:], weight[2:])
        filters, share = (weight[1] * window.groups, weight[0]) if self._transposed else (weight[0], weight[1])
        if data[1] != (share if self._transposed else share * window.groups):
            raise TraceError(
                f"{self._node}: data have shape {list(data)}; weights of shape {list(weight)} in {window.groups} "
                "groups do not fit them"
            )
        height, width = (1, data[2]) if len(data) == 3 else (data[2], data[3])
        return Shape(
            channels=data[1],
            filters=filters,
            batch=data[0],
            height=height,
            width=width,
            kernel=window.kernel,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=window.groups,
            transposed=self._transposed,
            output_padding=window.output_padding,
        )

    def operands(self, data: Array, weight: Array) -> tuple[Array, Array]:
        return _two_sides(data), _two_sides(weight)

    def outputs(self, product: Array, data: Sizes, weight: Sizes) -> Array:
        return _two_sides(product)

    def product(self, outputs: Array, data: Sizes, weight: Sizes) -> Array:
        return outputs[:, :, 0] if len(data) == 3 else outputs

    def filter_axis(self, dimensions: int) -> int | None:
        return 1 if self._transposed else 0


def _two_sides(array: Array) -> Array:
    return array[:, :, np.newaxis] if array.ndim == 3 else array


class Linear:
    """Rows times constant weights. ``left`` means that the weights are the first factor: W X is the transpose of X' W'.

    ``transposed`` says which of data and weights have their last two axes exchanged, as Gemm allows.
    """

    operation: Operation = "linear"

    def __init__(self, node: Node, left: bool, transposed: tuple[bool, bool] = (False, False)) -> None:
        self._node = node
        self._left = left
        # A row holds the features last: X [.., M, K] does, and as the second factor X [.., K, N] does not.
        self._data_moves = transposed[0] != left
        # A trace has weights [K, C], filters first, as the first factor has.
        self._weight_moves = transposed[1] == left

    def shape(self, data: Sizes, weight: Sizes) -> Shape:
        rows = _exchanged(data) if self._data_moves and len(data) > 1 else list(data)
        filters, channels = self._sides(weight)
        if rows[-1] != channels:
            raise TraceError(f"{self._node}: data of shape {list(data)} and weights of {list(weight)} do not fit")
        return Shape(channels=channels, filters=filters, batch=math.prod(rows[:-1]))

    def _sides(self, weight: Sizes) -> list[int]:
        if len(weight) == 1:
            return [1, weight[0]]
        return _exchanged(weight)[-2:] if self._weight_moves else list(weight)[-2:]

    def operands(self, data: Array, weight: Array) -> tuple[Array, Array]:
        moved = data.swapaxes(-1, -2) if self._data_moves and data.ndim > 1 else data
        matrix = weight.reshape(1, -1) if weight.ndim == 1 else weight.reshape(weight.shape[-2:])
        turned = matrix.T if self._weight_moves and weight.ndim > 1 else matrix
        return moved.reshape(-1, moved.shape[-1]), turned

    def outputs(self, product: Array, data: Sizes, weight: Sizes) -> Array:
        # Where the weights are the first factor, its rows are the filters: [.., filters, rows].
        moves = self._left and len(data) > 1 and len(weight) > 1
        rows = product.swapaxes(-1, -2) if moves else product
        return rows.reshape(-1, self._sides(weight)[0])

    def product(self, outputs: Array, data: Sizes, weight: Sizes) -> Array:
        rows = _exchanged(data) if self._data_moves and len(data) > 1 else list(data)
        found = outputs.reshape(*rows[:-1], self._sides(weight)[0])
        if len(weight) == 1:
            return found[..., 0]
        return found.swapaxes(-1, -2) if self._left and len(data) > 1 else found

    def filter_axis(self, dimensions: int) -> int | None:
        if dimensions == 1:
            return None
        return dimensions - 1 if self._weight_moves else dimensions - 2


class Stacked:
    """Rows times a constant stack of matrices, [.., B, M, K] times [B, K, N]: a 1 x 1 convolution in B groups.

    Its activations are [N, B * K, M, 1], its weights [B * N, K, 1, 1]. ``left``: the stack is the first factor.
    """

    operation: Operation = "convolution"

    def __init__(self, node: Node, left: bool) -> None:
        self._node = node
        self._left = left

    def _sizes(self, data: Sizes, weight: Sizes) -> tuple[int, int, int, int, int]:
        """N, B, M, K and the number of filters of one matrix."""
        stack = list(weight[:-2])
        while stack and stack[0] == 1:
            stack.pop(0)
        outer = len(data) - 2 - len(stack)
        rows = _exchanged(data) if self._left else list(data)
        filters, channels = list(weight[-2:]) if self._left else _exchanged(weight)[-2:]
        if outer < 0 or list(data[outer:-2]) != stack or rows[-1] != channels:
            raise TraceError(
                f"{self._node}: operands of shapes {list(data)} and {list(weight)}, of which one is constant; a trace "
                "holds such products where every matrix of a stack has its own rows"
            )
        return math.prod(data[:outer]), math.prod(stack), rows[-2], channels, filters

    def shape(self, data: Sizes, weight: Sizes) -> Shape:
        batch, groups, rows, channels, filters = self._sizes(data, weight)
        return Shape(groups * channels, groups * filters, batch, rows, 1, groups=groups)

    def operands(self, data: Array, weight: Array) -> tuple[Array, Array]:
        batch, groups, rows, channels, filters = self._sizes(data.shape, weight.shape)
        columns = data if self._left else data.swapaxes(-1, -2)
        matrices = weight if self._left else weight.swapaxes(-1, -2)
        return (
            columns.reshape(batch, groups * channels, rows, 1),
            matrices.reshape(groups * filters, channels, 1, 1),
        )

    def outputs(self, product: Array, data: Sizes, weight: Sizes) -> Array:
        batch, groups, rows, _, filters = self._sizes(data, weight)
        columns = product if self._left else product.swapaxes(-1, -2)
        return columns.reshape(batch, groups * filters, rows, 1)

    def product(self, outputs: Array, data: Sizes, weight: Sizes) -> Array:
        _, groups, rows, _, filters = self._sizes(data, weight)
        found = outputs.reshape(-1, groups, filters, rows)
        return found if self._left else found.swapaxes(-1, -2)

    def filter_axis(self, dimensions: int) -> int | None:
        return None


class Matmul:
    """[.., M, K] times [.., K, N], both computed by the network; what leads is broadcast and folded into a batch."""

    operation: Operation = "matmul"

    def __init__(self, node: Node, transposed: tuple[bool, bool] = (False, False)) -> None:
        self._node = node
        self._transposed = transposed

    def _sides(self, data: Sizes, weight: Sizes) -> tuple[tuple[int, ...], int, int, int, int]:
        """The batch, B as one number or 1 where the rows hold it, M, K and N."""
        first = [1, *data] if len(data) == 1 else _exchanged(data) if self._transposed[0] else list(data)
        second = [*weight, 1] if len(weight) == 1 else _exchanged(weight) if self._transposed[1] else list(weight)
        try:
            batch = np.broadcast_shapes(tuple(first[:-2]), tuple(second[:-2]))
        except ValueError:
            batch = None
        if batch is None or first[-1] != second[-2]:
            raise TraceError(f"{self._node}: operands of shapes {list(data)} and {list(weight)} do not fit")
        if math.prod(second[:-2]) == 1:
            return batch, 1, math.prod(first[:-1]), first[-1], second[-1]
        return batch, math.prod(batch), first[-2], first[-1], second[-1]

    def shape(self, data: Sizes, weight: Sizes) -> Shape:
        _, batch, rows, channels, filters = self._sides(data, weight)
        return Shape(channels=channels, filters=filters, batch=batch, height=rows)

    def operands(self, data: Array, weight: Array) -> tuple[Array, Array]:
        """Activations [B, M, K] and weights [B, K, N]."""
        lead, batch, rows, channels, filters = self._sides(data.shape, weight.shape)
        first = data.swapaxes(-1, -2) if self._transposed[0] and data.ndim > 1 else data
        second = weight.swapaxes(-1, -2) if self._transposed[1] and weight.ndim > 1 else weight
        first = first.reshape(1, -1) if first.ndim == 1 else first
        second = second.reshape(-1, 1) if second.ndim == 1 else second
        if batch > 1 or math.prod(second.shape[:-2]) > 1:
            first = np.broadcast_to(first, (*lead, *first.shape[-2:]))
            second = np.broadcast_to(second, (*lead, *second.shape[-2:]))
        return first.reshape(batch, rows, channels), second.reshape(batch, channels, filters)

    def outputs(self, product: Array, data: Sizes, weight: Sizes) -> Array:
        _, batch, rows, _, filters = self._sides(data, weight)
        return product.reshape(batch, rows, filters)

    def product(self, outputs: Array, data: Sizes, weight: Sizes) -> Array:
        return outputs

    def filter_axis(self, dimensions: int) -> int | None:
        return None


def _exchanged(sizes: Sizes) -> list[int]:
    return [*sizes[:-2], sizes[-1], sizes[-2]]
