"""Collects layers one by one and writes them as a trace."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import TraceError
from .graph import GraphInput, GraphOperation
from .layers import Fused, Layer, Winograd
from .manifest import pair, pair_or_sides
from .not_exported import NotExported
from .operands import Density, Operand, Relu, Values, as_array, as_operand
from .shape import Shape, Sides
from .trace import TENSORS, VERSION, Trace
from .winograd import Array

Size = int | tuple[int, int]


class TraceWriter:
    """Makes a valid trace from arrays, densities and masks; every layer is checked when it is added.

    Arrays are numpy arrays or objects with the interface of PyTorch tensors. Shapes follow from arrays; for densities
    they must be given. An error raises a TraceError at its layer.

    >>> import numpy as np
    >>> writer = TraceWriter(model="two-layers", description="an example")
    >>> writer.convolution(
    ...     "conv1",
    ...     weights=Values(np.ones((8, 3, 4, 4), np.float32), domain="winograd"),
    ...     activations=np.zeros((1, 3, 10, 10), np.float32),
    ...     padding=1,
    ...     relu="winograd",
    ... )
    >>> writer.linear("classifier", weights=Density(0.5), activations=Density(0.4), features=200, filters=10)
    >>> writer.write("two-layers/trace.yaml")  # doctest: +SKIP
    """

    def __init__(self, model: str, description: str = "", framework: str | None = None, seed: int = 1) -> None:
        """``framework`` names the program that computed the values ("torch 2.13.0"); ``seed`` is that of densities."""
        self._model = model
        self._description = description
        self._seed = seed
        self._source = {"exporter": f"winograd_trace {VERSION}"}
        if framework is not None:
            self._source["framework"] = framework
        self._inputs: list[GraphInput] = []
        self._outputs: list[str] = []
        self._operations: list[GraphOperation] = []
        self._layers: list[Layer] = []
        self._not_exported: list[NotExported] = []

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers so far."""
        return tuple(self._layers)

    def convolution(
        self,
        name: str,
        *,
        weights: Any,
        activations: Any,
        outputs: Any = None,
        relu: Relu = "none",
        input: tuple[int, ...] | None = None,
        filters: int | None = None,
        kernel: Size | None = None,
        stride: Size = 1,
        padding: Size | Sides = 0,
        dilation: Size = 1,
        groups: int = 1,
        winograd: Winograd | None = None,
        inputs: Iterable[str] = (),
        fused: Iterable[Fused] = (),
    ) -> None:
        """Adds a convolution.

        ``weights`` are [K, C/groups, R, S], or ``Values(array, domain="winograd")`` of [K, C/groups, n, n];
        ``activations`` are [N, C, H, W], spatial, before a Winograd ReLU. ``outputs`` [N, K, Ho, Wo] are those before
        bias and activation. For operands without values, give ``input`` as (C, H, W) or (N, C, H, W), ``filters`` and
        ``kernel``. ``padding`` is a number, (vertical, horizontal) or (top, left, bottom, right). ``inputs`` names the
        producer of the activations, ``fused`` what follows the multiplications.
        """
        weight_operand, activation_operand = as_operand(weights), as_operand(activations)
        batch, channels, height, width = _image(name, activation_operand, input)
        shape = Shape(
            channels=channels,
            filters=_filters(name, weight_operand, filters, 4),
            batch=batch,
            height=height,
            width=width,
            kernel=_kernel(name, weight_operand, kernel, winograd),
            stride=pair(stride, f"layer '{name}': stride"),
            padding=pair_or_sides(padding, f"layer '{name}': padding"),
            dilation=pair(dilation, f"layer '{name}': dilation"),
            groups=groups,
        )
        operands = weight_operand, activation_operand
        recorded = _optional(outputs)
        self.add(
            Layer(
                name,
                shape,
                *operands,
                "convolution",
                relu,
                winograd,
                recorded,
                inputs=tuple(inputs),
                fused=tuple(fused),
            )
        )

    def transposed_convolution(
        self,
        name: str,
        *,
        weights: Any,
        activations: Any,
        outputs: Any = None,
        relu: Relu = "none",
        input: tuple[int, ...] | None = None,
        filters: int | None = None,
        kernel: Size | None = None,
        stride: Size = 1,
        padding: Size | Sides = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        inputs: Iterable[str] = (),
        fused: Iterable[Fused] = (),
    ) -> None:
        """Adds a transposed convolution of ``weights`` [C, K/groups, R, S] with ``activations`` [N, C, Hi, Wi].

        ``outputs`` are [N, K, Ho, Wo]; the rest is as in ``convolution``.
        """
        weight_operand, activation_operand = as_operand(weights), as_operand(activations)
        batch, channels, height, width = _image(name, activation_operand, input)
        if isinstance(weight_operand, Values):
            if weight_operand.array.ndim != 4:
                found = list(weight_operand.array.shape)
                raise TraceError(f"layer '{name}': weights have shape {found}; expected [C, K/groups, R, S]")
            _agree(name, "filters", filters, weight_operand.array.shape[1] * groups)
            filters = int(weight_operand.array.shape[1]) * groups
        shape = Shape(
            channels=channels,
            filters=_filters(name, Density(1.0), filters, 4),
            batch=batch,
            height=height,
            width=width,
            kernel=_kernel(name, weight_operand, kernel, None),
            stride=pair(stride, f"layer '{name}': stride"),
            padding=pair_or_sides(padding, f"layer '{name}': padding"),
            dilation=pair(dilation, f"layer '{name}': dilation"),
            groups=groups,
            transposed=True,
            output_padding=pair(output_padding, f"layer '{name}': output_padding"),
        )
        operands = weight_operand, activation_operand
        recorded = _optional(outputs)
        self.add(
            Layer(
                name,
                shape,
                *operands,
                "transposed_convolution",
                relu,
                None,
                recorded,
                inputs=tuple(inputs),
                fused=tuple(fused),
            )
        )

    def matmul(
        self,
        name: str,
        *,
        first: Any,
        second: Any,
        outputs: Any = None,
        relu: Relu = "none",
        sizes: tuple[int, int, int, int] | None = None,
        inputs: Iterable[str] = (),
        fused: Iterable[Fused] = (),
    ) -> None:
        """Adds a product of two activations, ``first`` [B, M, K] times ``second`` [B, K, N]; ``outputs`` are [B, M, N].

        For operands without values, give ``sizes`` as (B, M, K, N). ``inputs`` names the producers of both.
        """
        factors = [as_operand(first), as_operand(second)]
        shapes = [factor.array.shape if isinstance(factor, Values) else None for factor in factors]
        if any(shape is not None and len(shape) != 3 for shape in shapes) or (sizes is None and None in shapes):
            found = " and ".join("no values" if shape is None else str(list(shape)) for shape in shapes)
            raise TraceError(f"layer '{name}': factors have {found}; expected [B, M, K] and [B, K, N], or sizes")
        batch, rows, channels, filters = sizes or (*shapes[0], shapes[1][2])  # type: ignore[index, misc]
        shape = Shape(channels, filters, batch, rows)
        recorded = _optional(outputs)
        self.add(
            Layer(
                name,
                shape,
                factors[1],
                factors[0],
                "matmul",
                relu,
                None,
                recorded,
                inputs=tuple(inputs),
                fused=tuple(fused),
            )
        )

    def linear(
        self,
        name: str,
        *,
        weights: Any,
        activations: Any,
        outputs: Any = None,
        relu: Relu = "none",
        features: int | None = None,
        filters: int | None = None,
        batch: int | None = None,
        inputs: Iterable[str] = (),
        fused: Iterable[Fused] = (),
    ) -> None:
        """Adds a matrix product of ``weights`` [K, C] with ``activations`` [N, C]; ``outputs`` are [N, K].

        Activations [N, C, H, W] are flattened. For operands without values, give ``features`` (C), ``filters`` (K) and,
        unless it is 1, ``batch`` (N).
        """
        weight_operand, activation_operand = as_operand(weights), as_operand(activations)
        if isinstance(activation_operand, Values) and activation_operand.array.ndim > 2:
            rows = activation_operand.array
            activation_operand = activation_operand.reshaped(rows.shape[0], rows[0].size)
        if isinstance(activation_operand, Values) and activation_operand.array.ndim == 2:
            found = activation_operand.array.shape
            _agree(name, "batch", batch, found[0])
            _agree(name, "features", features, found[1])
            batch, features = found
        if features is None:
            raise TraceError(f"layer '{name}': features is missing, and there are no values that give it")
        count = _filters(name, weight_operand, filters, 2)
        shape = Shape(channels=features, filters=count, batch=1 if batch is None else batch)
        operands = weight_operand, activation_operand
        recorded = _optional(outputs)
        self.add(
            Layer(name, shape, *operands, "linear", relu, None, recorded, inputs=tuple(inputs), fused=tuple(fused))
        )

    def input(self, name: str, shape: Iterable[int]) -> None:
        """Adds a network input, which layers and operations can name as their producer."""
        self._inputs.append(GraphInput(name, tuple(shape)))

    def outputs(self, *names: str) -> None:
        """Adds producers whose values leave the network."""
        self._outputs += names

    def operation(self, operation: GraphOperation) -> None:
        """Adds an operation that does not multiply."""
        operation.check()
        self._operations.append(operation)

    def not_exported(self, name: str, operation: str, multiplications: int | None = None) -> None:
        """Lists multiplications of the model that are in no layer; None is an unknown number.

        ``name`` is their module, ``operation`` its type (``ConvTranspose2d``). winosim warns of them.
        """
        self.extend((), [NotExported(name, operation, multiplications)])

    def add(self, layer: Layer) -> None:
        """Adds a layer that was made elsewhere."""
        self.extend([layer])

    def extend(self, layers: Iterable[Layer], not_exported: Iterable[NotExported] = ()) -> None:
        """Adds layers and entries of ``not_exported`` that were made elsewhere: all of them, or none with an error."""
        added, missing = list(layers), list(not_exported)
        names = {layer.name for layer in self._layers}
        for layer in added:
            layer.check()
            if layer.name in names:
                raise TraceError(f"two layers are named '{layer.name}'")
            names.add(layer.name)
        for entry in missing:
            entry.check()
        self._layers += added
        self._not_exported += missing

    def trace(self) -> Trace:
        """The layers so far, as a trace."""
        layers, missing = tuple(self._layers), tuple(self._not_exported)
        graph = tuple(self._inputs), tuple(self._outputs), tuple(self._operations)
        trace = Trace(self._model, layers, self._description, self._source, self._seed, missing, *graph)
        trace.check()
        return trace

    def write(self, path: str | Path, tensors: str = TENSORS, comment: str = "") -> None:
        """Writes the manifest to ``path`` and the tensors into its folder, whole or not at all."""
        self.trace().write(path, tensors, comment)


def _optional(tensor: Any) -> Array | None:
    return None if tensor is None else as_array(tensor)


def _agree(name: str, what: str, said: object, found: object) -> None:
    if said is not None and said != found:
        raise TraceError(f"layer '{name}': {what} is given as {said!r}, but its values have {found!r}")


def _image(name: str, activations: Operand, said: tuple[int, ...] | None) -> tuple[int, int, int, int]:
    full = (1, *said) if said is not None and len(said) == 3 else said
    if isinstance(activations, Values):
        found = activations.array.shape
        if len(found) != 4:
            raise TraceError(f"layer '{name}': activations have shape {list(found)}; expected [N, C, H, W]")
        _agree(name, "input", full, found)
        full = found
    if full is None or len(full) != 4:
        raise TraceError(f"layer '{name}': input is {said!r}; expected (C, H, W) or (N, C, H, W)")
    return full[0], full[1], full[2], full[3]


def _filters(name: str, weights: Operand, said: int | None, dimensions: int) -> int:
    if isinstance(weights, Values):
        shape = weights.array.shape
        if len(shape) not in (dimensions, 4):
            raise TraceError(f"layer '{name}': weights have shape {list(shape)}; expected {dimensions} dimensions")
        _agree(name, "filters", said, shape[0])
        return int(shape[0])
    if said is None:
        raise TraceError(f"layer '{name}': filters is missing, and there are no values that give it")
    return said


def _kernel(name: str, weights: Operand, said: Size | None, winograd: Winograd | None) -> tuple[int, int]:
    kernel = None if said is None else pair(said, f"layer '{name}': kernel")
    if isinstance(weights, Values):
        edges = weights.array.shape[2:]
        if weights.domain == "winograd":
            tile = winograd.tile if winograd else 2
            edges = tuple(edge - tile + 1 for edge in edges)
        _agree(name, "kernel", kernel, edges)
        return edges[0], edges[1]
    if kernel is None:
        raise TraceError(f"layer '{name}': kernel is missing, and there are no values that give it")
    return kernel
