"""The extended format: transposed convolutions, matrix products, quantized operands, and the network as a graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import yaml
from winograd_trace import (
    Density,
    Fused,
    GraphOperation,
    Layer,
    Mask,
    Network,
    Quantization,
    Shape,
    TraceError,
    TraceWriter,
    Values,
    f2x3,
    read_trace,
    recompute,
    winograd_convolution,
)
from winograd_trace.recomputing import ROUNDING, flow_fault, output_fault
from winograd_trace.tensorfile import stream


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def example() -> TraceWriter:
    """x -> conv -> pool -> up -> attention over itself -> fc, with a residual and a view."""
    writer = TraceWriter("graph")
    writer.input("x", (2, 4, 8, 6))
    writer.convolution(
        "conv",
        weights=normal(6, 2, 3, 4),
        activations=normal(2, 4, 8, 6),
        padding=(1, 1, 1, 2),
        groups=2,
        inputs=["x"],
        fused=[Fused("bias"), Fused("relu")],
    )
    writer.operation(
        GraphOperation(
            "pool",
            "pool",
            "max_pool2d",
            ("conv",),
            ((2, 6, 8, 6),),
            ((2, 6, 4, 3),),
            2304,
            576,
            {"height": 2, "width": 2, "stride": 2},
        )
    )
    writer.transposed_convolution(
        "up",
        weights=normal(6, 2, 3, 3),
        activations=normal(2, 6, 4, 3),
        stride=2,
        padding=1,
        output_padding=(1, 0),
        groups=2,
        inputs=["pool"],
    )
    scores = normal(2, 4, 40)
    writer.matmul(
        "scores",
        first=scores,
        second=scores.transpose(0, 2, 1),
        inputs=["up", "up"],
        fused=[Fused("softmax")],
    )
    writer.linear(
        "fc",
        weights=normal(4, 4),
        activations=normal(8, 4),
        inputs=["scores"],
        fused=[Fused("add", "scores")],
    )
    writer.outputs("fc", "conv")
    return writer


def test_the_manifest_has_the_graph():
    given = yaml.safe_load(example().trace().manifest())
    assert given["inputs"] == [{"name": "x", "shape": [2, 4, 8, 6]}]
    assert given["outputs"] == ["fc", "conv"]
    conv, up, scores, fc = given["layers"]
    assert conv["inputs"] == ["x"] and conv["fused"] == [
        {"operation": "bias"},
        {"operation": "relu"},
    ]
    assert conv["kernel"] == {
        "height": 3,
        "width": 4,
        "padding": [1, 1, 1, 2],
        "groups": 2,
    }
    assert up["output"] == {"channels": 4, "height": 8, "width": 5}
    assert up["kernel"] == {
        "height": 3,
        "width": 3,
        "stride": 2,
        "padding": 1,
        "output_padding": [1, 0],
        "groups": 2,
    }
    assert scores["input"] == {"channels": 40, "height": 4, "batch": 2} and scores["output"] == {"channels": 4}
    assert "kernel" not in scores and scores["inputs"] == ["up", "up"]
    assert fc["fused"] == [{"operation": "add", "input": "scores"}]
    assert given["operations"] == [
        {
            "name": "pool",
            "operation": "pool",
            "kind": "max_pool2d",
            "inputs": ["conv"],
            "input": [[2, 6, 8, 6]],
            "output": [[2, 6, 4, 3]],
            "bytes": {"read": 2304, "written": 576},
            "kernel": {"height": 2, "width": 2, "stride": 2},
        }
    ]


def test_reading_gives_back_the_graph(tmp_path):
    written = example().trace()
    written.write(tmp_path / "trace.yaml")
    read = read_trace(tmp_path / "trace.yaml")
    assert read.manifest() == written.manifest()
    assert (read.inputs, read.outputs, read.operations) == (
        written.inputs,
        written.outputs,
        written.operations,
    )
    for layer, other in zip(read.layers, written.layers, strict=True):
        assert (layer.shape, layer.inputs, layer.fused) == (
            other.shape,
            other.inputs,
            other.fused,
        )
        np.testing.assert_array_equal(layer.reference_outputs(), other.reference_outputs())


def test_multiplications_by_their_own_formulas():
    conv, up, scores, fc = (layer.shape.dense_multiplies for layer in example().layers)
    assert conv == 2 * 6 * 8 * 6 * 2 * 3 * 4
    assert up == 2 * 6 * 4 * 3 * 2 * 3 * 3
    assert scores == 2 * 4 * 40 * 4
    assert fc == 8 * 4 * 4


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"stride": (2, 3), "padding": (1, 0)},
        {"stride": (3, 2), "padding": (0, 1, 2, 1), "output_padding": (2, 1)},
        {"dilation": (2, 1), "groups": 3, "padding": (1, 1)},
        {"stride": (2, 2), "groups": 3, "output_padding": (1, 1), "dilation": (1, 3)},
    ],
)
def test_a_transposed_convolution_is_the_sum_over_its_inputs(form):
    """Every product by itself, added where the definition has it."""
    shape = Shape(6, 9, 2, 4, 5, (3, 2), transposed=True, **form)
    x, w = normal(2, 6, 4, 5), normal(6, 9 // shape.groups, 3, 2)
    top, left, _, _ = shape.sides
    expected = np.zeros((2, 9, *shape.output))
    for n, c, i, j in np.ndindex(x.shape):
        for k, r, s in np.ndindex(w.shape[1:]):
            row = i * shape.stride[0] + r * shape.dilation[0] - top
            column = j * shape.stride[1] + s * shape.dilation[1] - left
            if 0 <= row < shape.output[0] and 0 <= column < shape.output[1]:
                filters = c // (6 // shape.groups) * w.shape[1] + k
                expected[n, filters, row, column] += float(x[n, c, i, j]) * float(w[c, k, r, s])
    layer = Layer(
        "up",
        shape,
        Values(w),
        Values(x),
        "transposed_convolution",
        outputs=expected.astype(np.float32),
    )
    layer.check()
    np.testing.assert_allclose(layer.reference_outputs(), expected, atol=1e-12)
    np.testing.assert_allclose(recompute(layer).outputs, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "fan"),
    [
        (Shape(4, 6, 2, 9, 7, (3, 2), (2, 1), (1, 0, 2, 3)), 4),
        (Shape(6, 12, 1, 9, 7, (3, 3), (1, 1), (2, 2), (2, 2), 6), 1),
        (Shape(6, 4, 1, 1, 40, (1, 5), (1, 3), (0, 2), (1, 1), 2), 3),
    ],
)
def test_recompute_is_the_direct_convolution(shape, fan, monkeypatch):
    monkeypatch.setattr("winograd_trace.recomputing._BUFFER", 900)  # Some rows at a time.
    x, w = (
        normal(shape.batch, shape.channels, shape.height, shape.width),
        normal(shape.filters, fan, *shape.kernel),
    )
    layer = Layer("conv", shape, Values(w), Values(x))
    found = recompute(layer)
    np.testing.assert_allclose(found.outputs, layer.reference_outputs(), atol=1e-12)
    squares = Layer("conv", shape, Values(w**2), Values(x**2)).reference_outputs()
    np.testing.assert_allclose(found.spread[..., 0, 0] ** 2, squares.mean((2, 3)), rtol=1e-5)


def test_recompute_of_a_winograd_layer_and_a_product():
    u, x = normal(4, 2, 4, 4), normal(2, 4, 7, 6)
    shape = Shape(4, 4, 2, 7, 6, (3, 3), padding=(1, 1, 0, 2), groups=2)
    layer = Layer("w", shape, Values(u, "winograd"), Values(x), relu="winograd")
    layer.check()
    expected = winograd_convolution(x, u, f2x3(), (1, 1, 0, 2), 2, relu=True)
    assert expected.shape[2:] == shape.output
    np.testing.assert_allclose(recompute(layer).outputs, expected, atol=1e-12)
    scores = example().layers[2]
    product = np.einsum("bmk,bkn->bmn", scores.activations.array, scores.weights.array, dtype=np.float64)
    np.testing.assert_allclose(recompute(scores).outputs, product, atol=1e-12)


def quantized(**changes) -> Layer:
    rng = np.random.default_rng(5)
    given = {
        "name": "q",
        "shape": Shape(4, 6, 1, 5, 5, (3, 3), groups=2),
        "weights": Values(
            rng.integers(-128, 128, (6, 2, 3, 3)).astype(np.int8),
            quantization=Quantization(
                np.linspace(0.01, 0.06, 6, dtype=np.float32),
                np.arange(6, dtype=np.int8),
            ),
        ),
        "activations": Values(
            rng.integers(128, 131, (1, 4, 5, 5)).astype(np.uint8),
            quantization=Quantization(0.02, 128),
        ),
        "relu": "spatial",
    }
    return Layer(**{**given, **changes})


def test_quantized_operands_stand_for_real_values(tmp_path):
    layer = quantized()
    w = (layer.weights.array.astype(float) - np.arange(6)[:, None, None, None]) * layer.weights.quantization.scale[
        :, None, None, None
    ].astype(float)
    x = (layer.activations.array.astype(float) - 128) * 0.02
    plain = Layer("p", layer.shape, Values(w), Values(x))
    network = Network("q")
    network.layers.append(layer)
    network.write(tmp_path / "trace.yaml")
    given = yaml.safe_load((tmp_path / "trace.yaml").read_text())["layers"][0]
    assert given["activations"] == {
        "tensor": "q.input",
        "scale": 0.02,
        "zero_point": 128,
    }
    assert given["weights"]["scale"] == {"tensor": "q.weight.scale"}
    assert given["weights"]["zero_point"] == {"tensor": "q.weight.zero_point"}
    read = read_trace(tmp_path / "trace.yaml").layers[0]
    np.testing.assert_allclose(read.reference_outputs(), plain.reference_outputs(), atol=1e-9)
    np.testing.assert_allclose(recompute(read).outputs, plain.reference_outputs(), atol=1e-9)
    assert read.nonzeros() == (
        np.count_nonzero(w) / w.size,
        np.count_nonzero(x) / x.size,
    )
    assert 0.5 < read.nonzeros()[1] < 0.8


def test_scales_of_a_transposed_convolution_are_one_a_filter():
    scale = np.array([1, 10, 100, 1000], np.float32)
    weights = Values(np.ones((2, 2, 1, 1), np.int8), quantization=Quantization(scale))
    x = np.array([1, 2], np.float32).reshape(1, 2, 1, 1)
    layer = Layer(
        "up",
        Shape(2, 4, groups=2, transposed=True),
        weights,
        Values(x),
        "transposed_convolution",
    )
    layer.check()
    assert layer.reference_outputs().reshape(-1).tolist() == [1, 10, 200, 2000]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"activations": Values(np.ones((1, 4, 5, 5), np.uint8), quantization=Quantization(0.0))},
            "scale 0.0; expected a",
        ),
        (
            {"activations": Values(np.ones((1, 4, 5, 5), np.uint8), quantization=Quantization(0.1, 256))},
            "from 0 to 255",
        ),
        (
            {"activations": Values(normal(1, 4, 5, 5), quantization=Quantization(0.1))},
            "float32 and a scale",
        ),
        (
            {
                "weights": Values(
                    np.ones((6, 2, 3, 3), np.int8),
                    quantization=Quantization(np.ones(5)),
                )
            },
            r"shape \[5\]; exp",
        ),
        (
            {
                "weights": Values(
                    np.ones((6, 2, 3, 3), np.int8),
                    quantization=Quantization(np.zeros(6)),
                )
            },
            "the scale 0.0",
        ),
        (
            {
                "activations": Values(
                    np.full((1, 4, 5, 5), 127, np.uint8),
                    quantization=Quantization(0.1, 128),
                )
            },
            "negative",
        ),
        (
            {
                "activations": Values(
                    np.ones((1, 4, 5, 5), np.int8),
                    quantization=Quantization(np.ones(4)),
                )
            },
            "one number",
        ),
    ],
)
def test_a_scale_that_cannot_be_is_an_error(changes, message):
    with pytest.raises(TraceError, match=f"layer 'q': .*{message}"):
        quantized(**changes).check()


def change(**changes):
    """The example with fields of layers and operations replaced, by name."""
    trace = example().trace()

    def replaced(entry):
        return replace(entry, **changes.get(entry.name, {}))

    layers, operations = (
        tuple(map(replaced, trace.layers)),
        tuple(map(replaced, trace.operations)),
    )
    return replace(trace, layers=layers, operations=operations, **changes.get("trace", {}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"up": {"inputs": ("pol",)}},
            "layer 'up' names the producer 'pol', .*; the nearest name is 'pool'",
        ),
        (
            {"fc": {"fused": (Fused("add", "gone"),)}},
            "layer 'fc' names the producer 'gone', which is no network input",
        ),
        (
            {"trace": {"outputs": ("fd",)}},
            "the list of the network's outputs names the producer 'fd'",
        ),
        (
            {"pool": {"name": "fc"}, "up": {"inputs": ("conv",)}},
            "a layer and an operation are named 'fc'",
        ),
        (
            {"pool": {"name": "x"}, "up": {"inputs": ("x",)}},
            "a network input and an operation are named 'x'",
        ),
        ({"up": {"name": "conv"}}, "two layers are named 'conv'"),
        (
            {"up": {"inputs": ("conv",)}},
            "layer 'up': its input has 144 elements, but its producer 'conv' gives 576",
        ),
        (
            {"pool": {"inputs": ("x",)}},
            "operation 'pool': its input has 576 elements, but its producer 'x' gives 384",
        ),
        (
            {"scores": {"inputs": ("up", "pool")}},
            "its second factor has 320 elements, but its producer 'pool' gives 144",
        ),
        (
            {"conv": {"fused": (Fused("add", "x"),)}},
            "its fused add has 576 elements, but its producer 'x' gives 384",
        ),
        ({"pool": {"inputs": ("conv", "x")}}, "2 producers and 1 shapes"),
        ({"scores": {"inputs": ("up",)}}, "a matmul has 2"),
        ({"up": {"inputs": ("pool", "pool")}}, "a transposed_convolution has 1"),
        (
            {"conv": {"fused": (Fused("add", "scores"),)}},
            "elements, but its producer|cycle",
        ),
        (
            {"pool": {"operation": "conv"}},
            "operation 'pool' is a 'conv'; expected pool, elementwise or move",
        ),
        ({"pool": {"read": -1}}, "bytes read are -1"),
        ({"pool": {"operation": "move"}}, "is no pool and has a kernel"),
        (
            {
                "conv": {
                    "weights": Density(0.5),
                    "shape": Shape(4, 6, output_padding=(1, 0)),
                }
            },
            "only a transposed",
        ),
        (
            {"up": {"weights": Mask(np.ones((4, 1), np.uint16))}},
            "a transposed_convolution has masks",
        ),
        ({"up": {"operation": "convolution"}}, "shape of transposed True"),
        ({"scores": {"shape": Shape(40, 4, 2, 4, 2)}}, "a matmul has a map of width 1"),
    ],
)
def test_a_graph_that_does_not_fit_is_an_error(changes, message):
    with pytest.raises(TraceError, match=message):
        change(**changes).check()


def test_a_cycle_is_named():
    writer = TraceWriter("m")
    for name, producer in (("a", "c"), ("b", "a"), ("c", "b"), ("d", "a")):
        writer.linear(
            name,
            weights=Density(1.0),
            activations=Density(1.0),
            features=3,
            filters=3,
            inputs=[producer],
        )
    with pytest.raises(TraceError, match="the graph has a cycle: '([abc])' -> '.' -> '.' -> '\\1'"):
        writer.trace()


def test_views_and_parts_fit():
    writer = TraceWriter("m")
    writer.input("x", (2, 3, 4))
    parts = ((2, 1, 4), (2, 2, 4))
    writer.operation(GraphOperation("split", "move", "split", ("x",), ((2, 3, 4),), parts, 96, 96))
    writer.linear(
        "a",
        weights=Density(1.0),
        activations=Density(1.0),
        features=16,
        filters=2,
        inputs=["split"],
    )
    writer.linear(
        "b",
        weights=Density(1.0),
        activations=Density(1.0),
        features=8,
        filters=2,
        inputs=["split"],
    )
    writer.matmul("c", first=Density(1.0), second=Density(1.0), sizes=(3, 2, 4, 2), inputs=["x", "split"])
    writer.trace()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            (
                "output: {channels: 4, height: 8, width: 5}",
                "output: {channels: 4, height: 9, width: 5}",
            ),
            "its shape gives 8",
        ),
        (
            ("padding: [1, 1, 1, 2]", "padding: [1, 1, 1]"),
            "expected an integer or a list of two or four",
        ),
        (
            ("outputs: [fc, conv]", "outputs: fc"),
            "outputs is 'fc'; expected a list of names",
        ),
        (("shape: [2, 4, 8, 6]", "shape: [2, 4, 8, x]"), "a shape is"),
        (
            ("bytes: {read: 2304, written: 576}", "bytes: {read: 2304}"),
            "key 'written' is missing",
        ),
        (("fused: [{operation: bias}, ", "fused: [bias, "), "expected a mapping"),
        (("inputs: [pool]", "inputs: pool"), "expected a list of names"),
        (("kind: max_pool2d", "kind: 3"), "has the kind 3"),
    ],
)
def test_a_broken_graph_is_an_error_that_names_the_file(change, message, tmp_path):
    path = tmp_path / "trace.yaml"
    example().write(path)
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    with pytest.raises(TraceError, match=message) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)


def test_the_stream_is_what_safetensors_writes():
    arrays = {
        "b": normal(3, 5),
        "a.weight": np.arange(6, dtype=np.int8),
        "ä#2": np.arange(4, dtype=np.uint64).reshape(2, 2),
        "h": np.ones((2, 2), np.float16),
        "z": np.arange(3, dtype=np.int32),
        "m": np.ones((1, 2), np.uint16),
        "u": np.ones((3,), np.uint8),
        "strided": normal(4, 6)[:, ::2],
    }
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    assert b"".join(stream(arrays)) == safetensors.numpy.save(plain)


def test_a_truncated_file_of_tensors_is_an_error(tmp_path):
    example().write(tmp_path / "trace.yaml")
    file = tmp_path / "tensors.safetensors"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(TraceError, match="tensors.safetensors"):
        read_trace(tmp_path / "trace.yaml")


def test_the_tolerance_takes_rounding_and_finds_faults():
    rng = np.random.default_rng(3)
    x, w = (
        rng.standard_normal((1, 32, 12, 12), np.float32),
        rng.standard_normal((16, 32, 3, 3), np.float32),
    )
    layer = Layer("conv", Shape(32, 16, 1, 12, 12, (3, 3)), Values(w), Values(x))
    found = recompute(layer)
    float32 = ROUNDING["float32"]
    assert output_fault(found, found.outputs.astype(np.float32), float32) is None
    assert output_fault(found, found.outputs + 1.0, float32, added=1e6) is None
    pruned = w.copy()
    pruned[5][np.abs(pruned[5]) < np.quantile(np.abs(pruned[5]), 0.1)] = 0
    faulty = recompute(replace(layer, weights=Values(pruned)))
    assert "the error reaches" in str(output_fault(faulty, found.outputs, float32))
    assert output_fault(faulty, found.outputs, ROUNDING["bfloat16"]) is None
    broken = found.outputs.copy()
    broken[0, 3, 4, 4] = np.nan
    assert output_fault(found, broken, float32) is not None
    assert flow_fault(x, x * (1 + 1e-5), float32) is None
    assert flow_fault(x, x * 1.01, float32) is not None
    assert flow_fault(x, np.where(x > 2, np.nan, x), float32) is not None


def test_names_are_given_once_and_the_summary_has_everything():
    network = Network("net")
    assert [
        network.name("a"),
        network.name("a"),
        network.name("b"),
        network.name("a"),
    ] == ["a", "a#2", "b", "a#3"]
    trace = example().trace()
    network.layers, network.operations = list(trace.layers), list(trace.operations)
    network.notes.append("one path was recorded")
    text = network.summary()
    assert text.startswith("net: 4 layers, 17,824 multiplications\n  convolution: 1 with 13,824 (77.6%)\n")
    for line in (
        "fused: 1 bias, 1 relu, 1 softmax, 1 add",
        "stand alone: 1 max_pool2d",
        "not exported: nothing",
        "one path",
    ):
        assert line in text


def test_outputs_that_underflow_are_no_fault():
    """Masked attention has rows of weights below the smallest float32; their squares are zero long before."""
    first = np.array([[[1e-45, 1e-44], [0.5, 0.5]]], np.float32)
    layer = Layer("m", Shape(2, 2, 1, 2), Values(normal(1, 2, 2)), Values(first), "matmul")
    found = recompute(layer)
    assert output_fault(found, (first @ layer.weights.array).astype(np.float64), ROUNDING["float32"]) is None
    assert output_fault(found, found.outputs + np.float64(1e-9), ROUNDING["float32"]) is not None
