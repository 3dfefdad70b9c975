"""Whole networks from ONNX files: those that the onnx package carries, and a trained text detector."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import Density, TraceError, Values, read_trace

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from winograd_trace.onnx import Options, export
from winograd_trace.onnx.drawing import draw_weights
from winograd_trace.onnx.reading import read_model

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

# Multiplications by published counts (the first five) or by the independent count below.
KNOWN = {
    "bvlc_alexnet": 654_560_384,
    "resnet50": 4_089_184_256,
    "vgg19": 19_632_062_464,
    "squeezenet": 349_151_936,
    "densenet121": 2_834_161_664,
}
NETWORKS = [*KNOWN, "inception_v1", "inception_v2", "shufflenet", "zfnet512"]


def counted(path):
    """Layers and multiplications from the nodes and onnx's own shape inference, without this package."""
    model = onnx.load(path)
    for node in [n for n in model.graph.node if n.op_type == "ConstantOfShape"]:
        shape = next(i for i in model.graph.initializer if i.name == node.input[0])
        sizes = onnx.numpy_helper.to_array(shape).tolist()
        model.graph.value_info.append(onnx.helper.make_tensor_value_info(node.output[0], 1, sizes))
        model.graph.node.remove(node)
        model.graph.input.append(model.graph.value_info[-1])
    names = {value.name for value in model.graph.input}
    for tensor in model.graph.initializer:
        if tensor.name not in names:
            model.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    counts = []
    for node in inferred.node:
        if node.op_type == "Conv":
            counts.append(math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:]))
        if node.op_type == "Gemm":
            counts.append(math.prod(shapes[node.input[1]]) * shapes[node.output[0]][0])
    return len(counts), sum(counts)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_from_its_shapes_alone(tmp_path, name):
    """Generated weights are densities: VGG-19 would be 575 MB."""
    path = LIGHT / f"light_{name}.onnx"
    exported = export(path, tmp_path)
    trace = read_trace(tmp_path / "trace.yaml")
    layers, multiplications = counted(path)
    assert len(trace.layers) == layers
    assert sum(layer.shape.dense_multiplies for layer in trace.layers) == multiplications
    assert KNOWN.get(name, multiplications) == multiplications
    assert all(isinstance(layer.weights, Density) and layer.weights.density == 1.0 for layer in trace.layers)
    assert [path.name for path in tmp_path.iterdir()] == ["trace.yaml"]
    assert exported.checked == 0 and "not checked" in exported.summary
    assert f"{multiplications:,}" in exported.summary


def test_random_weights_are_values_that_the_check_can_tell_apart(tmp_path):
    path = LIGHT / "light_squeezenet.onnx"
    exported = export(path, tmp_path / "a", options=Options(random=True))
    export(path, tmp_path / "b", options=Options(random=True))
    export(path, tmp_path / "c", options=Options(random=True, seed=2))
    tensors = [(tmp_path / folder / "tensors.safetensors").read_bytes() for folder in "abc"]
    assert tensors[0] == tensors[1] and tensors[0] != tensors[2]
    layers = read_trace(tmp_path / "a" / "trace.yaml").layers
    assert exported.checked == len(layers) == 26
    for layer in layers:
        assert isinstance(layer.weights, Values)
        fan = layer.shape.channels * math.prod(layer.shape.kernel)
        assert np.std(layer.weights.array) == pytest.approx(math.sqrt(2 / fan), rel=0.1)
        assert 0.01 < np.sqrt(np.mean(layer.outputs.astype(float) ** 2)) < 100


def test_what_random_values_are_for():
    graph = read_model(LIGHT / "light_resnet50.onnx")
    generated = {entry.outputs[0] for entry in graph.nodes if entry.op == "ConstantOfShape"}
    draw_weights(graph, 1)
    norms = [entry for entry in graph.nodes if entry.op == "BatchNormalization"]
    norm = next(entry for entry in norms if generated.issuperset(entry.inputs[1:]))
    scale, bias, mean, variance = (graph.constants[name] for name in norm.inputs[1:])
    assert 0.5 <= scale.min() and scale.max() < 1.5 and 0.5 <= variance.min() and variance.max() < 1.5
    assert 0.05 < bias.std() < 0.2 and 0.05 < mean.std() < 0.2 and not np.array_equal(bias, mean)


def test_normalizations_with_random_values(tmp_path):
    exported = export(LIGHT / "light_shufflenet.onnx", tmp_path, options=Options(random=True))
    assert exported.checked == 50


def test_generated_weights_stay_densities_where_the_input_is_given(tmp_path):
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype(np.float32)
    exported = export(LIGHT / "light_squeezenet.onnx", tmp_path, {"": x})
    layers = read_trace(tmp_path / "trace.yaml").layers
    assert all(isinstance(layer.weights, Density) for layer in layers)
    assert np.array_equal(layers[0].activations.array, x)
    assert exported.checked == 0 and "not checked: 26 layers with densities" in exported.summary


def page():
    """A white page with rows of dark letters' strokes, [1, 3, 320, 320], as the detector's package normalizes it."""
    image = np.full((320, 320), 255.0, np.float32)
    for row in range(40, 280, 60):
        for column in range(30, 280, 14):
            image[row : row + 24, column : column + 3] = 20
            image[
                row + (column // 14 % 3) * 10 : row + (column // 14 % 3) * 10 + 3,
                column : column + 9,
            ] = 20
    return np.broadcast_to((image / 255 - 0.5) / 0.5, (1, 3, 320, 320)).astype(np.float32)


def detector():
    found = importlib.util.find_spec("rapidocr_onnxruntime")
    if found is None or found.origin is None:
        pytest.skip("rapidocr-onnxruntime is not installed (pip install --no-deps rapidocr-onnxruntime)")
    return next((Path(found.origin).parent / "models").glob("*det*.onnx"))


def test_a_trained_text_detector_on_a_drawn_page(tmp_path):
    exported = export(detector(), tmp_path, {"x": page()})
    trace = read_trace(tmp_path / "trace.yaml")
    counts = {"convolution": 0, "transposed_convolution": 0}
    for layer in trace.layers:
        counts[layer.operation] += layer.shape.dense_multiplies
    assert sum(counts.values()) == 575_567_744 and counts["transposed_convolution"] == 17_203_200
    assert exported.checked == len(trace.layers) == 64
    assert not trace.not_exported
    assert max(trace.output_errors().values()) < 1e-5
    assert [step.operation for step in trace.layers[-1].fused][-1] == "sigmoid"
    assert any(layer.relu == "spatial" for layer in trace.layers)


def test_the_detector_needs_the_shape_of_its_input(tmp_path):
    with pytest.raises(
        TraceError,
        match=r"input 'x', read by node '.*' \(Conv\): dimension 0 .*--shape 'x=<",
    ):
        export(detector(), tmp_path / "out", options=Options(random=True))
    assert not (tmp_path / "out").exists()
