"""A whole trace: checked, written whole or not at all, and read back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import TraceError
from .graph import (
    GraphInput,
    GraphOperation,
    check_graph,
    read_inputs,
    read_operations,
    render_graph,
    render_operations,
)
from .layers import Layer
from .manifest import (
    FORMAT,
    flow,
    known_keys,
    mapping,
    parse,
    read_layer,
    read_names,
    render_layer,
    scalar,
    tensors_of,
)
from .not_exported import NotExported, read_not_exported, render_not_exported, summarize
from .shape import is_integer, is_name
from .tensorfile import load, stream
from .winograd import Array

VERSION = "1.0"
TENSORS = "tensors.safetensors"

_OPTIONAL = ("description", "source", "seed", "tensors", "inputs", "outputs", "operations", "not_exported")


@dataclass(frozen=True, eq=False)
class Trace:
    """A network's layers with their operands, as the manifest and its tensors describe them.

    ``inputs``, ``outputs`` (names of producers) and ``operations`` make the layers a graph. ``not_exported`` lists the
    network's other multiplications.
    """

    model: str
    layers: tuple[Layer, ...]
    description: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    not_exported: tuple[NotExported, ...] = ()
    inputs: tuple[GraphInput, ...] = ()
    outputs: tuple[str, ...] = ()
    operations: tuple[GraphOperation, ...] = ()

    def check(self) -> None:
        """Raises a TraceError where winosim would not accept the trace."""
        if not is_name(self.model):
            raise TraceError(f"model is {self.model!r}; expected a non-empty string without control characters")
        lines = {"description": self.description, **{f"source {key}": text for key, text in self.source.items()}}
        for what, text in lines.items():
            if not isinstance(text, str) or not text.isprintable():
                raise TraceError(f"{what} is {text!r}; expected one line of text without control characters")
        if not is_integer(self.seed) or not 0 <= self.seed < 2**63:
            raise TraceError(f"seed is {self.seed!r}; expected an integer from 0 to 2^63 - 1")
        for entry in self.not_exported:
            entry.check()
        if not self.layers:
            instead = f"; {summarize(self.not_exported)}" if self.not_exported else ""
            raise TraceError(f"a trace has at least one layer, a convolution or a linear one{instead}")
        for layer in self.layers:
            layer.check()
        check_graph(self.inputs, self.outputs, self.layers, self.operations)

    def tensors(self) -> dict[str, Array]:
        """Every tensor of the trace by its name."""
        found: dict[str, Array] = {}
        for layer in self.layers:
            for name, array in tensors_of(layer).items():
                if name in found:
                    raise TraceError(f"layer '{layer.name}': another layer has a tensor named '{name}'")
                found[name] = array
        return found

    def manifest(self, tensors: str = TENSORS, comment: str = "") -> str:
        """The manifest's text, after ``comment``, line by line."""
        text = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
        text += f"format: {FORMAT}\nmodel: {scalar(self.model)}\n"
        if self.description:
            text += f"description: {scalar(self.description)}\n"
        if self.source:
            text += f"source: {flow(self.source)}\n"
        if self.seed != 1:
            text += f"seed: {self.seed}\n"
        if any(tensors_of(layer) for layer in self.layers):
            text += f"tensors: {scalar(tensors)}\n"
        text += render_not_exported(self.not_exported) + render_graph(self.inputs, self.outputs)
        text += "layers:\n" + "".join(render_layer(layer) for layer in self.layers)
        return text + render_operations(self.operations)

    def write(self, path: str | Path, tensors: str = TENSORS, comment: str = "") -> None:
        """Checks the trace and writes the manifest to ``path`` and its tensors, if any, into the same folder.

        Both files are complete before either gets its name. On a failure neither is written.
        """
        path = Path(path)
        if Path(tensors).name != tensors or tensors in (path.name, ".", ".."):
            raise TraceError(f"tensors file {tensors!r}; expected the name of a file in the manifest's folder")
        self.check()
        arrays = self.tensors()
        files: dict[Path, bytes | Iterable[bytes | memoryview]] = (
            {path.parent / tensors: stream(arrays)} if arrays else {}
        )
        files[path] = [self.manifest(tensors, comment).encode()]
        write_whole(files)

    def output_errors(self) -> dict[str, float]:
        """The relative error of the recorded outputs against the reference, for the layers that have values."""
        errors = {layer.name: layer.output_error() for layer in self.layers}
        return {name: error for name, error in errors.items() if error is not None}


def read_trace(path: str | Path) -> Trace:
    """Reads and checks a trace; raises a TraceError that names the manifest for any fault in it."""
    path = Path(path)
    try:
        return _read(path, path.read_text(encoding="utf-8"))
    except (TraceError, UnicodeDecodeError) as error:
        raise TraceError(f"{path}: {error}") from None


def write_whole(files: Mapping[Path, bytes | Iterable[bytes | memoryview]]) -> None:
    """Writes files in the given order, from their bytes or parts; all are complete before the first gets its name."""
    staged: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            staged[path] = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                for part in [data] if isinstance(data, bytes) else data:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def _read(path: Path, text: str) -> Trace:
    given = parse(text)
    known_keys(given, ("format", "model", "layers"), _OPTIONAL, "the manifest")
    if given["format"] != FORMAT:
        raise TraceError(f"format is {given['format']!r}; expected {FORMAT}")
    if not isinstance(given["layers"], list):
        raise TraceError("layers must be a list")
    names = given.get("tensors", [])
    arrays = load(path.parent, names if isinstance(names, list) else [names])

    def fetch(name: object) -> Array:
        if not isinstance(name, str) or name not in arrays:
            raise TraceError(f"there is no tensor {name!r}; known are {', '.join(sorted(arrays)) or 'none'}")
        return arrays[name]

    trace = Trace(
        model=given["model"],
        layers=tuple(read_layer(mapping(layer, "a layer"), fetch) for layer in given["layers"]),
        description=given.get("description", ""),
        source=mapping(given.get("source", {}), "source"),
        seed=given.get("seed", 1),
        not_exported=read_not_exported(given.get("not_exported", [])),
        inputs=read_inputs(given.get("inputs", [])),
        outputs=read_names(given.get("outputs", []), "outputs"),
        operations=read_operations(given.get("operations", [])),
    )
    trace.check()
    return trace
