"""Small ONNX models for the tests: nodes, inputs, and what comes out of an export."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def node(op, inputs, outputs, name="", domain="", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), name=name, domain=domain, **attributes)


def make(
    nodes,
    inputs,
    outputs,
    constants=None,
    opset=17,
    ir=8,
    functions=(),
    domains=(),
    types=None,
):
    """A model; ``inputs`` map names to shapes (numbers or names) of float32, ``types`` says otherwise."""
    types = types or {}
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(n, types.get(n, TensorProto.FLOAT), s) for n, s in inputs.items()],
        [
            onnx.ValueInfoProto(name=n) if n not in types else helper.make_tensor_value_info(n, types[n], None)
            for n in outputs.split()
        ],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in (constants or {}).items()],
    )
    imports = [
        helper.make_opsetid("", opset),
        *(helper.make_opsetid(d, 1) for d in domains),
    ]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir, functions=list(functions))


def random(*shape, seed=0, scale=1.0):
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def save(folder, model, name="model.onnx"):
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path
