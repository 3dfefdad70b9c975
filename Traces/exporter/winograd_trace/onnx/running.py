"""Runs parts of a graph in onnxruntime, without its optimizations, so that every value is the one of its node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from ..errors import TraceError
from ..winograd import Array
from .graph import Graph, Node

# Constants of fewer elements (axes, sizes, scales) are initializers, from which shapes follow when a program is made.
SMALL = 1024
FED: tuple[str, ...] = ("float16", "float32", "float64", "bool", "object")
FED += ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
QUIET = 4

# What onnxruntime raises: types of its own, which have no base in common, and Python's.
FAILURES: tuple[type[Exception], ...] = (RuntimeError, ValueError, TypeError, NotImplementedError)
FAILURES += tuple(
    kind
    for kind in vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
)


class Part:
    """Nodes of a graph as one program.

    ``inputs`` are the values that it takes at each run; large constants are taken from the graph, without a copy.
    """

    def __init__(self, graph: Graph, nodes: Sequence[Node], outputs: Sequence[str]) -> None:
        made = {name for node in nodes for name in node.outputs}
        read = dict.fromkeys(name for node in nodes for name in node.inputs if name and name not in made)
        self.inputs = [name for name in read if name not in graph.constants]
        self.outputs = list(outputs)
        self.nodes = list(nodes)
        self._graph = graph
        self._constants = [name for name in read if name in graph.constants]
        self._session: Any = None

    def run(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs of one run; a TraceError, with the nodes' names, where onnxruntime refuses."""
        constants = {name: self._graph.constants[name] for name in self._constants}
        fed = {name: array for name, array in constants.items() if is_fed(array)}
        feeds = {name: np.asarray(values[name], order="C") for name in self.inputs}
        try:
            if self._session is None:
                kept = {name: array for name, array in constants.items() if name not in fed}
                model = build(self._graph, self.nodes, {**feeds, **fed}, kept, self.outputs)
                self._session = session(model.SerializeToString())
            results = self._session.run(
                self.outputs, {**feeds, **{n: np.asarray(a, order="C") for n, a in fed.items()}}
            )
        except FAILURES as error:
            raise TraceError(f"{self._where()}: onnxruntime refuses: {first_line(error)}") from None
        for name, result in zip(self.outputs, results, strict=True):
            if not isinstance(result, np.ndarray):
                raise TraceError(f"{self._where()}: '{name}' is a {type(result).__name__}, which is not supported here")
        return dict(zip(self.outputs, results, strict=True))

    def _where(self) -> str:
        more = f" to {self.nodes[-1]}" if len(self.nodes) > 1 else ""
        return f"{self.nodes[0]}{more}"


def is_fed(array: Array) -> bool:
    """Whether a constant is given at each run rather than held by the program."""
    return array.size >= SMALL and array.dtype.name in FED


def build(
    graph: Graph,
    nodes: Sequence[Node],
    inputs: Mapping[str, Array],
    constants: Mapping[str, Array],
    outputs: Sequence[str],
) -> onnx.ModelProto:
    """A model of some nodes. The types of its outputs are left to whoever loads it."""
    made = helper.make_graph(
        [node.proto for node in nodes],
        graph.name or "part",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in inputs.items()
        ],
        [onnx.ValueInfoProto(name=name) for name in outputs],
        [numpy_helper.from_array(np.asarray(array, order="C"), name) for name, array in constants.items()],
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in graph.opsets.items()]
    return helper.make_model(made, opset_imports=imports, ir_version=graph.ir_version)


def session(model: bytes | str) -> Any:
    """A session of a model's bytes or of a file."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Each program runs once or twice: memory is better returned than kept.
    options.enable_cpu_mem_arena = False
    # Threads that each program starts, and that wait by spinning, cost more than they save.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def first_line(error: Exception) -> str:
    """An error of onnxruntime without its code and its path of C++ sources."""
    text = str(error).strip().splitlines() or [type(error).__name__]
    return text[0].removeprefix("[ONNXRuntimeError] : ")
