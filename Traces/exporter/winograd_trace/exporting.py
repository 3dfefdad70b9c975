"""``export``: any trained PyTorch network into a trace, in one call, checked against the network itself."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .assembling import assemble
from .capturing import Source, capture, in_order
from .densities import measured
from .errors import TraceError, TraceWarning
from .leaves import as_leaves
from .network import Network
from .not_exported import summarize
from .observing import observers_off
from .operands import Relu
from .recording import inputs_of
from .replaying import Replayer, compare_ends, ends_of
from .tape import Recorder
from .trace import TENSORS, Trace, read_trace

Stored = Literal["values", "density"]


@dataclass(frozen=True, eq=False)
class Exported:
    """A written trace, as it was read back, and a summary of about a dozen lines, which is also its text."""

    trace: Trace
    path: Path
    summary: str

    def __str__(self) -> str:
        return self.summary


def export(
    model: nn.Module,
    example_inputs: Any,
    path: str | Path,
    *,
    kwargs: Mapping[str, Any] | None = None,
    name: str | None = None,
    description: str = "",
    relu: Mapping[str, Relu] | None = None,
    skip_unsupported: bool = False,
    activations: Stored = "values",
    weights: Stored = "values",
    tensors: str = TENSORS,
    comment: str = "",
) -> Exported:
    """What ``winograd_trace.export`` describes."""
    path = Path(path)
    if path.is_dir():
        raise TraceError(f"{path} is a folder; expected the manifest's own path, such as {path / 'trace.yaml'}")
    model = getattr(model, "_orig_mod", model)
    _refuse_training(model)
    inputs = in_order(model, inputs_of(example_inputs, kwargs))
    network = Network(name or type(model).__name__, description, f"torch {torch.__version__}")
    with observers_off(model) as note, as_leaves(model):
        expected = Source(model, inputs).run()
        source = capture(model, inputs)
        network.notes += [text for text in (note, source.note) if text]
        recorder = Recorder()
        returned = source.run(recorder)
        _fill(network, model, recorder, returned, relu or {})
        _report(network, skip_unsupported)
        stored = (weights == "density", activations == "density")
        trace = _write_checked(network, path, tensors, comment, source, recorder, expected, stored)
    return Exported(trace, path, network.summary())


def _refuse_training(model: nn.Module) -> None:
    if "eval" in model.__dict__:  # A graph of torch.export keeps the mode that it was made in.
        return
    # Observers are made in training mode, which says nothing of the model.
    modules = [(n, m) for n, m in model.named_modules() if not type(m).__module__.startswith("torch.ao.quantization.")]
    training = [name for name, module in modules if module.training]
    if training:
        where = f"its module '{training[0]}' is" if training[0] else "it is"
        raise TraceError(
            f"the model is exported as it infers, but {where} in training mode: call model.eval() before the export"
        )


def _fill(network: Network, model: nn.Module, recorder: Recorder, returned: Any, relu: Mapping[str, Relu]) -> None:
    tensors = [leaf for _, leaf in ends_of(returned) if isinstance(leaf, Tensor)]
    ends = [recorder.values.of(tensor) for tensor in tensors]
    for number in ends:
        if (fault := recorder.values.known[number].fault) is not None:
            raise TraceError(f"what the network returns holds NaN, which {fault} has made; every value must be finite")
    leaves = {
        name: type(module).__module__.startswith("torch.nn.modules.") and not any(module.children())
        for name, module in model.named_modules()
    }
    assemble(recorder, ends, network, leaves, relu)
    if unknown := relu.keys() - {layer.name for layer in network.layers}:
        known = ", ".join(layer.name for layer in network.layers) or "none"
        raise TraceError(f"relu is given for {sorted(unknown)}; the network's layers are {known}")
    moving = [layer.name for layer, item in zip(network.layers, _layers(recorder), strict=True) if item.weights_move]
    if moving:
        network.notes.append(f"weights that the network computes from its input, as they were: {', '.join(moving)}")


def _layers(recorder: Recorder) -> list[Any]:
    return [layer for layer in recorder.products if layer is not None]


def _report(network: Network, skip_unsupported: bool) -> None:
    if not network.not_exported:
        return
    text = summarize(network.not_exported)
    if not skip_unsupported:
        raise TraceError(f"{text}; no layer of a trace is like these: skip_unsupported=True lists them instead")
    warnings.warn(text, TraceWarning, stacklevel=4)


def _write_checked(
    network: Network,
    path: Path,
    tensors: str,
    comment: str,
    source: Source,
    recorder: Recorder,
    expected: Any,
    densities: tuple[bool, bool],
) -> Trace:
    """Writes the files beside their place, checks them there, and gives them their names."""
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            network.write(draft, tensors, comment)
            try:
                trace = read_trace(draft)
            except TraceError as error:
                raise TraceError(str(error).replace(str(draft), str(path))) from None
            _check(trace, source, recorder, expected)
            if any(densities):
                network.layers = [
                    measured(layer, weights=densities[0], activations=densities[1]) for layer in trace.layers
                ]
                network.notes.append("densities were measured after the check of the values")
                network.write(draft, tensors, comment)
                trace = read_trace(draft)
            if (draft.parent / tensors).exists():
                os.replace(draft.parent / tensors, path.parent / tensors)
            os.replace(draft, path)
    except BaseException:
        for folder_made in made:
            if folder_made.exists() and not any(folder_made.iterdir()):
                folder_made.rmdir()
        raise
    return trace


def _check(trace: Trace, source: Source, recorder: Recorder, expected: Any) -> None:
    replayer = Replayer(recorder, trace.layers)
    returned = source.run(replayer)
    replayer.finish()
    compare_ends(returned, expected, max(layer.rounding for layer in _layers(recorder)))
