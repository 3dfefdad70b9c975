"""``export``: an ONNX file in, a checked trace out."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from ..densities import measured
from ..errors import TraceError
from ..layers import Layer
from ..manifest import tensors_of
from ..network import Network
from ..operands import Values
from ..trace import TENSORS, Trace, read_trace
from ..winograd import Array
from .checking import Check, run_whole
from .drawing import draw_inputs, draw_weights
from .flow import Flow
from .graph import Graph, Node
from .network import Builder
from .products import Product, find_products, refuse
from .quantization import check_scales, find_dequantized
from .reading import read_model
from .recording import Kept, Record, Recorder, dense_records
from .shapes import DRAWN, fix_inputs, fold

MANIFEST = "trace.yaml"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What an export keeps. ``activations`` and ``weights`` are stored as values, as measured densities, or
    (activations) not at all: as dense. ``random`` draws inputs that are not given, and generated weights, from ``seed``.
    """

    activations: Kept = "values"
    weights: Kept = "values"
    random: bool = False
    seed: int = 1
    skip_unsupported: bool = False
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Exported:
    """A written trace, as it was read back, how many of its layers were checked, and a summary, which is its text."""

    trace: Trace
    path: Path
    checked: int
    summary: str

    def __str__(self) -> str:
        return self.summary


def export(
    path: str | Path,
    output: str | Path,
    inputs: Mapping[str, Array] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> Exported:
    """Writes ``trace.yaml`` and its tensors into the folder ``output``, checked against the model, or nothing.

    ``inputs`` are arrays by the names of the network's inputs ("" where it has one), ``shapes`` fix inputs that are not
    given. ``progress`` gets a phase and the numbers of layers that are done and in all; ``announce`` a line about the
    files' sizes before they are written. A TraceError names the file and the node.
    """
    path = Path(path)
    options = options or Options()
    try:
        return _Export(path, options, progress, announce or (lambda _: None)).run(
            Path(output), dict(inputs or {}), dict(shapes or {})
        )
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None


class _Export:
    def __init__(
        self, path: Path, options: Options, progress: Progress | None, announce: Callable[[str], None]
    ) -> None:
        self._path = path
        self._options = options
        self._progress = progress
        self._announce = announce

    def run(self, output: Path, inputs: dict[str, Array], shapes: dict[str, Sequence[int]]) -> Exported:
        options = self._options
        graph = read_model(self._path)
        if options.random:
            draw_weights(graph, options.seed)
        feeds = _feeds(graph, inputs)
        dequantized = find_dequantized(graph)
        fix_inputs(graph, {**shapes, **{name: array.shape for name, array in feeds.items()}})
        nodes = graph.nodes
        check_scales(nodes, graph.constants)
        fold(graph)
        check_scales(nodes, graph.constants)
        _refuse_draws(graph)
        products, refused = find_products(graph, dequantized)
        if refused and not options.skip_unsupported:
            refuse(refused)
        if not products:
            raise TraceError(f"the network has no layer that a trace can hold: {_kinds(graph)}")
        if feeds or options.random or not graph.inputs:
            return self._with_values(graph, products, refused, feeds, output)
        self._require_shapes_only(graph, products)
        records = dense_records(graph, products)
        network, _ = self._network(graph, records, refused, f"onnx {onnx.__version__}")
        with _Folder(output) as folder:
            network.write(folder / MANIFEST)
            trace = read_trace(folder / MANIFEST)
        return _exported(network, trace, output, 0)

    def _with_values(
        self,
        graph: Graph,
        products: list[Product],
        refused: list[tuple[Node, int | None]],
        feeds: dict[str, Array],
        output: Path,
    ) -> Exported:
        options = self._options
        missing = [name for name in graph.inputs if name not in feeds]
        if missing and not options.random:
            raise TraceError(f"input '{missing[0]}' has no values; give it with --input {missing[0]}=ARRAY.npy")
        drawn = draw_inputs(graph, options.seed) if missing else {}
        feeds = {name: feeds[name] if name in feeds else drawn[name] for name in graph.inputs}
        expected = run_whole(None if graph.is_changed else self._path, graph, feeds)
        wanted = {name for node in graph.nodes for name in node.outputs if name and name not in graph.shapes}
        flow = Flow(graph, products, wanted)
        recorder = Recorder(graph, options.activations)
        recorder.run(flow, feeds, self._phase("running", len(products)))
        network, names = self._network(graph, recorder.records, refused, f"onnxruntime {onnxruntime.__version__}")
        self._announce(_cost(_sizes(network), options))
        with _Folder(output) as folder:
            network.write(folder / MANIFEST)
            trace = read_trace(folder / MANIFEST)
            check = Check(graph, trace, names, recorder.records)
            check.run(flow, feeds, expected, self._phase("checking", len(products)))
            if "density" in (options.activations, options.weights):
                network.layers = [self._measured(layer) for layer in trace.layers]
                network.write(folder / MANIFEST)
                trace = read_trace(folder / MANIFEST)
        return _exported(network, trace, output, check.checked)

    def _measured(self, layer: Layer) -> Layer:
        """The layer with measured densities in the place of the values that are not to be kept."""
        options = self._options
        return measured(
            layer,
            weights=options.weights == "density" and isinstance(layer.weights, Values),
            activations=options.activations == "density" and isinstance(layer.activations, Values),
        )

    def _network(
        self,
        graph: Graph,
        records: Mapping[Product, Record],
        refused: Sequence[tuple[Node, int | None]],
        framework: str,
    ) -> tuple[Network, dict[Product, str]]:
        network = Network(self._options.name or self._path.stem, framework=framework)
        builder = Builder(graph, network, records)
        builder.build(refused)
        return network, builder.names

    def _phase(self, what: str, count: int) -> Callable[[int], None] | None:
        report = self._progress
        return None if report is None else lambda done: report(what, done, count)

    def _require_shapes_only(self, graph: Graph, products: Sequence[Product]) -> None:
        """Without a run, all operands must be densities."""
        if self._options.activations == "none" and self._options.weights == "density":
            return
        real = [product for product in products if product.weight.name not in graph.generated]
        if real:
            raise TraceError(
                f"{real[0].node} has weights, and activations come from a run: give the network's inputs with --input "
                "ARRAY.npy, or --random for seeded ones; --activations none --weights density needs no run"
            )


class _Folder:
    """A folder next to the place of the files, from which they move there when all is well."""

    def __init__(self, output: Path) -> None:
        self._output = output

    def __enter__(self) -> Path:
        self._made = not self._output.exists()
        self._output.mkdir(parents=True, exist_ok=True)
        self._stage = Path(tempfile.mkdtemp(prefix=".trace.", dir=self._output))
        return self._stage

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        try:
            if isinstance(error, TraceError):
                raise TraceError(str(error).replace(str(self._stage), str(self._output))) from None
            if kind is None:
                for name in (TENSORS, MANIFEST):
                    if (self._stage / name).exists():
                        os.replace(self._stage / name, self._output / name)
        finally:
            shutil.rmtree(self._stage, ignore_errors=True)
            if kind is not None and self._made:
                self._output.rmdir()


def _exported(network: Network, trace: Trace, output: Path, checked: int) -> Exported:
    if checked:
        network.notes.append(f"checked: {checked} layers and the network's outputs, in float64 from the written files")
    if dense := len(trace.layers) - checked:
        network.notes.append(f"not checked: {dense} layers with densities")
    return Exported(trace, output / MANIFEST, checked, network.summary())


def _feeds(graph: Graph, given: Mapping[str, Array]) -> dict[str, Array]:
    feeds: dict[str, Array] = {}
    for name, array in given.items():
        known = ", ".join(f"'{known}'" for known in graph.inputs) or "none"
        if name == "" and len(graph.inputs) != 1:
            raise TraceError(f"the network's inputs are {known}; give each as --input NAME=ARRAY.npy")
        name = name or next(iter(graph.inputs))
        if name not in graph.inputs:
            raise TraceError(f"an array is given for '{name}'; the network's inputs are {known}")
        dtype = np.dtype(graph.inputs[name].dtype)
        if array.dtype != dtype:
            if array.dtype.kind != dtype.kind:
                raise TraceError(f"input '{name}' has type {array.dtype.name}; the model expects {dtype.name}")
            array = array.astype(dtype)
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise TraceError(f"input '{name}' holds NaN at {[int(i) for i in np.argwhere(np.isnan(array))[0]]}")
        feeds[name] = array
    return feeds


def _refuse_draws(graph: Graph) -> None:
    for node in graph.nodes:
        training = node.attributes.get("training_mode", 0) and node.op == "BatchNormalization"
        flag = graph.constant(node.input(2)) if node.op == "Dropout" else None
        if training or (flag is not None and bool(flag.any())):
            raise TraceError(f"{node} is in training mode; export the model for inference")
        if node.op in DRAWN:
            raise TraceError(
                f"{node} draws random numbers, so that no run is like another; export the model without it"
            )


def _kinds(graph: Graph) -> str:
    found = sorted({node.op for node in graph.nodes})
    return f"its nodes are {', '.join(found[:12]) or 'constants'}{', ...' if len(found) > 12 else ''}"


def _sizes(network: Network) -> dict[str, int]:
    sizes = {"weights": 0, "activations": 0, "outputs": 0}
    for layer in network.layers:
        for name, array in tensors_of(layer).items():
            key = "outputs" if name.endswith(".output") else "weights" if ".weight" in name else "activations"
            sizes[key] += array.nbytes
    return sizes


def _cost(sizes: Mapping[str, int], options: Options) -> str:
    parts = ", ".join(f"{what} {size:,}" for what, size in sizes.items())
    text = f"{sum(sizes.values()):,} bytes of tensors: {parts}"
    if "density" in (options.activations, options.weights):
        return f"{text}; for the check, then densities take the place of some"
    if options.activations == "values":
        return f"{text}; --activations density keeps {sizes['weights']:,} and a few vectors a layer"
    return text
