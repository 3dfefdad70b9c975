"""Every operation that multiplies, from ONNX files: sizes, multiplications, operands and outputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from winograd_trace import TraceError, Values, read_trace, recompute

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx_models import make, node, random, save
from winograd_trace.onnx import Options, export
from winograd_trace.onnx.products import Product


def layers_of(tmp_path, model, inputs, accuracy=1e-4, **options):
    """The layers of an export, read back; each is checked against its outputs once more."""
    exported = export(save(tmp_path, model), tmp_path / "out", inputs, options=Options(**options))
    trace = read_trace(tmp_path / "out" / "trace.yaml")
    assert all(error < accuracy for error in trace.output_errors().values())
    assert exported.checked == len(trace.layers)
    return trace.layers


def reference(model, inputs):
    """What onnx's own evaluator returns, which shares no code with onnxruntime."""
    return ReferenceEvaluator(model).run(None, inputs)[0]


def close(found, expected):
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)


CONVOLUTIONS = [
    # data, weights, attributes
    ((2, 4, 9, 7), (6, 4, 3, 3), {}),
    ((1, 4, 9, 7), (6, 2, 3, 2), {"group": 2, "strides": [2, 1], "pads": [1, 0, 2, 1]}),
    (
        (1, 3, 8, 8),
        (3, 1, 4, 2),
        {"group": 3, "dilations": [2, 3], "pads": [3, 1, 3, 2]},
    ),
    ((1, 3, 9, 10), (5, 3, 4, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 3]}),
    ((1, 3, 9, 10), (5, 3, 4, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 3]}),
    ((1, 3, 9, 10), (5, 3, 4, 3), {"auto_pad": "VALID", "strides": [2, 3]}),
    ((2, 3, 11), (4, 3, 3), {"pads": [1, 2], "strides": [2]}),
    ((1, 4, 10), (4, 1, 4), {"group": 4, "auto_pad": "SAME_UPPER"}),
]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("data", "weights", "attributes"), CONVOLUTIONS)
def test_a_convolution(tmp_path, data, weights, attributes, bias):
    b = random(weights[0], seed=2)
    constants = {"w": random(*weights, seed=1), **({"b": b} if bias else {})}
    model = make(
        [node("Conv", "x w b" if bias else "x w", "y", "conv", **attributes)],
        {"x": data},
        "y",
        constants,
    )
    x = random(*data)
    (layer,) = layers_of(tmp_path, model, {"x": x})
    expected = reference(model, {"x": x})
    assert layer.name == "conv" and layer.operation == "convolution" and layer.inputs == ("x",)
    assert layer.shape.dense_multiplies == expected.size * math.prod(weights[1:])
    shift = b.reshape(-1, *(1 for _ in data[2:])) if bias else 0
    close(layer.outputs, expected - shift)
    assert [step.operation for step in layer.fused] == (["bias"] if bias else [])


TRANSPOSED = [
    ((2, 4, 5, 6), (4, 3, 3, 3), {}),
    (
        (1, 4, 5, 6),
        (4, 3, 3, 2),
        {"group": 2, "strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 2]},
    ),
    (
        (1, 2, 5, 6),
        (2, 3, 3, 3),
        {"strides": [2, 2], "dilations": [2, 1], "pads": [1, 1, 1, 1]},
    ),
    ((1, 2, 5, 6), (2, 3, 3, 3), {"strides": [2, 2], "output_shape": [10, 12]}),
    (
        (1, 2, 5, 6),
        (2, 3, 3, 4),
        {"strides": [2, 2], "output_shape": [10, 13], "auto_pad": "SAME_UPPER"},
    ),
    ((1, 2, 5, 6), (2, 3, 3, 4), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ((1, 2, 5, 6), (2, 3, 3, 4), {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    ((1, 2, 5, 6), (2, 3, 2, 2), {"strides": [2, 2], "auto_pad": "VALID"}),
    ((1, 2, 5, 6), (2, 3, 3, 3), {"strides": [2, 2], "output_shape": [12, 13]}),
    ((2, 4, 7), (4, 1, 4), {"group": 4, "strides": [2], "pads": [1, 1]}),
    ((1, 4, 7), (4, 2, 3), {"strides": [3], "output_padding": [2]}),
]


@pytest.mark.parametrize(("data", "weights", "attributes"), TRANSPOSED)
def test_a_transposed_convolution(tmp_path, data, weights, attributes):
    b = random(weights[1] * attributes.get("group", 1), seed=2)
    constants = {"w": random(*weights, seed=1), "b": b}
    model = make(
        [node("ConvTranspose", "x w b", "y", "up", **attributes)],
        {"x": data},
        "y",
        constants,
    )
    x = random(*data)
    (layer,) = layers_of(tmp_path, model, {"x": x})
    assert layer.operation == "transposed_convolution"
    assert layer.shape.dense_multiplies == math.prod(data) * math.prod(weights[1:])
    assert recompute(layer).outputs.shape == layer.outputs.shape


@pytest.mark.parametrize("constant", ["a", "b", None])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_gemm(tmp_path, left, right, constant):
    a, b, c = (
        random(*((5, 4) if left else (4, 5))),
        random(*((3, 5) if right else (5, 3)), seed=1),
        random(3, seed=2),
    )
    given = {"a": a, "b": b}
    inputs = {name: array for name, array in given.items() if name != constant}
    model = make(
        [
            node(
                "Gemm",
                "a b c",
                "y",
                "gemm",
                transA=left,
                transB=right,
                alpha=0.5,
                beta=2.0,
            )
        ],
        {name: array.shape for name, array in inputs.items()},
        "y",
        {"c": c} | {name: array for name, array in given.items() if name == constant},
    )
    (layer,) = layers_of(tmp_path, model, inputs)
    product = (a.T if left else a).astype(np.float64) @ (b.T if right else b)
    assert layer.operation == ("linear" if constant else "matmul")
    assert layer.shape.dense_multiplies == 4 * 5 * 3
    close(layer.outputs, product.T if constant == "a" else product)
    assert [step.operation for step in layer.fused] == ["scale", "bias"]


MATMULS = [
    # first, second, which one is constant, the operation, multiplications
    ((4, 5), (5, 3), "b", "linear", 60),
    ((2, 7, 4, 5), (5, 3), "b", "linear", 14 * 60),
    ((2, 4, 5), (1, 5, 3), "b", "linear", 120),
    ((4, 5), (5, 3), "a", "linear", 60),
    ((4, 5), (2, 5, 3), "a", "linear", 120),
    ((5,), (5, 3), "b", "linear", 15),
    ((4, 5), (5,), "b", "linear", 20),
    ((4, 5), (5,), "a", "linear", 20),
    ((5,), (5, 3), "a", "linear", 15),
    ((5,), (5,), "a", "linear", 5),
    ((2, 3, 4, 5), (3, 5, 6), "b", "convolution", 2 * 3 * 120),
    ((3, 4, 5), (2, 3, 5, 6), "a", "convolution", 2 * 3 * 120),
    ((4, 5), (5, 3), None, "matmul", 60),
    ((2, 3, 4, 5), (2, 3, 5, 6), None, "matmul", 6 * 120),
    ((2, 1, 4, 5), (3, 5, 6), None, "matmul", 6 * 120),
    ((2, 3, 4, 5), (5, 6), None, "matmul", 6 * 120),
    ((4, 5), (3, 5, 6), None, "matmul", 3 * 120),
    ((5,), (3, 5, 6), None, "matmul", 3 * 30),
    ((3, 4, 5), (5,), None, "matmul", 60),
    ((5,), (5,), None, "matmul", 5),
]


@pytest.mark.parametrize(("first", "second", "constant", "operation", "count"), MATMULS)
def test_a_matmul(tmp_path, first, second, constant, operation, count):
    given = {"a": random(*first), "b": random(*second, seed=1)}
    inputs = {name: array for name, array in given.items() if name != constant}
    fixed = {name: array for name, array in given.items() if name == constant}
    model = make(
        [node("MatMul", "a b", "y", "mm")],
        {n: a.shape for n, a in inputs.items()},
        "y",
        fixed,
    )
    (layer,) = layers_of(tmp_path, model, inputs)
    assert (layer.operation, layer.shape.dense_multiplies) == (operation, count)
    assert sorted(layer.inputs) == sorted(inputs)
    if operation == "matmul" and math.prod(second[:-2]) == 1:  # The rows hold the batch.
        assert layer.shape.batch == 1 and layer.shape.height == math.prod(first[:-1])
    expected = np.matmul(given["a"].astype(np.float64), given["b"])
    assert np.sort(layer.outputs.ravel()).tolist() == pytest.approx(np.sort(expected.ravel()).tolist(), abs=1e-4)


def test_attention_is_two_products_with_what_stands_between(tmp_path):
    nodes = [
        node("MatMul", "x wq", "q", "query"),
        node("MatMul", "x wk", "k", "key"),
        node("MatMul", "x wv", "v", "value"),
        node("Transpose", "k", "kt", "turn", perm=[0, 2, 1]),
        node("MatMul", "q kt", "s", "scores"),
        node("Mul", "s c", "t", "scale"),
        node("Softmax", "t", "p", "softmax", axis=-1),
        node("MatMul", "p v", "y", "mix"),
    ]
    constants = {f"w{part}": random(8, 6, seed=i) for i, part in enumerate("qkv")} | {"c": np.float32(0.4)}
    layers = layers_of(tmp_path, make(nodes, {"x": (2, 5, 8)}, "y", constants), {"x": random(2, 5, 8)})
    trace = read_trace(tmp_path / "out" / "trace.yaml")
    assert [layer.name for layer in layers] == [
        "query",
        "key",
        "value",
        "scores",
        "mix",
    ]
    assert [layer.shape.dense_multiplies for layer in layers] == [
        480,
        480,
        480,
        300,
        300,
    ]
    assert layers[3].inputs == ("query", "turn") and layers[4].inputs == (
        "softmax",
        "value",
    )
    assert [step.operation for step in layers[3].fused] == ["scale"]
    assert [(entry.name, entry.operation) for entry in trace.operations] == [
        ("turn", "move"),
        ("softmax", "elementwise"),
    ]
    assert trace.outputs == ("mix",)


# Quantized operands


def quantized(seed, *shape, dtype=np.uint8):
    limits = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, dtype, endpoint=True)


def f(value):
    return np.array(value, np.float32)


@pytest.mark.parametrize("per_filter", [False, True])
@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_a_quantized_convolution(tmp_path, kind, per_filter):
    w, b = quantized(1, 4, 3, 3, 3, dtype=kind), np.array([5, -900, 30, 7], np.int32)
    zero = np.zeros(4 if per_filter else (), kind) if kind is np.int8 else np.full((), 120, kind)
    scale = f([0.01, 0.02, 0.03, 0.04]) if per_filter and kind is np.int8 else f(0.01)
    if kind is np.uint8 and per_filter:
        pytest.skip("onnxruntime has one zero point for unsigned weights")
    constants = {
        "xs": f(0.05),
        "xz": np.uint8(100),
        "w": w,
        "ws": scale,
        "wz": zero,
        "ys": f(1.5),
        "yz": np.uint8(9),
        "b": b,
    }
    model = make(
        [node("QLinearConv", "x xs xz w ws wz ys yz b", "y", "q", pads=[1, 1, 1, 1])],
        {"x": (1, 3, 6, 5)},
        "y",
        constants,
        types={"x": TensorProto.UINT8},
    )
    x = quantized(0, 1, 3, 6, 5)
    (layer,) = layers_of(tmp_path, model, {"x": x})
    assert layer.activations.array.dtype == np.uint8 and layer.weights.array.dtype == kind
    assert layer.activations.quantization.zero_point == 100
    assert layer.activations.quantization.scale == pytest.approx(0.05)
    padded = np.pad((x.astype(float) - 100) * 0.05, ((0, 0), (0, 0), (1, 1), (1, 1)))
    real = (w.astype(float) - zero.astype(float).reshape(-1, 1, 1, 1)) * scale.astype(float).reshape(-1, 1, 1, 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    close(layer.outputs, np.einsum("nchwrs,kcrs->nkhw", windows, real))
    assert [step.operation for step in layer.fused] == ["bias", "quantize"]
    shares = layer.nonzeros()
    assert shares[1] == np.count_nonzero(x != 100) / x.size
    assert shares[0] == np.count_nonzero(real) / w.size


def test_a_quantized_residual_addition(tmp_path):
    scales = {
        "xs": f(0.05),
        "xz": np.uint8(100),
        "ws": f(0.01),
        "wz": np.int8(0),
        "ys": f(0.1),
        "yz": np.uint8(128),
    }
    nodes = [
        node("QLinearConv", "x xs xz w ws wz ys yz", "c", "conv"),
        node("QLinearAdd", "c ys yz x xs xz ys yz", "y", "add", "com.microsoft"),
    ]
    constants = scales | {"w": quantized(1, 3, 3, 1, 1, dtype=np.int8)}
    types = {"x": TensorProto.UINT8}
    model = make(
        nodes,
        {"x": (1, 3, 6, 5)},
        "y",
        constants,
        types=types,
        domains=["com.microsoft"],
    )
    (layer,) = layers_of(tmp_path, model, {"x": quantized(0, 1, 3, 6, 5)})
    assert [(step.operation, step.input) for step in layer.fused] == [
        ("quantize", None),
        ("add", "x"),
        ("quantize", None),
    ]


def test_a_quantized_matmul(tmp_path):
    constants = {
        "as": f(0.1),
        "az": np.uint8(3),
        "w": quantized(1, 6, 4, dtype=np.int8),
        "bs": f(0.2),
        "bz": np.int8(1),
    }
    constants |= {"ys": f(20.0), "yz": np.uint8(128)}
    model = make(
        [node("QLinearMatMul", "a as az w bs bz ys yz", "y", "q")],
        {"a": (2, 5, 6)},
        "y",
        constants,
        types={"a": TensorProto.UINT8},
    )
    (layer,) = layers_of(tmp_path, model, {"a": quantized(0, 2, 5, 6)})
    assert (layer.operation, layer.shape.dense_multiplies) == ("linear", 10 * 24)
    assert layer.weights.quantization.zero_point == 1


def test_a_quantized_matmul_of_two_activations(tmp_path):
    constants = {
        "as": f(0.1),
        "az": np.uint8(3),
        "bs": f(0.2),
        "bz": np.uint8(7),
        "ys": f(20.0),
        "yz": np.uint8(128),
    }
    types = {"a": TensorProto.UINT8, "b": TensorProto.UINT8}
    model = make(
        [node("QLinearMatMul", "a as az b bs bz ys yz", "y", "q")],
        {"a": (2, 5, 6), "b": (2, 6, 3)},
        "y",
        constants,
        types=types,
    )
    (layer,) = layers_of(tmp_path, model, {"a": quantized(0, 2, 5, 6), "b": quantized(1, 2, 6, 3)})
    assert (layer.operation, layer.shape.dense_multiplies) == ("matmul", 2 * 5 * 6 * 3)
    assert layer.weights.quantization.zero_point == 7 and layer.activations.quantization.zero_point == 3


@pytest.mark.parametrize("op", ["ConvInteger", "MatMulInteger"])
def test_sums_of_integers(tmp_path, op):
    shape, weights = ((1, 3, 6, 5), (4, 3, 3, 3)) if op == "ConvInteger" else ((2, 5, 6), (6, 4))
    constants = {"w": quantized(1, *weights), "xz": np.uint8(11), "wz": np.uint8(77)}
    types = {"x": TensorProto.UINT8}
    model = make([node(op, "x w xz wz", "y", "sums")], {"x": shape}, "y", constants, types=types)
    x = quantized(0, *shape)
    (layer,) = layers_of(tmp_path, model, {"x": x})
    expected = reference(model, {"x": x})
    assert np.array_equal(layer.outputs.reshape(expected.shape), expected.astype(np.float32))
    assert layer.activations.quantization.scale == 1.0 and layer.weights.quantization.zero_point == 77


def test_zero_points_of_columns_that_a_matmul_cannot_hold(tmp_path):
    """Of two activations, a trace has one zero point each: the values become real ones."""
    constants = {"az": np.uint8(11), "bz": np.array([1, 2, 3], np.uint8)}
    types = {"a": TensorProto.UINT8, "b": TensorProto.UINT8}
    model = make(
        [node("MatMulInteger", "a b az bz", "y", "sums")],
        {"a": (5, 6), "b": (6, 3)},
        "y",
        constants,
        types=types,
    )
    a, b = quantized(0, 5, 6), quantized(1, 6, 3)
    (layer,) = layers_of(tmp_path, model, {"a": a, "b": b})
    assert layer.weights.quantization is None and layer.activations.quantization.zero_point == 11
    assert np.array_equal(layer.weights.array[0], b.astype(np.float32) - constants["bz"])


def test_steps_of_a_quantized_layer_are_compared(tmp_path, monkeypatch):
    requantize = Product._requantize
    monkeypatch.setattr(Product, "_requantize", lambda *arguments: requantize(*arguments) ^ 2)
    constants = {
        "xs": f(0.05),
        "xz": np.uint8(100),
        "w": quantized(1, 4, 3, 1, 1, dtype=np.int8),
        "ws": f(0.1),
        "wz": np.int8(0),
    }
    constants |= {"ys": f(1.5), "yz": np.uint8(128)}
    nodes = [node("QLinearConv", "x xs xz w ws wz ys yz", "y", "conv")]
    model = make(nodes, {"x": (1, 3, 6, 5)}, "y", constants, types={"x": TensorProto.UINT8})
    with pytest.raises(
        TraceError,
        match="layer 'conv': its operands in the file compute integers that differ .* up to 2 steps",
    ):
        layers_of(tmp_path, model, {"x": quantized(0, 1, 3, 6, 5)})


@pytest.mark.parametrize(("change", "fits"), [(1, True), (2, False)])
def test_one_step_may_differ_in_few_places(tmp_path, monkeypatch, change, fits):
    requantize = Product._requantize

    def changed(*arguments):
        steps = requantize(*arguments)
        steps[0, 0, 0, 0] += change if steps[0, 0, 0, 0] < 250 else -change
        return steps

    monkeypatch.setattr(Product, "_requantize", changed)
    constants = {"xs": f(0.05), "xz": np.uint8(100), "w": quantized(1, 4, 3, 1, 1, dtype=np.int8), "ws": f(0.1)}
    constants |= {"wz": np.int8(0), "ys": f(1.5), "yz": np.uint8(128)}
    nodes = [node("QLinearConv", "x xs xz w ws wz ys yz", "y", "conv")]
    model = make(nodes, {"x": (1, 3, 12, 12)}, "y", constants, types={"x": TensorProto.UINT8})
    if fits:
        layers_of(tmp_path, model, {"x": quantized(0, 1, 3, 12, 12)})
    else:
        with pytest.raises(TraceError, match="layer 'conv': its operands in the file compute integers that differ"):
            layers_of(tmp_path, model, {"x": quantized(0, 1, 3, 12, 12)})


def test_densities_of_quantized_operands(tmp_path):
    """A quantized zero is the zero point."""
    x, w = quantized(0, 1, 3, 6, 5) % 4, quantized(1, 4, 3, 1, 1, dtype=np.uint8) % 4
    constants = {"w": w, "xz": np.uint8(1), "wz": np.uint8(2)}
    model = make(
        [node("ConvInteger", "x w xz wz", "y")],
        {"x": x.shape},
        "y",
        constants,
        types={"x": TensorProto.UINT8},
    )
    options = Options(activations="density", weights="density")
    export(save(tmp_path, model), tmp_path / "out", {"x": x}, options=options)
    (layer,) = read_trace(tmp_path / "out" / "trace.yaml").layers
    assert layer.activations.density == np.count_nonzero(x != 1) / x.size
    assert layer.weights.density == np.count_nonzero(w != 2) / w.size


def test_dynamic_quantization(tmp_path):
    """What onnxruntime's quantize_dynamic writes: the zero point of the activations is computed by the network."""
    nodes = [
        node("DynamicQuantizeLinear", "x", "q s z", "dynamic"),
        node("MatMulInteger", "q w z wz", "i", "product"),
        node("Cast", "i", "r", "cast", to=TensorProto.FLOAT),
        node("Mul", "s ws", "both", "scales"),
        node("Mul", "r both", "m", "scale"),
        node("Add", "m b", "y", "add"),
    ]
    constants = {
        "w": quantized(1, 6, 4, dtype=np.int8),
        "wz": np.int8(0),
        "ws": f(0.1),
        "b": random(4),
    }
    (layer,) = layers_of(tmp_path, make(nodes, {"x": (5, 6)}, "y", constants), {"x": random(5, 6)})
    assert layer.name == "product" and layer.inputs == ("dynamic",)
    assert [step.operation for step in layer.fused] == ["cast", "scale", "bias"]
    assert 0 < layer.activations.quantization.zero_point < 255


@pytest.mark.parametrize("op", ["Conv", "ConvTranspose", "MatMul", "Gemm"])
@pytest.mark.parametrize("per_filter", [False, True])
def test_quantize_and_dequantize_around_a_layer(tmp_path, op, per_filter):
    shape, weights, axis = {
        "Conv": ((1, 4, 6, 5), (6, 2, 3, 3), 0),
        "ConvTranspose": ((1, 4, 6, 5), (4, 3, 3, 3), 1),
        "MatMul": ((2, 5, 6), (6, 4), 1),
        "Gemm": ((5, 6), (4, 6), 0),
    }[op]
    attributes = {
        "Conv": {"group": 2},
        "ConvTranspose": {"group": 2},
        "Gemm": {"transB": 1},
    }.get(op, {})
    scale = f(0.02) * np.arange(1, 1 + weights[axis], dtype=np.float32) if per_filter else f(0.02)
    nodes = [
        node("QuantizeLinear", "x xs xz", "q", "quantize"),
        node("DequantizeLinear", "q xs xz", "d", "dequantize"),
        node("DequantizeLinear", "w ws wz", "wd", "weights", axis=axis),
        node(op, "d wd", "r", "layer", **attributes),
        node("QuantizeLinear", "r ys yz", "rq", "requantize"),
        node("DequantizeLinear", "rq ys yz", "y", "result"),
    ]
    constants = {
        "xs": f(0.03),
        "xz": np.uint8(120),
        "w": quantized(1, *weights, dtype=np.int8),
        "ws": scale,
    }
    constants |= {"wz": np.zeros_like(scale, np.int8), "ys": f(0.9), "yz": np.int8(-3)}
    (layer,) = layers_of(tmp_path, make(nodes, {"x": shape}, "y", constants), {"x": random(*shape)})
    trace = read_trace(tmp_path / "out" / "trace.yaml")
    assert layer.activations.array.dtype == np.uint8 and layer.weights.array.dtype == np.int8
    assert layer.inputs == ("quantize",) and [step.operation for step in layer.fused] == ["quantize"]
    assert [entry.name for entry in trace.operations] == ["quantize"] and trace.outputs == ("layer",)
    expected = {"Conv": 6, "ConvTranspose": 6, "MatMul": 4, "Gemm": 4}[op]
    assert np.shape(layer.weights.quantization.scale) == ((expected,) if per_filter else ())


def test_weights_that_are_quantized_and_transposed(tmp_path):
    nodes = [
        node("DequantizeLinear", "w ws wz", "wd", axis=0),
        node("Transpose", "wd", "wt", perm=[1, 0]),
        node("MatMul", "x wt", "y", "layer"),
    ]
    constants = {
        "w": quantized(1, 4, 6, dtype=np.int8),
        "ws": f([0.1, 0.2, 0.3, 0.4]),
        "wz": np.zeros(4, np.int8),
    }
    (layer,) = layers_of(tmp_path, make(nodes, {"x": (5, 6)}, "y", constants), {"x": random(5, 6)})
    assert np.array_equal(layer.weights.array, constants["w"])
    assert layer.weights.quantization.scale.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_scales_that_a_trace_cannot_hold_become_real_values(tmp_path):
    """One scale per input channel."""
    nodes = [
        node("DequantizeLinear", "w ws", "wd", axis=1),
        node("Conv", "x wd", "y", "layer"),
    ]
    constants = {"w": quantized(1, 4, 3, 3, 3, dtype=np.int8), "ws": f([0.1, 0.2, 0.3])}
    (layer,) = layers_of(
        tmp_path,
        make(nodes, {"x": (1, 3, 6, 6)}, "y", constants),
        {"x": random(1, 3, 6, 6)},
    )
    assert layer.weights.quantization is None
    close(layer.weights.array, constants["w"] * f([0.1, 0.2, 0.3]).reshape(1, 3, 1, 1))


def test_scales_of_blocks_become_real_values(tmp_path):
    nodes = [node("DequantizeLinear", "w ws", "wd", axis=0, block_size=2), node("MatMul", "x wd", "y", "layer")]
    constants = {"w": quantized(1, 6, 4, dtype=np.int8), "ws": random(3, 4) ** 2 + f(0.1)}
    model = make(nodes, {"x": (5, 6)}, "y", constants, opset=21, ir=10)
    (layer,) = layers_of(tmp_path, model, {"x": random(5, 6)})
    assert layer.weights.quantization is None
    close(layer.weights.array, (constants["w"] * np.repeat(constants["ws"], 2, axis=0)).T)


# Weights, wherever they come from


def filters_of(tmp_path, nodes, constants, **options):
    (layer,) = layers_of(
        tmp_path,
        make(nodes, {"x": (1, 2, 4, 4)}, "y", constants),
        {"x": random(1, 2, 4, 4)},
        **options,
    )
    assert isinstance(layer.weights, Values)
    return layer.weights.array


def test_weights_of_a_constant_node(tmp_path):
    w = random(3, 2, 1, 1, seed=1)
    constant = onnx.helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(w))
    assert np.array_equal(filters_of(tmp_path, [constant, node("Conv", "x w", "y")], {}), w)


def test_weights_of_a_sparse_constant(tmp_path):
    values = onnx.helper.make_tensor("v", TensorProto.FLOAT, [2], [1.5, -2.5])
    indices = onnx.helper.make_tensor("i", TensorProto.INT64, [2], [1, 4])
    sparse = onnx.helper.make_sparse_tensor(values, indices, [3, 2, 1, 1])
    constant = onnx.helper.make_node("Constant", [], ["w"], sparse_value=sparse)
    found = filters_of(tmp_path, [constant, node("Conv", "x w", "y")], {})
    assert found.ravel().tolist() == [0, 1.5, 0, 0, -2.5, 0]


def test_weights_that_a_part_of_the_graph_computes(tmp_path):
    """Pruning masks and transposes are folded: what multiplies constants is no layer."""
    w, mask = random(2, 3, seed=1), np.array([[1, 0, 1], [0, 1, 0]], bool)
    nodes = [
        node("Cast", "mask", "m", to=TensorProto.FLOAT),
        node("Mul", "w m", "pruned"),
        node("MatMul", "pruned one", "same"),
        node("Transpose", "same", "turned"),
        node("Reshape", "turned shape", "weights"),
        node("Conv", "x weights", "y"),
    ]
    constants = {
        "w": w,
        "mask": mask,
        "one": np.eye(3, dtype=np.float32),
        "shape": np.array([3, 2, 1, 1]),
    }
    assert np.array_equal(filters_of(tmp_path, nodes, constants)[:, :, 0, 0], (w * mask).T)


def test_weights_that_two_layers_share(tmp_path):
    nodes = [
        node("Conv", "x w", "a", "conv"),
        node("Relu", "a", "r"),
        node("Conv", "r w", "y", "conv"),
    ]
    layers = layers_of(
        tmp_path,
        make(nodes, {"x": (1, 2, 4, 4)}, "y", {"w": random(2, 2, 1, 1)}),
        {"x": random(1, 2, 4, 4)},
    )
    assert [layer.name for layer in layers] == ["conv", "conv#2"]
    assert np.array_equal(layers[0].weights.array, layers[1].weights.array)
    assert layers[1].inputs == ("conv",) and layers[1].relu == "spatial" and layers[0].relu == "none"


def test_weights_that_the_network_computes(tmp_path):
    nodes = [node("Mul", "v two", "w", "twice"), node("Conv", "x w", "y", "conv")]
    model = make(nodes, {"x": (1, 2, 4, 4), "v": (3, 2, 1, 1)}, "y", {"two": np.float32(2)})
    v = random(3, 2, 1, 1)
    (layer,) = layers_of(tmp_path, model, {"x": random(1, 2, 4, 4), "v": v})
    assert np.array_equal(layer.weights.array, 2 * v)
    exported = export(tmp_path / "model.onnx", tmp_path / "out", {"x": random(1, 2, 4, 4), "v": v})
    assert "weights that the network computes from its input, as they were: conv" in exported.summary


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_floating_point_types(tmp_path, kind):
    types = {"x": TensorProto.FLOAT16 if kind is np.float16 else TensorProto.DOUBLE}
    first = node("Conv", "x w", "c", "conv") if kind is np.float16 else node("MatMul", "x m", "c", "mm")
    nodes = [first, node("Relu", "c", "r"), node("Gemm", "v g b", "y", "gemm")]
    nodes.insert(2, node("Flatten", "r", "v"))
    constants = {
        "w": random(2, 2, 1, 1),
        "m": random(6, 6),
        "g": random(72, 5),
        "b": random(5),
    }
    constants = {name: array.astype(kind) for name, array in constants.items()}
    model = make(nodes, {"x": (1, 2, 6, 6)}, "y", constants, types=types)
    layers = layers_of(tmp_path, model, {"x": random(1, 2, 6, 6).astype(kind)}, accuracy=2e-3)
    assert {layer.weights.array.dtype.name for layer in layers} == {"float16" if kind is np.float16 else "float32"}


def test_external_data(tmp_path):
    w, v = random(3, 2, 1, 1), random(2, 3, 1, 1, seed=1)
    nodes = [node("Conv", "x w", "c"), node("Conv", "c v", "y")]
    model = make(nodes, {"x": (1, 2, 4, 4)}, "y", {"w": w, "v": v})
    path = tmp_path / "model.onnx"
    onnx.save(
        model,
        str(path),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    assert (tmp_path / "weights.bin").exists()
    export(path, tmp_path / "out", {"x": random(1, 2, 4, 4)})
    layers = read_trace(tmp_path / "out" / "trace.yaml").layers
    assert np.array_equal(layers[0].weights.array, w) and np.array_equal(layers[1].weights.array, v)


def test_functions_are_inlined(tmp_path):
    body = [node("Conv", "a b", "c", "inner"), node("Relu", "c", "d")]
    function = onnx.helper.make_function("own", "Block", ["a", "b"], ["d"], body, [onnx.helper.make_opsetid("", 17)])
    nodes = [
        node("Block", "x w", "r", "first", domain="own"),
        node("Block", "r w", "y", "second", domain="own"),
    ]
    model = make(
        nodes,
        {"x": (1, 2, 4, 4)},
        "y",
        {"w": random(2, 2, 1, 1)},
        functions=[function],
        domains=["own"],
    )
    layers = layers_of(tmp_path, model, {"x": random(1, 2, 4, 4)})
    assert len(layers) == 2 and len({layer.name for layer in layers}) == 2
    assert all([step.operation for step in layer.fused] == ["relu"] for layer in layers)


def test_the_attention_operator_is_its_products(tmp_path):
    inputs = {name: random(2, 3, 5, 4, seed=i) for i, name in enumerate("qkv")}
    model = make(
        [node("Attention", "q k v", "y", "attend")],
        {n: a.shape for n, a in inputs.items()},
        "y",
        opset=23,
        ir=11,
    )
    layers = layers_of(tmp_path, model, inputs)
    assert [layer.operation for layer in layers] == ["matmul", "matmul"]
    assert sum(layer.shape.dense_multiplies for layer in layers) == 2 * (2 * 3 * 5 * 5 * 4)
