"""A network on its way from a front end (PyTorch, ONNX) into a trace: layers and operations in the order they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .errors import TraceError
from .graph import GraphInput, GraphOperation
from .layers import Layer
from .not_exported import NotExported, summarize
from .shape import is_name
from .trace import TENSORS, VERSION, Trace

SHOWN = 6


class Network:
    """Collects what a front end finds; names are given by ``name`` so that none is used twice."""

    def __init__(self, model: str, description: str = "", framework: str | None = None) -> None:
        """``framework`` names the program that computed the values ("torch 2.13.0")."""
        self.model = model
        self.description = description
        self.framework = framework
        self.inputs: list[GraphInput] = []
        self.outputs: list[str] = []
        self.layers: list[Layer] = []
        self.operations: list[GraphOperation] = []
        self.not_exported: list[NotExported] = []
        self.notes: list[str] = []
        self._names: set[str] = set()

    def name(self, wanted: str) -> str:
        """A name that no producer has: ``wanted``, or ``wanted#2``, ``wanted#3`` for what runs again."""
        if not is_name(wanted):
            raise TraceError(f"a layer or operation is named {wanted!r}; expected a line of printable text")
        found, count = wanted, 1
        while found in self._names:
            count += 1
            found = f"{wanted}#{count}"
        self._names.add(found)
        return found

    def trace(self) -> Trace:
        """What was collected, as a trace; it is checked when it is written."""
        source = {"exporter": f"winograd_trace {VERSION}"}
        if self.framework is not None:
            source["framework"] = self.framework
        return Trace(
            self.model,
            tuple(self.layers),
            self.description,
            source,
            not_exported=tuple(self.not_exported),
            inputs=tuple(self.inputs),
            outputs=tuple(self.outputs),
            operations=tuple(self.operations),
        )

    def write(self, path: str | Path, tensors: str = TENSORS, comment: str = "") -> None:
        """Writes the manifest to ``path`` and the tensors into its folder, whole or not at all."""
        self.trace().write(path, tensors, comment)

    def summary(self) -> str:
        """Layers, multiplications, densities, what was fused, what stands alone and what is missing, in a few lines."""
        return summarize_trace(self.trace(), self.notes)


def summarize_trace(trace: Trace, notes: Iterable[str] = ()) -> str:
    """A text of about a dozen lines on a trace."""
    layers = trace.layers
    kinds = Counter(layer.operation for layer in layers)
    macs = Counter[str]()
    for layer in layers:
        macs[layer.operation] += layer.shape.dense_multiplies
    total = sum(macs.values())
    lines = [f"{trace.model}: {len(layers)} layers, {total:,} multiplications"]
    lines += [f"  {kind}: {kinds[kind]} with {macs[kind]:,} ({macs[kind] / total:.1%})" for kind in kinds]
    for what, shares in zip(("weights", "activations"), _weighted(layers), strict=True):
        lines.append(f"  non-zero {what}: {shares}")
    fused = Counter(step.operation for layer in layers for step in layer.fused)
    lines.append(f"  fused: {_counts(fused)}")
    lines.append(f"  operations that stand alone: {_counts(Counter(entry.kind for entry in trace.operations))}")
    if trace.not_exported:
        lines.append(f"  not exported: {summarize(trace.not_exported)}")
    else:
        lines.append("  not exported: nothing")
    return "\n".join([*lines, *(f"  {note}" for note in notes)])


def _weighted(layers: Iterable[Layer]) -> tuple[str, str]:
    """The shares of non-zero operands, weighted with the layers' multiplications."""
    sums, weights = [0.0, 0.0], [0, 0]
    for layer in layers:
        for i, share in enumerate(layer.nonzeros()):
            if share is not None:
                sums[i] += share * layer.shape.dense_multiplies
                weights[i] += layer.shape.dense_multiplies
    first, second = (
        f"{part / whole:.1%} (by multiplications)" if whole else "unknown"
        for part, whole in zip(sums, weights, strict=True)
    )
    return first, second


def _counts(found: Counter[str]) -> str:
    shown = [f"{count} {kind}" for kind, count in found.most_common(SHOWN)]
    if len(found) > SHOWN:
        shown.append(f"{sum(found.values()) - sum(count for _, count in found.most_common(SHOWN))} others")
    return ", ".join(shown) or "none"
