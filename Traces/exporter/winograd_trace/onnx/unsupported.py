"""Counts the multiplications of operations that a trace does not hold.

Element-wise products (normalization, scaling, gates, interpolation) are not counted, as in other counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..errors import TraceError
from .graph import Graph, Node

# Operators of onnxruntime without products of matrices.
_MICROSOFT = """
    BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu CropAndResize DequantizeLinear DynamicTimeWarping
    EmbedLayerNormalization ExpandDims FastGelu GatherBlockQuantized GatherND Gelu GridSample GroupNorm
    MaxpoolWithMask NGramRepeatBlock NhwcMaxPool Pad QLinearAdd QLinearAveragePool QLinearConcat
    QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax
    QLinearWhere QuantizeLinear QuickGelu Range RemovePadding RestorePadding RotaryEmbedding
    SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization Trilu Unique
"""
_CLASSIC = """
    ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder
    Normalizer OneHotEncoder Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
"""
_HARMLESS = {f"com.microsoft.{name}" for name in _MICROSOFT.split()} | {
    f"ai.onnx.ml.{name}" for name in _CLASSIC.split()
}


def multiplications(graph: Graph, node: Node) -> int | None:
    """The multiplications of an operation; 0 where it does not multiply, None where the number is not known."""
    if node.op in _FORMULAS:
        try:
            return _FORMULAS[node.op](graph, node)
        except (TraceError, IndexError, KeyError, ValueError, ZeroDivisionError):
            return None
    if "." in node.op and node.op not in _HARMLESS:
        return None
    return 0


def _sizes(graph: Graph, node: Node, index: int) -> tuple[int, ...]:
    return graph.shape(node.inputs[index], node)


def _convolution(graph: Graph, node: Node) -> int:
    output = graph.shape(node.outputs[0], node)
    return math.prod(output) * math.prod(_sizes(graph, node, 1)[1:])


def _quantized_convolution(graph: Graph, node: Node) -> int:
    return math.prod(graph.shape(node.outputs[0], node)) * math.prod(_sizes(graph, node, 3)[1:])


def _transposed(graph: Graph, node: Node) -> int:
    return math.prod(_sizes(graph, node, 0)) * math.prod(_sizes(graph, node, 1)[1:])


def _recurrent(graph: Graph, node: Node) -> int:
    """Every step's rows times the weights of the input and of the state, in each direction."""
    steps = math.prod(_sizes(graph, node, 0)[:2])
    return steps * (math.prod(_sizes(graph, node, 1)) + math.prod(_sizes(graph, node, 2)))


def _einsum(graph: Graph, node: Node) -> int:
    """One multiplication per combination of all indices and factor; none where there is one operand."""
    if len(node.inputs) < 2:
        return 0
    terms = node.attributes["equation"].replace(" ", "").split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for index, term in enumerate(terms):
        shape = list(_sizes(graph, node, index))
        head, _, tail = term.partition("...")
        if "..." in term:
            middle = len(shape) - len(head) - len(tail)
            names = [*head, *(f".{middle - i}" for i in range(middle)), *tail]
        else:
            names = list(term)
        for name, size in zip(names, shape, strict=True):
            sizes[name] = max(size, sizes.get(name, 1))
    return math.prod(sizes.values()) * (len(terms) - 1)


def _attention(graph: Graph, node: Node) -> int:
    """Scores and their product with the values, of [N, L, H * D] or [N, H, L, D], without masking."""
    query, key, value = (_sizes(graph, node, i) for i in range(3))
    heads = node.attributes.get("q_num_heads", node.attributes.get("num_heads", 1)) if len(query) == 3 else 1
    groups = node.attributes.get("kv_num_heads", heads) if len(query) == 3 else 1
    rows = math.prod(query[:-1]) * heads
    return rows * key[-2] * (query[-1] // heads + value[-1] // groups)


def _packed_attention(graph: Graph, node: Node) -> int:
    """The projection of [N, L, C] to query, key and value, then attention."""
    batch, length, channels = _sizes(graph, node, 0)
    width = _sizes(graph, node, 1)[1]
    return batch * length * channels * width + 2 * batch * length * length * (width // 3)


def _matrix(graph: Graph, node: Node) -> int:
    return math.prod(_sizes(graph, node, 0)) * _sizes(graph, node, 1)[-1]


def _fused_matrix(graph: Graph, node: Node) -> int:
    return (
        math.prod(graph.shape(node.outputs[0], node))
        * _sizes(graph, node, 0)[-2 if node.attributes.get("transA") else -1]
    )


def _packed_matrix(graph: Graph, node: Node) -> int:
    return math.prod(_sizes(graph, node, 0)) * int(node.attributes["N"])


def _quantized_gemm(graph: Graph, node: Node) -> int:
    return math.prod(_sizes(graph, node, 0)) * _sizes(graph, node, 3)[0 if node.attributes.get("transB") else 1]


def _unknown(graph: Graph, node: Node) -> None:
    return None


_FORMULAS: dict[str, Callable[[Graph, Node], int | None]] = {
    "Conv": _convolution,
    "ConvInteger": _convolution,
    "QLinearConv": _quantized_convolution,
    "ConvTranspose": _transposed,
    "DeformConv": _convolution,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "Einsum": _einsum,
    "Attention": _attention,
    "AffineGrid": _unknown,
    "CausalConvWithState": _unknown,
    "DFT": _unknown,
    "LinearAttention": _unknown,
    "STFT": _unknown,
    "com.microsoft.Attention": _packed_attention,
    "com.microsoft.MultiHeadAttention": _attention,
    "com.microsoft.FusedConv": _convolution,
    "com.microsoft.NhwcFusedConv": _unknown,
    "com.microsoft.FusedMatMul": _fused_matrix,
    "com.microsoft.DynamicQuantizeMatMul": _matrix,
    "com.microsoft.MatMulIntegerToFloat": _matrix,
    "com.microsoft.MatMulInteger16": _matrix,
    "com.microsoft.MatMulNBits": _packed_matrix,
    "com.microsoft.MatMulBnb4": _packed_matrix,
    "com.microsoft.QGemm": _quantized_gemm,
}
