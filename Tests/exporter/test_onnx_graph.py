"""The network as a graph from ONNX files: what is fused, what stands alone, and who produces what."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import read_trace

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx import TensorProto
from onnx_models import make, node, random, save
from winograd_trace.onnx import Options, export
from winograd_trace.onnx.recording import Recorder

CHANNELS = 4


def traced(tmp_path, nodes, outputs="y", constants=None, inputs=None, **options):
    """The trace of a network of ``x`` [1, 4, 6, 6]; ``w`` and ``v`` are weights of 1 x 1 convolutions, ``c`` scalars."""
    shapes = inputs or {"x": (1, CHANNELS, 6, 6)}
    model_options = {key: options.pop(key) for key in ("opset", "domains") if key in options}
    fixed = {
        "w": random(CHANNELS, CHANNELS, 1, 1, seed=5),
        "v": random(CHANNELS, CHANNELS, 1, 1, seed=6),
    }
    fixed |= {name: random(CHANNELS, seed=i) for i, name in enumerate(("b", "mean"))}
    fixed |= {
        "half": np.float32(0.5),
        "one": np.float32(1),
        "three": np.float32(3),
        "six": np.float32(6),
    }
    fixed |= {
        "zero": np.float32(0),
        "root": np.float32(2**0.5),
        "channel": random(CHANNELS, 1, 1, seed=8),
    }
    fixed |= {
        "shift": random(CHANNELS, 1, 1, seed=9),
        "map": random(6, 6, seed=10),
        "variance": np.ones(CHANNELS, np.float32),
    }
    fixed |= constants or {}
    read = {name for entry in nodes for name in entry.input}
    model = make(
        nodes,
        shapes,
        outputs,
        {n: a for n, a in fixed.items() if n in read},
        **model_options,
    )
    feeds = {name: random(*shape, seed=3 + i) for i, (name, shape) in enumerate(shapes.items())}
    export(save(tmp_path, model), tmp_path / "out", feeds, options=Options(**options))
    return read_trace(tmp_path / "out" / "trace.yaml")


def steps(layer):
    return [step.operation if step.input is None else f"{step.operation} {step.input}" for step in layer.fused]


CHAINS = {
    "bias": [node("Conv", "x w b", "y")],
    "bias relu": [node("Conv", "x w b", "a"), node("Relu", "a", "y")],
    "batch_norm relu6": [
        node("Conv", "x w", "a"),
        node("BatchNormalization", "a b b mean variance", "n"),
        node("Clip", "n zero six", "y"),
    ],
    "batch_norm": [
        node("Conv", "x w", "a"),
        node("Mul", "channel a", "m"),
        node("Add", "m shift", "y"),
    ],
    "scale": [node("Conv", "x w", "a"), node("Div", "a channel", "y")],
    "relu": [node("Conv", "x w", "a"), node("Clip", "a zero", "y")],
    "clip": [node("Conv", "x w", "a"), node("Clip", "a zero three", "y")],
    "leaky_relu": [node("Conv", "x w", "a"), node("LeakyRelu", "a", "y")],
    "prelu": [node("Conv", "x w", "a"), node("PRelu", "a channel", "y")],
    "silu": [
        node("Conv", "x w", "a"),
        node("Sigmoid", "a", "s"),
        node("Mul", "a s", "y"),
    ],
    "hard_swish": [
        node("Conv", "x w", "a"),
        node("HardSigmoid", "a", "s"),
        node("Mul", "s a", "y"),
    ],
    "bias hard_swish": [
        node("Conv", "x w b", "a"),
        node("Add", "a three", "p"),
        node("Clip", "p zero six", "q"),
        node("Mul", "a q", "r"),
        node("Div", "r six", "y"),
    ],
    "gelu": [
        node("Conv", "x w", "a"),
        node("Div", "a root", "d"),
        node("Erf", "d", "e"),
        node("Add", "e one", "f"),
        node("Mul", "a f", "g"),
        node("Mul", "g half", "y"),
    ],
    "mish": [
        node("Conv", "x w", "a"),
        node("Softplus", "a", "s"),
        node("Tanh", "s", "t"),
        node("Mul", "a t", "y"),
    ],
    "add": [node("Conv", "x w", "a"), node("Add", "map a", "y")],
    "bias add x": [node("Conv", "x w b", "a"), node("Add", "x a", "y")],
    "add x relu": [
        node("Conv", "x w", "a"),
        node("Sum", "a x", "s"),
        node("Relu", "s", "y"),
    ],
    "scale add x": [
        node("Conv", "x w", "a"),
        node("Mul", "a half", "h"),
        node("Identity", "h", "i"),
        node("Add", "i x", "y"),
    ],
}


@pytest.mark.parametrize("expected", CHAINS)
def test_what_follows_a_layer_belongs_to_it(tmp_path, expected):
    trace = traced(tmp_path, CHAINS[expected])
    assert " ".join(steps(trace.layers[0])) == expected
    assert trace.operations == () and len(trace.layers) == 1
    assert trace.outputs == (trace.layers[0].name,)


ALONE = {
    # What does not belong to the layer, and the kinds that stand alone.
    "two readers": ([node("Conv", "x w", "a"), node("Relu", "a", "r"), node("MaxPool", "a", "p", kernel_shape=[1, 1]), node("Concat", "r p", "y", axis=1)], ["Relu", "MaxPool", "Concat"]),
    "an output": ([node("Conv", "x w", "a"), node("Relu", "a", "y")], ["Relu"]),
    "an output before an activation": ([node("Conv", "x w", "a"), node("Sigmoid", "a", "s"), node("Mul", "a s", "y")], ["Sigmoid", "Mul"]),
    "a gate": ([node("Conv", "x w", "a"), node("GlobalAveragePool", "a", "g"), node("Mul", "a g", "y")], ["GlobalAveragePool", "Mul"]),
    "a subtraction from a constant": ([node("Conv", "x w", "a"), node("Sub", "one a", "y")], ["Sub"]),
    "a normalization before": ([node("BatchNormalization", "x b b mean variance", "n"), node("Conv", "n w", "y")], ["BatchNormalization"]),
    "an addition of what a later layer gives": ([node("Conv", "x w", "a"), node("Conv", "x v", "q"), node("MaxPool", "q", "p", kernel_shape=[1, 1]), node("Add", "a p", "y")], ["MaxPool", "Add"]),
    "an addition that is broadcast": ([node("Conv", "x w", "a"), node("GlobalAveragePool", "x", "g"), node("Add", "a g", "y")], ["GlobalAveragePool", "Add"]),
    "an unknown activation": ([node("Conv", "x w", "a"), node("Relu", "a", "r"), node("Mul", "a r", "y")], ["Relu", "Mul"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ALONE)
def test_what_stands_alone(tmp_path, case):
    nodes, kinds = ALONE[case]
    outputs = "a y" if case.startswith("an output") else "y"
    trace = traced(tmp_path, nodes, outputs)
    assert steps(trace.layers[0]) == []
    assert [operation.kind for operation in trace.operations] == kinds


def test_a_residual_of_two_convolutions_belongs_to_the_later_one(tmp_path):
    nodes = [
        node("Conv", "x w", "a", "first"),
        node("Conv", "x v", "q", "second"),
        node("Add", "a q", "s", "sum"),
        node("Relu", "s", "y", "end"),
    ]
    trace = traced(tmp_path, nodes)
    assert [steps(layer) for layer in trace.layers] == [[], ["add first", "relu"]]
    assert [layer.inputs for layer in trace.layers] == [("x",), ("x",)]


def test_a_residual_that_is_computed_after_the_layer(tmp_path):
    """A pool that only the order of nodes puts later; it needs no later layer."""
    nodes = [
        node("Conv", "x w", "a", "conv"),
        node("MaxPool", "x", "p", "pool", kernel_shape=[1, 1]),
        node("Flatten", "p", "f"),
        node("Reshape", "f sizes", "g"),
        node("Add", "a g", "y", "add"),
    ]
    trace = traced(tmp_path, nodes, constants={"sizes": np.array([1, CHANNELS, 6, 6])})
    assert steps(trace.layers[0]) == ["add pool"]
    assert [operation.name for operation in trace.operations] == ["pool"]


def test_a_gemm_that_adds_what_the_network_computes(tmp_path):
    nodes = [node("Gemm", "p m", "a", "first"), node("Gemm", "p m a", "y", "second", beta=2.0)]
    trace = traced(tmp_path, nodes, inputs={"p": (5, 6)}, constants={"m": random(6, 4)})
    assert [steps(layer) for layer in trace.layers] == [[], ["add first"]]


def test_an_addition_of_itself_and_of_three(tmp_path):
    nodes = [
        node("Conv", "x w", "a", "first"),
        node("Add", "a a", "d", "double"),
        node("Conv", "d v", "q", "second"),
        node("Sum", "q d x", "y", "sum"),
    ]
    trace = traced(tmp_path, nodes)
    assert [operation.name for operation in trace.operations] == ["double"]
    assert steps(trace.layers[1]) == ["add double", "add x"]


def test_views_between_layers_are_no_operations(tmp_path):
    nodes = [
        node("Conv", "x w", "a", "conv"),
        node("Dropout", "a", "d", "dropout"),
        node("Flatten", "d", "f", "flatten"),
        node("Unsqueeze", "f axis", "u", "unsqueeze"),
        node("Transpose", "u", "t", "turn", perm=[1, 0, 2]),
        node("Identity", "t", "i", "same"),
        node("MatMul", "i m", "y", "product"),
    ]
    trace = traced(tmp_path, nodes, constants={"axis": np.array([0]), "m": random(144, 3)})
    assert trace.operations == () and trace.layers[1].inputs == ("conv",)


def test_a_transpose_that_moves_data_is_an_operation(tmp_path):
    nodes = [
        node("Transpose", "x", "t", "turn", perm=[0, 2, 3, 1]),
        node("MatMul", "t m", "y", "product"),
    ]
    trace = traced(tmp_path, nodes, constants={"m": random(CHANNELS, 3)})
    (turn,) = trace.operations
    assert (turn.operation, turn.kind, turn.input, turn.output) == (
        "move",
        "Transpose",
        ((1, 4, 6, 6),),
        ((1, 6, 6, 4),),
    )
    assert (turn.read, turn.written) == (576, 576)


def test_operations_have_shapes_bytes_and_windows(tmp_path):
    nodes = [
        node(
            "MaxPool",
            "x",
            "p",
            "pool",
            kernel_shape=[3, 2],
            strides=[2, 2],
            pads=[1, 0, 1, 0],
        ),
        node("Conv", "p w", "a", "conv"),
        node("Resize", "a none scales", "r", "grow", mode="nearest"),
        node("Split", "r sizes", "s t", "split", axis=1),
        node("Concat", "t s", "y", "join", axis=1),
    ]
    scales = np.array([1, 1, 2, 2], np.float32)
    constants = {
        "none": np.zeros(0, np.float32),
        "scales": scales,
        "sizes": np.array([1, 3]),
    }
    pool, grow, split, join = traced(tmp_path, nodes, constants=constants).operations
    assert pool.operation == "pool" and dict(pool.window) == {
        "height": 3,
        "width": 2,
        "stride": 2,
        "padding": [1, 0],
    }
    assert (pool.read, pool.written) == (4 * 36 * 4, 4 * 9 * 4)
    assert grow.operation == "move" and grow.input == ((1, 4, 3, 3), (0,), (4,)) and grow.read == 144 + 16
    assert split.output == ((1, 1, 6, 6), (1, 3, 6, 6)) and split.inputs == ("grow",)
    assert join.inputs == ("split", "split")


def test_sizes_that_the_network_computes_are_folded(tmp_path):
    """Reshapes to sizes from Shape, as exporters write them for dynamic batches."""
    nodes = [
        node("Conv", "x w", "a", "conv"),
        node("Shape", "a", "s", "shape"),
        node("Gather", "s first", "g", "gather"),
        node("Unsqueeze", "g axis", "u", "unsqueeze"),
        node("Concat", "u rest", "sizes", "concat", axis=0),
        node("Reshape", "a sizes", "r", "reshape"),
        node("MatMul", "r m", "y", "product"),
    ]
    constants = {
        "first": np.array(0),
        "axis": np.array([0]),
        "rest": np.array([-1]),
        "m": random(144, 3),
    }
    model = make(
        nodes,
        {"x": ("batch", CHANNELS, 6, 6)},
        "y",
        constants | {"w": random(CHANNELS, CHANNELS, 1, 1)},
    )
    export(
        save(tmp_path, model),
        tmp_path / "out",
        shapes={"x": (2, CHANNELS, 6, 6)},
        options=Options(random=True),
    )
    trace = read_trace(tmp_path / "out" / "trace.yaml")
    assert trace.operations == () and trace.layers[1].inputs == ("conv",) and trace.layers[1].shape.batch == 2


def test_shapes_that_only_a_run_shows(tmp_path):
    nodes = [
        node("NonZero", "x", "n", "places"),
        node("Cast", "n", "f", "cast", to=TensorProto.FLOAT),
        node("MatMul", "m f", "y", "product"),
    ]
    (layer,) = traced(tmp_path, nodes, constants={"m": random(3, 4)}).layers
    assert layer.shape.batch == CHANNELS * 36


def test_computing_sizes_is_no_operation(tmp_path):
    """Where a run alone shows a size, what computes with it moves no data of the network."""
    nodes = [
        node("NonZero", "x", "n", "places"),
        node("Cast", "n", "f", "cast", to=TensorProto.FLOAT),
        node("Shape", "f", "s", "shape"),
        node("Gather", "s last", "g", "gather"),
        node("Concat", "g all", "sizes", "concat", axis=0),
        node("Reshape", "f sizes", "r", "reshape"),
        node("MatMul", "r m", "y", "product"),
    ]
    constants = {"last": np.array([1]), "all": np.array([-1]), "m": random(4, 3)}
    trace = traced(tmp_path, nodes, constants=constants)
    assert [operation.name for operation in trace.operations] == ["places", "cast"]


def test_values_are_dropped_after_their_last_reader(tmp_path, monkeypatch):
    live = []
    multiply = Recorder._multiply

    def watched(self, product, known):
        live.append(set(known.maps[0]))
        return multiply(self, product, known)

    monkeypatch.setattr(Recorder, "_multiply", watched)
    nodes = [
        node("Conv", "x w", "a"),
        node("Relu", "a", "r"),
        node("Conv", "r v", "c"),
        node("Add", "c x", "d"),
    ]
    traced(tmp_path, [*nodes, node("Conv", "d w", "y")])
    assert live == [{"x"}, {"x", "r"}, {"d"}]


def test_nodes_of_one_name_and_of_none(tmp_path):
    nodes = [
        node("Conv", "x w", "a", "x"),
        node("Relu", "a", "r"),
        node("MaxPool", "r", "p", kernel_shape=[1, 1]),
        node("Conv", "p v", "c", "x"),
        node("Conv", "c w", "d", "x"),
        node("Conv", "d v", "y"),
    ]
    trace = traced(tmp_path, nodes)
    assert [layer.name for layer in trace.layers] == ["x#2", "x#3", "x#4", "y"]
    assert trace.operations[0].name == "p"


def test_dead_nodes_and_outputs_that_are_inputs_or_constants(tmp_path):
    nodes = [
        node("Conv", "x w", "dead"),
        node("Conv", "x v", "y", "conv"),
        node("Identity", "x", "copy"),
        node("Identity", "map", "fixed"),
    ]
    trace = traced(tmp_path, nodes, "y copy fixed")
    assert [layer.name for layer in trace.layers] == ["conv"] and trace.outputs == (
        "conv",
        "x",
    )


def test_nodes_in_any_order(tmp_path):
    nodes = [
        node("Conv", "r v", "y", "second"),
        node("Relu", "a", "r"),
        node("Conv", "x w", "a", "first"),
    ]
    model = make(
        nodes,
        {"x": (1, CHANNELS, 6, 6)},
        "y",
        {n: random(CHANNELS, CHANNELS, 1, 1) for n in "wv"},
    )
    export(
        save(tmp_path, model),
        tmp_path / "out",
        options=Options(activations="none", weights="density"),
    )
    assert [layer.name for layer in read_trace(tmp_path / "out" / "trace.yaml").layers] == ["first", "second"]


@pytest.mark.parametrize("op", ["FusedConv", "FusedMatMul", "MultiHeadAttention", "Attention", "FusedGemm"])
def test_fused_operators_of_onnxruntime_are_their_parts(tmp_path, op):
    domain = "com.microsoft"
    cases = {
        "FusedConv": (
            [node(op, "x w b x", "y", "f", domain, activation="Relu")],
            {"x": (1, 4, 6, 6)},
            {},
        ),
        "FusedMatMul": (
            [node(op, "p q", "y", "f", domain, transB=1, alpha=0.25)],
            {"p": (2, 5, 6), "q": (2, 3, 6)},
            {},
        ),
        "FusedGemm": (
            [node(op, "p q b", "y", "f", domain, activation="Relu")],
            {"p": (5, 6)},
            {"q": random(6, 4)},
        ),
        "MultiHeadAttention": (
            [node(op, "p q r", "y", "f", domain, num_heads=2)],
            {"p": (2, 5, 8), "q": (2, 3, 8), "r": (2, 3, 8)},
            {},
        ),
        "Attention": (
            [node(op, "p k l", "y", "f", domain, num_heads=2)],
            {"p": (2, 5, 8)},
            {"k": random(8, 24), "l": random(24)},
        ),
    }
    nodes, inputs, constants = cases[op]
    trace = traced(tmp_path, nodes, inputs=inputs, constants=constants, domains=[domain])
    counts = [layer.shape.dense_multiplies for layer in trace.layers]
    assert (
        counts
        == {
            "FusedConv": [4 * 4 * 36],
            "FusedMatMul": [2 * 5 * 6 * 3],
            "FusedGemm": [5 * 6 * 4],
            "MultiHeadAttention": [2 * 5 * 3 * 8] * 2,
            "Attention": [10 * 8 * 24, 2 * 5 * 5 * 8, 2 * 5 * 5 * 8],
        }[op]
    )
    if op in ("FusedConv", "FusedGemm"):
        assert steps(trace.layers[0])[-1] == "relu"


def test_densities_in_place_of_values(tmp_path):
    w = np.where(np.arange(16).reshape(4, 4, 1, 1) % 4 == 0, 0, random(4, 4, 1, 1)).astype(np.float32)
    nodes = [node("Relu", "x", "r", "relu"), node("Conv", "r w", "y", "conv")]
    full = traced(tmp_path, nodes, constants={"w": w}).layers[0]
    trace = traced(tmp_path, nodes, constants={"w": w}, activations="density", weights="density")
    (layer,) = trace.layers
    assert layer.weights.density == 0.75 and layer.outputs is None
    assert layer.activations.density == np.count_nonzero(full.activations.array) / full.activations.array.size
    (kept,) = traced(tmp_path, nodes, constants={"w": w}, activations="density").layers
    assert np.array_equal(kept.weights.array, w)
    assert np.array_equal(kept.activations.rates["direct"].outer, layer.activations.rates["direct"].outer)
