"""Reads an ONNX file: its nodes, with local functions inlined, and its initializers, from external files too."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import external_data_helper, inliner, numpy_helper

from ..errors import TraceError
from ..operands import as_array
from ..winograd import Array
from .graph import Graph, Node, Sizes, Source, make_node
from .rewriting import rewrite

OLDEST = 7
INLINER_FAILURES = (RuntimeError, ValueError, TypeError, onnx.checker.ValidationError)
PACKED = {onnx.TensorProto.INT4, onnx.TensorProto.UINT4}


def read_model(path: Path) -> Graph:
    """The network of an ONNX file.

    A file that cannot be read is an OSError. A TraceError says what else is wrong: not an ONNX file, a part of one,
    external data that are missing or short, a name that two nodes make, control flow.
    """
    data = path.read_bytes()
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise TraceError(f"not an ONNX model, or only a part of one ({len(data):,} bytes)") from None
    del data
    if model.ir_version < 1 or not model.HasField("graph"):
        raise TraceError("not an ONNX model: it has no graph")
    _refuse_bytes(model.graph)
    if not model.graph.node:
        raise TraceError("the model's graph has no node; there is nothing to export")
    is_old = any(entry.domain in ("", "ai.onnx") and entry.version < OLDEST for entry in model.opset_import)
    if is_old:
        model = _updated(model)
    constants = _take_initializers(model.graph, path.parent)
    nodes = rewrite(_inline(model))
    graph = _graph(model, nodes, constants)
    graph.is_changed |= is_old
    return graph


def _graph(model: onnx.ModelProto, protos: Iterable[onnx.NodeProto], constants: dict[str, Array]) -> Graph:
    nodes: list[Node] = []
    generated: dict[str, Array] = {}
    seen: dict[str, int] = {}
    for proto in protos:
        node = make_node(proto)
        seen[proto.name] = seen.get(proto.name, 0) + 1
        if proto.name and seen[proto.name] > 1:  # onnxruntime refuses two nodes of one name.
            proto.name += f"#{seen[proto.name]}"
        if node.op == "Constant":
            if node.outputs[0] in generated or node.outputs[0] in constants:
                raise TraceError(
                    f"{node} makes '{node.outputs[0]}', which another node or an initializer makes already"
                )
            generated[node.outputs[0]] = _constant(node)
        else:
            nodes.append(node)
    constants |= generated
    inputs = {value.name: _source(value) for value in model.graph.input if value.name not in constants}
    outputs = [value.name for value in model.graph.output]
    if not outputs:
        raise TraceError("the model's graph has no output")
    opsets = {("" if entry.domain == "ai.onnx" else entry.domain): entry.version for entry in model.opset_import}
    graph = Graph(model.graph.name, inputs, outputs, nodes, constants, opsets, model.ir_version)
    graph.is_changed = any(name and count > 1 for name, count in seen.items())
    return graph


def _refuse_bytes(graph: onnx.GraphProto) -> None:
    """Names that are no text come from the library as bytes."""
    names: list[object] = [entry.name for entry in (*graph.input, *graph.output, *graph.initializer)]
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output, *(a.name for a in node.attribute)]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise TraceError(f"a name in the model is no text, {wrong[0]!r}; the file is damaged")


def _updated(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in the oldest operator set that onnxruntime has."""
    try:
        return onnx.version_converter.convert_version(model, OLDEST)
    except (RuntimeError, ValueError, onnx.version_converter.ConvertError) as error:
        raise TraceError(
            f"the model's operator set is older than {OLDEST}, and cannot be updated: {' '.join(str(error).split())}"
        ) from None


def _inline(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without calls of local functions, and with ONNX's own Attention as its products."""
    if model.functions:
        try:
            model = inliner.inline_local_functions(model)
        except INLINER_FAILURES as error:
            raise TraceError(f"the model's functions cannot be inlined: {' '.join(str(error).split())}") from None
    if any(node.op_type == "Attention" and node.domain in ("", "ai.onnx") for node in model.graph.node):
        # Forms that the inliner cannot write as products (with some inputs left out) are refused by their name.
        with contextlib.suppress(*INLINER_FAILURES):
            return inliner.inline_selected_functions(model, [("", "Attention")], inline_schema_functions=True)
    return model


def _source(value: onnx.ValueInfoProto) -> Source:
    if not value.type.HasField("tensor_type"):
        raise TraceError(f"input '{value.name}' is no tensor; sequences, maps and optional inputs are not supported")
    tensor = value.type.tensor_type
    sizes: Sizes | None = None
    if tensor.HasField("shape"):
        sizes = tuple(
            int(size.dim_value) if size.HasField("dim_value") and size.dim_value > 0 else size.dim_param or None
            for size in tensor.shape.dim
        )
    try:
        return Source(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type), sizes)
    except KeyError:
        raise TraceError(f"input '{value.name}' has the type {tensor.elem_type}, which ONNX does not have") from None


# Tensors


def _take_initializers(graph: onnx.GraphProto, folder: Path) -> dict[str, Array]:
    """The initializers' values; the graph keeps none, so that nothing is held twice."""
    constants: dict[str, Array] = {}
    for tensor in graph.initializer:
        if tensor.name in constants:
            raise TraceError(f"two initializers are named '{tensor.name}'")
        constants[tensor.name] = _tensor(tensor, f"initializer '{tensor.name}'", folder)
        tensor.ClearField("raw_data")
    for sparse in graph.sparse_initializer:
        name = sparse.values.name
        constants[name] = _sparse(sparse, f"initializer '{name}'", folder)
    del graph.initializer[:], graph.sparse_initializer[:]
    return constants


def _tensor(tensor: onnx.TensorProto, what: str, folder: Path | None = None) -> Array:
    try:
        if external_data_helper.uses_external_data(tensor):
            return _external(tensor, what, folder or Path())
        array: Array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise TraceError(f"{what}: its data do not fit its shape {list(tensor.dims)}: {error}") from None
    return _unpacked(array)


def _external(tensor: onnx.TensorProto, what: str, folder: Path) -> Array:
    info = external_data_helper.ExternalDataInfo(tensor)
    location = Path(info.location)
    if location.is_absolute() or ".." in location.parts:
        raise TraceError(f"{what}: its data are in '{info.location}'; expected a file in the model's folder")
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    count = math.prod(tensor.dims)
    size = -(-count // 2) if tensor.data_type in PACKED else count * dtype.itemsize
    try:
        with (folder / location).open("rb") as file:
            file.seek(info.offset or 0)
            data = file.read(size)
    except OSError as error:
        raise TraceError(f"{what}: its external data in '{info.location}' cannot be read: {error.strerror}") from None
    if len(data) < size:
        raise TraceError(f"{what}: its external data in '{info.location}' end after {len(data)} of {size} bytes")
    inline = onnx.TensorProto(data_type=tensor.data_type, dims=tensor.dims, raw_data=data)
    return _unpacked(numpy_helper.to_array(inline))


def _unpacked(array: Array) -> Array:
    return as_array(array) if not array.flags.c_contiguous else array


def _sparse(sparse: onnx.SparseTensorProto, what: str, folder: Path | None = None) -> Array:
    values, indices = _tensor(sparse.values, what, folder), _tensor(sparse.indices, what, folder)
    array = np.zeros(tuple(sparse.dims), values.dtype)
    try:
        if indices.ndim == 1:
            array.reshape(-1)[indices] = values
        else:
            array[tuple(indices.T)] = values
    except IndexError as error:
        raise TraceError(f"{what}: an index is outside its shape {list(sparse.dims)}: {error}") from None
    return array


def _constant(node: Node) -> Array:
    """The value of a Constant node, in any of the forms that the standard has."""
    forms: dict[str, Any] = {"value_float": np.float32, "value_floats": np.float32}
    forms |= {"value_int": np.int64, "value_ints": np.int64, "value_string": np.str_, "value_strings": np.str_}
    for key, value in node.attributes.items():
        if key == "value":
            return _tensor(value, str(node))
        if key == "sparse_value":
            return _sparse(value, str(node))
        if key in forms:
            return np.array(value, object if forms[key] is np.str_ else forms[key])
    raise TraceError(f"{node} has no value; expected one of value, sparse_value, {', '.join(forms)}")
