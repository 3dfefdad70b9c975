"""A PyTorch model that can run several times under a watch: as the graph of ``torch.export``, or by itself."""

from __future__ import annotations

import inspect
import io
import itertools
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten_with_path, tree_leaves, tree_map

from .aten import plain
from .counting import name_of
from .tape import Watch
from .values import Place

Inputs = tuple[tuple[Any, ...], dict[str, Any]]

_RECURRENT = re.compile(r"(lstm|gru|rnn_tanh|rnn_relu)(_cell)?")
_ESCAPES = ("numpy", "__array__", "tolist")  # Calls that take values out of PyTorch.
_REGIONS = ("wrap_with_set_grad_enabled", "wrap_with_autocast")


class Source:
    """A model with its inputs, which runs the same way every time; ``note`` says how it was captured."""

    note: str | None = None

    def __init__(self, model: nn.Module, inputs: Inputs) -> None:
        self.model = model
        self._inputs = inputs

    def run(self, watch: Watch | None = None) -> Any:
        """Runs the model with copies of its inputs, under the watch if there is one; returns what it returns."""
        inputs = tree_map(lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, self._inputs)
        named = [(name, leaf) for name, leaf in input_names(self.model, inputs) if isinstance(leaf, Tensor)]
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            stack.enter_context(torch.random.fork_rng(devices=[]))
            stack.enter_context(unchanged(self.model))
            if watch is None:
                return self.model(*inputs[0], **inputs[1])
            stack.enter_context(taken_apart())
            watch.begin(named, {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())})
            return self._run(watch, inputs)

    def _run(self, watch: Watch, inputs: Inputs) -> Any:
        raise NotImplementedError


class ExportedSource(Source):
    """The graph that ``torch.export`` gives."""

    def __init__(self, model: nn.Module, inputs: Inputs) -> None:
        super().__init__(model, inputs)
        with torch.no_grad(), unchanged(model), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._program = torch.export.export(model, *inputs, strict=False)
        kinds = [spec.kind.name for spec in self._program.graph_signature.input_specs]
        if kinds.count("USER_INPUT") != len(tree_leaves(inputs)) or "TOKEN" in kinds:
            raise RuntimeError("its graph has other inputs than the model")
        graphs = [part.graph for part in self._program.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
        targets = {str(getattr(node.target, "__name__", "")) for graph in graphs for node in graph.nodes}
        if "while_loop" in targets:
            raise RuntimeError("it has a while_loop")
        if "cond" in targets:
            self.note = "the network has branches (torch.cond); one path, that of these inputs, was recorded"

    def _run(self, watch: Watch, inputs: Inputs) -> Any:
        leaves, program = iter(tree_leaves(inputs)), self._program
        flat: list[Any] = []
        for spec in program.graph_signature.input_specs:
            if spec.kind.name == "USER_INPUT":
                flat.append(next(leaves))
            else:
                stored = program.state_dict if spec.target in program.state_dict else program.constants
                flat.append(stored[spec.target])
        with watch:
            results = _Interpreter(program.graph_module, watch).run(*flat)
        kept = [
            result
            for result, spec in zip(results, program.graph_signature.output_specs, strict=True)
            if spec.kind.name == "USER_OUTPUT"
        ]
        spec = program.call_spec.out_spec
        return kept if spec is None else torch.utils._pytree.tree_unflatten(kept, spec)


class DirectSource(Source):
    """The model itself, whose calls are seen as they come: the path that these inputs take."""

    def __init__(self, model: nn.Module, inputs: Inputs, reason: str) -> None:
        super().__init__(model, inputs)
        self.note = f"torch.export refused the model ({reason}); one path, that of these inputs, was recorded"

    def _run(self, watch: Watch, inputs: Inputs) -> Any:
        watch.place = Place("", _type_of(self.model))
        names = {module: name for name, module in self.model.named_modules()}
        handles: list[Any] = []
        stack: list[Place] = []

        def enter(module: nn.Module, _: Any) -> None:
            stack.append(watch.place)
            watch.place = Place(names[module], _type_of(module))

        def leave(_: nn.Module, __: Any, ___: Any) -> None:
            watch.place = stack.pop()

        try:
            for module in names:
                if not isinstance(module, torch.jit.ScriptModule):
                    handles.append(module.register_forward_pre_hook(enter, prepend=True))
                    handles.append(module.register_forward_hook(leave, always_call=True))
            with _Functions(watch), watch:
                return self.model(*inputs[0], **inputs[1])
        finally:
            for handle in handles:
                handle.remove()


def capture(model: nn.Module, inputs: Inputs) -> Source:
    """The model as the graph of ``torch.export``; as itself where that refuses it."""
    try:
        with taken_apart(), quiet():
            return ExportedSource(model, inputs)
    except Exception as error:  # noqa: BLE001 - torch.export's errors have no type in common.
        lines = [line for line in str(error).splitlines() if line.strip()]
        return DirectSource(model, inputs, (lines[0] if lines else type(error).__name__)[:120].rstrip(" .:"))


def input_names(model: nn.Module, inputs: Inputs) -> list[tuple[str, Any]]:
    """The leaves of a model's inputs with the names of its parameters: ``x``, ``states.0``."""
    args, kwargs = inputs
    try:
        parameters = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for i in range(len(args)):
        own = [p for p in parameters[: i + 1] if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        names.append(own[i].name if len(own) > i else f"input.{i}")
    found: list[tuple[str, Any]] = []
    for name, value in itertools.chain(zip(names, args, strict=True), kwargs.items()):
        for path, leaf in tree_flatten_with_path(value)[0]:
            keys = [str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path]
            found.append((".".join([name, *keys]), leaf))
    return found


def in_order(model: nn.Module, inputs: Inputs) -> Inputs:
    """The inputs with keywords in the order of the model's parameters, as ``torch.export`` takes them."""
    args, kwargs = inputs
    try:
        order = list(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):
        order = []
    known = [name for name in order if name in kwargs]
    return args, {name: kwargs[name] for name in [*known, *(name for name in kwargs if name not in known)]}


@contextmanager
def quiet() -> Iterator[None]:
    """No logs and no prints inside the block: where torch.export fails it prints its graph, and the summary says so in a line."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.ERROR))
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


@contextmanager
def taken_apart() -> Iterator[None]:
    """Attention as its products inside the block, not as one call."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
    """Restores the model's attributes and buffers after the block, whatever a run or an export left in them."""
    modules = list(model.modules())
    attributes = [{key: _shallow(value) for key, value in module.__dict__.items()} for module in modules]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for module, saved in zip(modules, attributes, strict=True):
            for key in module.__dict__.keys() - saved.keys():
                del module.__dict__[key]
            for key, value in saved.items():
                current = module.__dict__.get(key)
                if isinstance(value, dict) and isinstance(current, dict):
                    current.clear()
                    current.update(value)
                elif isinstance(value, list) and isinstance(current, list):
                    current[:] = value
                else:
                    module.__dict__[key] = value
        with torch.no_grad():
            for buffer, content in buffers:
                buffer.copy_(content)


def _shallow(value: Any) -> Any:
    return value.copy() if isinstance(value, (dict, list)) else value


class _Interpreter(torch.fx.Interpreter):
    """Runs a graph node by node and tells the watch where each one stands."""

    groups = itertools.count(1)

    def __init__(self, module: torch.fx.GraphModule, watch: Watch) -> None:
        super().__init__(module)
        self.extra_traceback = False  # Which would change the text of errors.
        self._watch = watch

    def run_node(self, n: torch.fx.Node) -> Any:
        """One node."""
        module, kind = "", ""
        if stack := n.meta.get("nn_module_stack"):
            module, said = list(stack.values())[-1]
            module = re.sub(r"@\d+", "", module)
            kind = said if isinstance(said, str) else f"{said.__module__}.{said.__qualname__}"
        target = n.target
        called = str(getattr(target, "__name__", target))
        if isinstance(target, torch._ops.OpOverload):
            called = plain(name_of(target))
        recurrent = bool(_RECURRENT.fullmatch(called))
        self._watch.place = Place(module, kind, next(self.groups), called, recurrent)
        with _one_by_one(recurrent):
            return super().run_node(n)

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call; regions without gradients or with another datatype are graphs of their own."""
        name = str(getattr(target, "__name__", ""))
        if name == "cond":
            chosen = args[1] if bool(args[0]) else args[2]
            return _Interpreter(chosen, self._watch).run(*args[3])
        if name not in _REGIONS:
            return super().call_function(target, args, kwargs)
        first = next(i for i, value in enumerate(args) if isinstance(value, torch.fx.GraphModule))
        with _region(name, args[:first]):
            return _Interpreter(args[first], self._watch).run(*args[first + 1 :])


@contextmanager
def _region(name: str, settings: tuple[Any, ...]) -> Iterator[None]:
    if name == "wrap_with_autocast":
        device, datatype, enabled, cached = settings
        with torch.autocast(device, datatype, enabled, cached):
            yield
    else:
        yield  # Nothing here has gradients.


@contextmanager
def _one_by_one(recurrent: bool) -> Iterator[None]:
    """Recurrent layers step by step, in products of their own, where oneDNN would make one call of them."""
    if not recurrent:
        yield
        return
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(before)


class _Functions(TorchFunctionMode):
    """Tells the watch which of PyTorch's functions the model calls."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._groups = itertools.count(1)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        before, called = self._watch.place, str(getattr(func, "__name__", ""))
        recurrent = bool(_RECURRENT.fullmatch(called))
        self._watch.place = Place(before.module, before.kind, next(self._groups), plain(called), recurrent)
        try:
            with _one_by_one(recurrent):
                result = func(*args, **(kwargs or {}))
        finally:
            self._watch.place = before
        if called in _ESCAPES and isinstance(args[0], Tensor):
            self._watch.escape(args[0])
        return result


def _type_of(module: nn.Module) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"
