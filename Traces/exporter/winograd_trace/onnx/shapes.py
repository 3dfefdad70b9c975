"""Fixes the network's inputs, infers shapes, and folds what depends on no input into constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..errors import TraceError
from ..winograd import Array
from .graph import Graph, Node, Source
from .running import SMALL, Part

# What only gives the same elements another shape.
VIEWS = ("Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout")
DRAWN = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli")


def fix_inputs(graph: Graph, given: Mapping[str, Sequence[int]]) -> None:
    """Gives every input its shape: the given one, else that of the file; a TraceError names a size that is open."""
    for name in given:
        if name not in graph.inputs:
            known = ", ".join(f"'{known}'" for known in graph.inputs) or "none"
            raise TraceError(f"a shape is given for '{name}'; the network's inputs are {known}")
    for name, source in graph.inputs.items():
        readers = graph.consumers.get(name, [])
        where = f"input '{name}'" + (f", read by {readers[0]}" if readers else "")
        shape = tuple(given[name]) if name in given else _declared(name, source, where)
        _refuse_other(source, shape, where)
        graph.shapes[name] = shape
        graph.dtypes[name] = source.dtype


def _declared(name: str, source: Source, where: str) -> tuple[int, ...]:
    if source.sizes is None:
        raise TraceError(f"{where}: its shape is not fixed; give it with --shape {name}=1,3,224,224 or with --input")
    shape: list[int] = []
    for index, size in enumerate(source.sizes):
        if not isinstance(size, int):
            known = f" ('{size}')" if size else ""
            example = ",".join(str(s) if isinstance(s, int) else f"<{s or 'size'}>" for s in source.sizes)
            raise TraceError(
                f"{where}: dimension {index}{known} is not fixed; give it with --shape '{name}={example}' "
                "or with --input"
            )
        shape.append(size)
    return tuple(shape)


def _refuse_other(source: Source, shape: tuple[int, ...], where: str) -> None:
    sizes = source.sizes
    if any(size < 1 for size in shape):
        raise TraceError(f"{where}: shape {list(shape)}; expected sizes of at least 1")
    if sizes is None:
        return
    fits = len(sizes) == len(shape) and all(
        not isinstance(said, int) or said == size for said, size in zip(sizes, shape, strict=True)
    )
    if not fits:
        expected = [size if isinstance(size, int) else size or "any" for size in sizes]
        raise TraceError(f"{where}: shape {list(shape)} is given; the model has {expected}")


def fold(graph: Graph) -> None:
    """Infers shapes, and turns nodes that depend on no input's values into constants, as long as there are some."""
    while True:
        _infer(graph)
        made = _views_of_generated(graph)
        folded = _constant_nodes(graph)
        if not folded and not made:
            return
        if not folded:
            continue
        gone = {id(node) for node in folded}
        kept = [node for node in graph.nodes if id(node) not in gone]
        wanted = {name for node in kept for name in node.inputs} | set(graph.outputs) | graph.kept
        outputs = [name for node in folded for name in node.outputs if name and name in wanted]
        measured = [node for node in folded if _is_measured(graph, node)]
        for node in measured:
            graph.constants[node.outputs[0]] = _metadata(graph, node)
        computed = [node for node in folded if node not in measured]
        missing = [name for name in outputs if name not in graph.constants]
        if missing:
            graph.constants |= Part(graph, computed, missing).run({})
        graph.set_nodes(kept)
        _drop_unread(graph)


def _infer(graph: Graph) -> None:
    """Shapes and types of all values that follow from the inputs' shapes. Large constants take no part."""
    small = {n: a for n, a in graph.constants.items() if a.size < SMALL and n not in graph.generated}
    typed = {n: (a.dtype, a.shape) for n, a in graph.constants.items() if n not in small}
    typed |= {name: (source.dtype, graph.shapes[name]) for name, source in graph.inputs.items()}
    body = helper.make_graph(
        [node.proto for node in graph.nodes],
        "shapes",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
            for name, (dtype, shape) in typed.items()
        ],
        [onnx.ValueInfoProto(name=name) for name in graph.outputs],
        [numpy_helper.from_array(array, name) for name, array in small.items()],
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in graph.opsets.items()]
    # Before version 4 an initializer is an input too, and its values would take no part.
    model = helper.make_model(body, opset_imports=imports, ir_version=max(4, graph.ir_version))
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (RuntimeError, ValueError, TypeError, onnx.shape_inference.InferenceError) as error:
        raise TraceError(f"shapes cannot be inferred: {' '.join(str(error).split())}") from None
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        tensor = value.type.tensor_type
        if tensor.elem_type:
            graph.dtypes[value.name] = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        sizes = tensor.shape.dim
        if tensor.HasField("shape") and all(size.HasField("dim_value") for size in sizes):
            graph.shapes[value.name] = tuple(int(size.dim_value) for size in sizes)


def _views_of_generated(graph: Graph) -> bool:
    """Makes the values of ``ConstantOfShape``, and what has the same elements, as views that need no memory.

    Says whether there were any.
    """
    before = len(graph.nodes)
    for node in list(graph.nodes):
        if not node.inputs or node.op not in (*VIEWS, "ConstantOfShape", "Transpose", "Expand"):
            continue
        source, made = graph.constants.get(node.inputs[0]), node.outputs[0]
        if source is None or made in graph.constants:
            continue
        if node.op == "ConstantOfShape":
            filled = node.attributes.get("value")
            number = np.zeros(1, np.float32) if filled is None else numpy_helper.to_array(filled)
            graph.constants[made] = np.broadcast_to(number.reshape(-1)[0], tuple(int(size) for size in source))
            graph.generated.add(made)
        elif node.inputs[0] in graph.generated and made in graph.shapes and not any(node.outputs[1:]):
            graph.constants[made] = np.broadcast_to(source.reshape(-1)[:1].reshape(()), graph.shapes[made])
            graph.generated.add(made)
    graph.set_nodes([node for node in graph.nodes if node.outputs[0] not in graph.constants])
    return len(graph.nodes) < before


def _constant_nodes(graph: Graph) -> list[Node]:
    """The nodes that depend on constants and on shapes only."""
    known = set(graph.constants)
    found: list[Node] = []
    for node in graph.nodes:
        read = [name for name in node.inputs if name]
        if node.op not in DRAWN and (_is_measured(graph, node) or all(name in known for name in read)):
            found.append(node)
            known.update(name for name in node.outputs if name)
    return found


def _is_measured(graph: Graph, node: Node) -> bool:
    return node.op in ("Shape", "Size") and (node.inputs[0] in graph.shapes or node.inputs[0] in graph.constants)


def _metadata(graph: Graph, node: Node) -> Array:
    shape = graph.shapes.get(node.inputs[0])
    if shape is None:
        shape = graph.constants[node.inputs[0]].shape
    if node.op == "Size":
        return np.array(int(np.prod(shape)), np.int64)
    rank = len(shape)
    start, end = node.attributes.get("start", 0), node.attributes.get("end", rank)
    return np.array(shape[slice(*(side + rank if side < 0 else side for side in (start, end)))], np.int64)


def _drop_unread(graph: Graph) -> None:
    read = {name for node in graph.nodes for name in node.inputs} | set(graph.outputs) | graph.kept
    graph.constants = {name: array for name, array in graph.constants.items() if name in read}
    graph.generated &= set(graph.constants)
