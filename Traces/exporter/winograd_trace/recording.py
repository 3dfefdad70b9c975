"""``record``: runs a PyTorch model once and records its layers as a trace.

Three things are checked while the model runs. A layer's output, less its bias, must be what its exported weights
compute (``checking``). All other multiplications are counted and listed (``counting``). A layer that a trace cannot
describe raises an error with the reason (``reading``).
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from .counting import Counter, Product, coarsest
from .errors import TraceError, TraceWarning
from .modules import WinogradConv2d
from .not_exported import NotExported, summarize
from .operands import Relu
from .reading import read_run
from .writer import TraceWriter

EXPORTED = (WinogradConv2d, nn.Conv2d, nn.Linear)
SUPPORTED = "nn.Conv2d, nn.Linear, WinogradConv2d and their subclasses"


def record(
    writer: TraceWriter,
    model: nn.Module,
    images: Any = (),
    relu: Mapping[str, Relu] | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> None:
    """Runs the model once and adds every ``WinogradConv2d``, ``Conv2d`` and ``Linear`` to the writer, as they run.

    ``images`` is the model's input: one value, a tuple of positional inputs, or a mapping of keyword inputs; ``kwargs``
    are further keyword inputs. The model runs in evaluation mode and without gradients.

    Layers are named as in ``model.named_modules()``; a model that is itself a layer is named after its type. ``relu``
    gives the ReLU before a layer's multiplications, by name; the default is ``spatial`` for a plain layer whose inputs
    are nowhere negative.

    Weights are those that the layer multiplies by when it runs: ``torch.nn.utils.prune``, ``parametrize`` and
    ``weight_norm`` are supported. Outputs are what the layer returned, less its bias. If they are not what the exported
    weights compute, a TraceError names the layer and the error: ``weight`` must hold the weights that ``forward``
    multiplies by.

    Other multiplications (transposed, 1-D and 3-D convolutions, attention, recurrent layers, functional calls such as
    ``F.conv2d``, ``torch.matmul``, ``@``) are listed in the manifest's ``not_exported`` with their number and reported
    in a TraceWarning; with ``strict`` they are a TraceError. Element-wise products (normalization, scaling, gates) are
    not counted.

    A TraceError leaves the writer unchanged.
    """
    positional, named = inputs_of(images, kwargs)
    model = getattr(model, "_orig_mod", model)
    recording = _Recording(model, dict(relu or {}))
    with recording.watching(), torch.no_grad():
        model(*positional, **named)
    recording.finish(writer, strict)


def inputs_of(images: Any, kwargs: Mapping[str, Any] | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword inputs from one value, a tuple or a mapping, and further keyword inputs."""
    named = dict(kwargs or {})
    if isinstance(images, Mapping):
        if twice := named.keys() & images.keys():
            raise TraceError(f"inputs {sorted(twice)} are given twice")
        return (), {**images, **named}
    return (images if isinstance(images, tuple) else (images,)), named


@dataclass
class _Frame:
    """A running module and its products; ``prepares_weights`` while it computes a weight of a layer."""

    name: str
    module: nn.Module
    prepares_weights: bool = False
    products: list[Product] = field(default_factory=list)


class _Recording:
    """One run of a model: its layers, and its other products."""

    def __init__(self, model: nn.Module, relu: Mapping[str, Relu]) -> None:
        self._model = model
        self._relu = relu
        self._names = {module: _plain(name) or type(model).__name__ for name, module in model.named_modules()}
        self._layers = {name: module for module, name in self._names.items() if isinstance(module, EXPORTED)}
        if unknown := relu.keys() - self._layers.keys():
            known = ", ".join(self._layers) or "none"
            raise TraceError(f"relu is given for {sorted(unknown)}; the model's layers are {known}")
        self._frames = [_Frame(type(model).__name__, model)]
        self._counter = Counter(self._take)
        self._ran: dict[str, str] = {}
        self._missing: Tally[tuple[str, str]] = Tally()
        self._unknown: set[tuple[str, str]] = set()
        # Layers are checked one by one and added to the writer together.
        self._checked = TraceWriter("checked")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Observes the model inside the block, in evaluation mode; restores the model afterwards."""
        training = {module: module.training for module in self._names}
        handles = []
        for module in self._names:
            if not isinstance(module, torch.jit.ScriptModule):
                handles += self._watch(module)
        # A compiled module would be compiled again with the hooks. Without one, its compiler is not loaded.
        eager = getattr(torch.compiler, "set_stance", None) if "torch._dynamo" in sys.modules else None
        try:
            with contextlib.suppress(NotImplementedError):  # A module of torch.export keeps its mode.
                self._model.eval()
            with eager("force_eager") if eager else contextlib.nullcontext(), self._counter.counting():
                yield
        finally:
            for module, mode in training.items():
                module.training = mode
            for handle in handles:
                handle.remove()

    def finish(self, writer: TraceWriter, strict: bool) -> None:
        """Adds the layers to the writer, and warns of what is missing."""
        self._leave(self._frames.pop())
        missing = [NotExported(*key, count) for key, count in self._missing.items() if key not in self._unknown]
        missing += [NotExported(*key) for key in self._unknown]
        order = list(self._missing)
        missing.sort(key=lambda entry: order.index((entry.name, entry.operation)))
        layers = self._checked.layers
        if not layers:
            raise TraceError(f"the model has no layer that a trace can hold: {self._found(missing)}")
        if idle := self._relu.keys() - self._ran.keys():
            raise TraceError(f"relu is given for {sorted(idle)}, which did not run")
        if missing and strict:
            raise TraceError(f"strict: {summarize(missing)}")
        writer.extend(layers, missing)
        if missing:
            made = sum(layer.shape.dense_multiplies for layer in layers)
            lost = sum(entry.multiplications or 0 for entry in missing)
            share = f" ({lost / (lost + made):.1%} of the model's)" if lost else ""
            warnings.warn(f"{summarize(missing)}{share}", TraceWarning, stacklevel=3)

    def _found(self, missing: list[NotExported]) -> str:
        """The modules of a model without layers, for a message."""
        containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict, ParametrizationList)
        kinds = Tally(
            type(m).__name__ + (", which did not run" if isinstance(m, EXPORTED) else "")
            for m in self._names
            if m is not self._model and not isinstance(m, containers)
        )
        kinds = kinds or Tally([type(self._model).__name__])
        text = "found " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        if missing:
            text += f"; {summarize(missing)}"
        return f"{text}; expected at least one of {SUPPORTED}"

    # While the model runs

    def _watch(self, module: nn.Module) -> list[Any]:
        """Hooks around all other hooks of a module, and one on what ``forward`` itself returns."""
        name = self._names[module]
        hooks = module._forward_pre_hooks.values()
        # PyTorch's own hooks compute the weight before the layer runs (spectral_norm).
        prepares = all(type(hook).__module__.startswith("torch.nn.utils.") for hook in hooks)

        def enter(_: nn.Module, __: Any) -> None:
            self._frames.append(_Frame(name, module, prepares))

        def start(_: nn.Module, __: Any) -> None:
            self._frames[-1].prepares_weights = isinstance(module, ParametrizationList)

        def take(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], returned: Any) -> None:
            if not self._prepares_weights:
                with self._counter.paused():
                    self._record(self._frames[-1], (*args, *kwargs.values()), returned)

        def leave(_: nn.Module, __: Any, ___: Any) -> None:
            self._leave(self._frames.pop())

        handles = [
            module.register_forward_pre_hook(enter, prepend=True),
            module.register_forward_pre_hook(start),
            module.register_forward_hook(leave, always_call=True),
        ]
        if isinstance(module, EXPORTED):
            handles.append(module.register_forward_hook(take, prepend=True, with_kwargs=True))
        return handles

    @property
    def _prepares_weights(self) -> bool:
        """Whether the running module computes a layer's weight, of which the result is exported."""
        depths = [depth for depth, frame in enumerate(self._frames) if frame.prepares_weights]
        return bool(depths) and any(isinstance(frame.module, EXPORTED) for frame in self._frames[: depths[-1] + 1])

    def _take(self, product: Product) -> None:
        if not self._prepares_weights:
            self._frames[-1].products.append(product)

    def _record(self, frame: _Frame, inputs: tuple[Any, ...], returned: Any) -> None:
        """Adds a layer that has run, and removes its own products from its frame."""
        name, module = frame.name, frame.module
        shapes = ", ".join(str(list(value.shape)) for value in inputs[:1] if isinstance(value, Tensor))
        if name in self._ran:
            raise TraceError(
                f"layer '{name}' runs twice, on inputs of {self._ran[name]} and of {shapes}; a trace has every layer "
                "once: use one layer per call, with a copy of the weights"
            )
        self._ran[name] = shapes
        multiplied = coarsest(product.datatype for product in frame.products if product.datatype is not None)
        read_run(self._checked, name, module, inputs, returned, self._relu.get(name), multiplied)
        if isinstance(module, WinogradConv2d):
            frame.products.clear()
        else:
            _drop(frame.products, self._checked.layers[-1].shape.dense_multiplies)

    def _leave(self, frame: _Frame) -> None:
        """Lists the products of a module that ends."""
        module = frame.module
        leaf = type(module).__module__.startswith(("torch.nn.", "torch.ao.nn.")) and not isinstance(module, EXPORTED)
        kind = str(module._get_name())  # type: ignore[no-untyped-call]
        for product in frame.products:
            key = (frame.name, kind if leaf else product.operation)
            self._missing[key] += product.multiplications or 0
            if product.multiplications is None:
                self._unknown.add(key)


def _drop(products: list[Product], own: int) -> None:
    """Removes the layer's own product, or the partial products that add up to it."""
    whole = next((product for product in products if product.multiplications == own), None)
    if whole is not None:
        products.remove(whole)
    elif sum(product.multiplications or 0 for product in products) <= own:
        products[:] = [product for product in products if product.multiplications is None]


def _plain(name: str) -> str:
    """A module's name without the parts that torch.compile adds."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")
