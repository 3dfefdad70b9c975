"""Writes fused operators of onnxruntime (domain com.microsoft) as ONNX's own, so that their products are visible.

What is not rewritten (attention with masks of lengths, with past keys, packed or quantized operators) stays as it is
and is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import onnx
from onnx import helper, numpy_helper

from ..operands import as_array

DOMAIN = "com.microsoft"
ACTIVATIONS = ("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid")


def rewrite(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """The graph's nodes in their order, with onnxruntime's fused operators as the operators that they are made of."""
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        rule = _RULES.get(node.op_type) if node.domain == DOMAIN else None
        nodes += (rule(_Parts(node, opset)) if rule else None) or [node]
    return nodes


class _Parts:
    """The nodes that one is made of. Values between them are named after its output."""

    def __init__(self, node: onnx.NodeProto, opset: int) -> None:
        self.node = node
        self.opset = opset
        self.label = node.name or node.output[0]
        self.attributes: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self.made: list[onnx.NodeProto] = []

    def input(self, index: int) -> str:
        return self.node.input[index] if index < len(self.node.input) else ""

    def given(self, indices: Sequence[int]) -> bool:
        return any(self.input(index) for index in indices)

    def extra_outputs(self) -> bool:
        return any(list(self.node.output)[1:])

    def add(self, op: str, inputs: Sequence[str], part: str = "", output: str = "", **attributes: Any) -> str:
        """Adds a node that is named after the whole one and ``part``; the name of what it makes."""
        output = output or f"{self.node.output[0]}/{part or op}.{len(self.made)}"
        name = f"{self.label}/{part}" if part else self.label
        self.made.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def number(self, value: Any, dtype: str) -> str:
        """A constant of a float type or int64."""
        tensor = numpy_helper.from_array(as_array(value).astype(dtype))
        return self.add("Constant", [], "constant", value=tensor)

    def ending(self) -> list[onnx.NodeProto]:
        """The nodes; the last one makes the output of the whole."""
        last = self.made[-1]
        last.output[0] = self.node.output[0]
        return self.made

    def activation(self, value: str) -> bool:
        """Adds what the attribute ``activation`` names; False for an activation that is not known."""
        name = self.attributes.get("activation", b"").decode()
        if not name:
            return True
        parameters = [float(p) for p in self.attributes.get("activation_params", ())]
        if name not in ACTIVATIONS or (name == "Clip" and (self.opset < 11 or len(parameters) != 2)):
            return False
        if name == "Clip":
            bounds = [self.number(p, "float32") for p in parameters]
            self.add(name, [value, *bounds], "activation")
            return True
        keys = {"LeakyRelu": ("alpha",), "HardSigmoid": ("alpha", "beta")}.get(name, ())
        given: dict[str, Any] = dict(zip(keys, parameters, strict=False))
        self.add(name, [value], "activation", **given)
        return True


def _fused_convolution(parts: _Parts) -> list[onnx.NodeProto] | None:
    own = ("activation", "activation_params")
    attributes = {key: value for key, value in parts.attributes.items() if key not in own}
    inputs = [parts.input(i) for i in range(3)]
    value = parts.add("Conv", inputs if inputs[2] else inputs[:2], **attributes)
    if parts.input(3):
        value = parts.add("Add", [value, parts.input(3)], "add")
    return parts.ending() if parts.activation(value) else None


def _fused_gemm(parts: _Parts) -> list[onnx.NodeProto] | None:
    own = ("activation", "activation_alpha", "activation_beta", "activation_gamma")
    if any(key in parts.attributes for key in own[1:]):
        return None
    attributes = {key: value for key, value in parts.attributes.items() if key not in own}
    value = parts.add("Gemm", list(parts.node.input), **attributes)
    return parts.ending() if parts.activation(value) else None


def _fused_product(parts: _Parts) -> list[onnx.NodeProto] | None:
    """FusedMatMul: transposes its last two axes; the forms that transpose the batch stay as they are."""
    if parts.attributes.get("transBatchA", 0) or parts.attributes.get("transBatchB", 0):
        return None
    sides = []
    for index, key in enumerate(("transA", "transB")):
        side = parts.input(index)
        if parts.attributes.get(key, 0):
            # The two axes change places at any number of dimensions only as an einsum.
            side = parts.add("Einsum", [side], key, equation="...ij->...ji")
        sides.append(side)
    value = parts.add("MatMul", sides)
    alpha = float(parts.attributes.get("alpha", 1.0))
    if alpha != 1.0:
        parts.add("Mul", [value, parts.number(alpha, "float32")], "scale")
    return parts.ending()


def _heads(parts: _Parts, value: str, part: str, heads: int) -> str:
    """[N, L, H * D] to [N, H, L, D]."""
    shape = parts.number([0, 0, heads, -1], "int64")
    split = parts.add("Reshape", [value, shape], f"{part}_heads")
    return parts.add("Transpose", [split], f"{part}_transpose", perm=[0, 2, 1, 3])


def _products(parts: _Parts, query: str, key: str, value: str, bias: str) -> list[onnx.NodeProto] | None:
    """Softmax(Q K^T * scale + bias) V of [N, L, H * D]. The scale must be given: the width of a head is not known."""
    heads, scale = int(parts.attributes["num_heads"]), parts.attributes.get("scale", 0.0)
    q, v = _heads(parts, query, "query", heads), _heads(parts, value, "value", heads)
    shape = parts.number([0, 0, heads, -1], "int64")
    split = parts.add("Reshape", [key, shape], "key_heads")
    k = parts.add("Transpose", [split], "key_transpose", perm=[0, 2, 3, 1])
    scores = parts.add("MatMul", [q, k], "scores")
    if scale:
        scores = parts.add("Mul", [scores, parts.number(scale, "float32")], "scale")
    else:
        sizes = parts.add("Shape", [q], "shape")
        width = parts.add("Gather", [sizes, parts.number(3, "int64")], "width")
        root = parts.add("Sqrt", [parts.add("Cast", [width], "cast", to=onnx.TensorProto.FLOAT)], "root")
        scores = parts.add("Div", [scores, root], "scale")
    if bias:
        scores = parts.add("Add", [scores, bias], "mask")
    shares = parts.add("Softmax", [scores], "softmax", axis=3)
    mixed = parts.add("MatMul", [shares, v], "values")
    joined = parts.add("Transpose", [mixed], "transpose", perm=[0, 2, 1, 3])
    parts.add("Reshape", [joined, parts.number([0, 0, -1], "int64")], "join")
    return parts.ending()


def _multi_head(parts: _Parts) -> list[onnx.NodeProto] | None:
    """MultiHeadAttention of three inputs; a mask of key lengths, past keys and one-way masks stay as they are."""
    query, key, value = (parts.input(i) for i in range(3))
    plain = not parts.attributes.get("unidirectional", 0) and key and value and not parts.given((3, 4, 6, 7, 8, 9))
    return _products(parts, query, key, value, parts.input(5)) if plain and not parts.extra_outputs() else None


def _attention(parts: _Parts) -> list[onnx.NodeProto] | None:
    """Attention: one product makes query, key and value of equal widths."""
    plain = not any(parts.attributes.get(key) for key in ("unidirectional", "do_rotary", "qkv_hidden_sizes"))
    if not plain or parts.given((3, 4, 6)) or parts.extra_outputs():
        return None
    joined = parts.add("MatMul", [parts.input(0), parts.input(1)], "projection")
    if parts.input(2):
        joined = parts.add("Add", [joined, parts.input(2)], "bias")
    names = [f"{parts.node.output[0]}/{part}" for part in ("query", "key", "value")]
    counted: dict[str, Any] = {"num_outputs": 3} if parts.opset >= 18 else {}
    parts.made.append(helper.make_node("Split", [joined], names, name=f"{parts.label}/split", axis=2, **counted))
    return _products(parts, names[0], names[1], names[2], parts.input(5))


_RULES: dict[str, Callable[[_Parts], list[onnx.NodeProto] | None]] = {
    "FusedConv": _fused_convolution,
    "FusedGemm": _fused_gemm,
    "FusedMatMul": _fused_product,
    "TransposeMatMul": _fused_product,
    "MultiHeadAttention": _multi_head,
    "Attention": _attention,
}
