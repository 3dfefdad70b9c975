"""Bad ONNX files and bad input: each is an error that names node and file, and writes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import TraceError, read_trace

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx import TensorProto, helper
from onnx_models import make, node, random, save
from winograd_trace.onnx import Options, export

SHAPE = (1, 2, 4, 4)
W = {"w": random(3, 2, 1, 1)}
CONV = node("Conv", "x w", "y", "conv")


def refused(tmp_path, model, inputs=None, match=None, **options):
    """The message of the refusal, which names the file; nothing is written."""
    path = model if not isinstance(model, onnx.ModelProto) else save(tmp_path, model)
    with pytest.raises(TraceError, match=match) as caught:
        export(
            path,
            tmp_path / "out",
            inputs if inputs is not None else {"x": random(*SHAPE)},
            options=Options(**options),
        )
    assert not (tmp_path / "out").exists()
    assert str(path) in str(caught.value)
    return str(caught.value)


def branches():
    body = helper.make_graph(
        [node("Identity", "x", "t")],
        "branch",
        [],
        [helper.make_tensor_value_info("t", 1, None)],
    )
    other = helper.make_graph(
        [node("Relu", "x", "u")],
        "other",
        [],
        [helper.make_tensor_value_info("u", 1, None)],
    )
    return node("If", "yes", "y", "choice", then_branch=body, else_branch=other)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an ONNX model: it has no graph"),
        (b"a text file, not a model\n" * 9, "not an ONNX model"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not an ONNX model"),
    ],
)
def test_files_that_are_no_models(tmp_path, data, message):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    refused(tmp_path, path, match=message)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(tmp_path, share):
    data = make([CONV], {"x": SHAPE}, "y", {"w": random(64, 2, 1, 1)}).SerializeToString()
    path = tmp_path / "model.onnx"
    path.write_bytes(data[: int(share * len(data))])
    refused(tmp_path, path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        export(tmp_path / "none.onnx", tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda path: path.unlink(),
            "initializer 'w': its external data in 'weights.bin' cannot be read: No such file",
        ),
        (
            lambda path: path.write_bytes(b"\0" * 23),
            "initializer 'w': .* end after 23 of 24 bytes",
        ),
    ],
)
def test_external_data_that_are_missing_or_short(tmp_path, change, message):
    model = make([CONV], {"x": SHAPE}, "y", W)
    onnx.save(
        model,
        str(tmp_path / "model.onnx"),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    change(tmp_path / "weights.bin")
    refused(tmp_path, tmp_path / "model.onnx", match=message)


def test_external_data_outside_the_folder(tmp_path):
    model = make([CONV], {"x": SHAPE}, "y", W)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    refused(
        tmp_path,
        model,
        match=r"initializer 'w': its data are in '../secret'; expected a file in the model's folder",
    )


def test_names_that_are_no_text_and_types_that_are_none(tmp_path):
    data = make([CONV], {"x": SHAPE}, "y", W).SerializeToString()
    path = tmp_path / "model.onnx"
    path.write_bytes(data.replace(b"conv", b"c\xffnv"))
    refused(tmp_path, path, match="a name in the model is no text")
    model = make([CONV], {"x": SHAPE}, "y", W)
    model.graph.input[0].type.tensor_type.elem_type = 99
    refused(tmp_path, model, match="input 'x' has the type 99")


def test_an_initializer_that_is_short(tmp_path):
    model = make([CONV], {"x": SHAPE}, "y", W)
    model.graph.initializer[0].raw_data = b"\0" * 20
    refused(
        tmp_path,
        model,
        match=r"initializer 'w': its data do not fit its shape \[3, 2, 1, 1\]",
    )


def test_two_producers_of_one_name(tmp_path):
    twice = [CONV, node("Relu", "x", "y", "relu")]
    refused(
        tmp_path,
        make(twice, {"x": SHAPE}, "y", W),
        match=r"node 'relu' \(Relu\) makes 'y', which node 'conv' \(Conv\) makes",
    )
    over = [node("Conv", "x w", "x", "conv")]
    refused(
        tmp_path,
        make(over, {"x": SHAPE}, "x", W),
        match=r"node 'conv' \(Conv\) makes 'x', which is an input",
    )
    fixed = [node("Conv", "x w", "w", "conv")]
    refused(
        tmp_path,
        make(fixed, {"x": SHAPE}, "w", W),
        match=r"node 'conv' \(Conv\) makes 'w', which is an initializer",
    )


def test_a_value_that_nothing_makes_and_a_cycle(tmp_path):
    missing = [node("Conv", "z w", "y", "conv")]
    refused(
        tmp_path,
        make(missing, {"x": SHAPE}, "y", W),
        match=r"node 'conv' \(Conv\) reads 'z', which no node makes",
    )
    cycle = [
        node("Add", "x b", "a", "first"),
        node("Relu", "a", "b", "second"),
        node("Conv", "b w", "y", "conv"),
    ]
    refused(
        tmp_path,
        make(cycle, {"x": SHAPE}, "y", W),
        match=r"node 'first' \(Add\) is in a cycle",
    )


def test_control_flow(tmp_path):
    model = make([branches()], {"x": SHAPE}, "y", {"yes": np.array(True)})
    refused(
        tmp_path,
        model,
        match=r"node 'choice' \(If\) is control flow",
        skip_unsupported=True,
    )


def test_training_and_random_numbers(tmp_path):
    statistics = {name: np.ones(2, np.float32) for name in "sbmv"}
    batch = node("BatchNormalization", "x s b m v", "n p q", "norm", training_mode=1)
    model = make([batch, node("Conv", "n w", "y", "conv")], {"x": SHAPE}, "y", W | statistics)
    refused(tmp_path, model, match=r"node 'norm' \(BatchNormalization\) is in training mode")
    drop = node("Dropout", "x r t", "d", "drop")
    constants = {"r": np.float32(0.5), "t": np.array(True)}
    refused(
        tmp_path,
        make([drop, node("Conv", "d w", "y")], {"x": SHAPE}, "y", W | constants),
        match="'drop'.*training",
    )
    noise = node("RandomNormalLike", "x", "n", "noise")
    refused(
        tmp_path,
        make([noise, node("Conv", "n w", "y")], {"x": SHAPE}, "y", W),
        match="'noise'.*draws random",
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite(tmp_path, value):
    x = random(*SHAPE)
    x[0, 1, 2, 3] = value
    model = make([CONV], {"x": SHAPE}, "y", W)
    where = (
        r"input 'x' holds NaN at \[0, 1, 2, 3\]"
        if np.isnan(value)
        else r"node 'conv' \(Conv\): its operand 'x'.* holds inf at \[0, 1, 2, 3\]"
    )
    refused(tmp_path, model, {"x": x}, match=where)
    wrong = {"w": W["w"].copy()}
    wrong["w"][1, 1] = value
    refused(
        tmp_path,
        make([CONV], {"x": SHAPE}, "y", wrong),
        match=r"node 'conv' \(Conv\): its operand 'w' holds .* at \[1, 1, 0, 0\]",
    )


def test_a_nan_that_an_activation_makes(tmp_path):
    nodes = [node("Log", "x", "l", "log"), node("Conv", "l w", "y", "conv")]
    model = make(nodes, {"x": SHAPE}, "y", W)
    refused(
        tmp_path,
        model,
        match=r"node 'conv' \(Conv\): its operand 'l', which node 'log' \(Log\) made, holds nan",
    )
    end = [CONV, node("Log", "y", "z", "log")]
    refused(
        tmp_path,
        make(end, {"x": SHAPE}, "z", W),
        match="output 'z' of the network.* holds NaN",
    )


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan])
def test_a_scale_that_is_not_above_zero(tmp_path, scale):
    nodes = [
        node("QuantizeLinear", "x s z", "q", "quantize"),
        node("DequantizeLinear", "q s z", "d"),
        node("Conv", "d w", "y"),
    ]
    constants = W | {"s": np.float32(scale), "z": np.uint8(0)}
    refused(
        tmp_path,
        make(nodes, {"x": SHAPE}, "y", constants),
        match=r"node 'quantize' \(QuantizeLinear\): scale 's' holds",
    )
    w = {"w": np.ones((3, 2, 1, 1), np.int8), "s": np.array([1, scale, 1], np.float32)}
    weights = [
        node("DequantizeLinear", "w s", "d", "weights", axis=0),
        node("Conv", "x d", "y"),
    ]
    refused(
        tmp_path,
        make(weights, {"x": SHAPE}, "y", w),
        match=r"node 'weights' \(DequantizeLinear\): scale 's' holds",
    )


UNSUPPORTED = [
    (node("Conv", "x w", "y", "deep"), {"x": (1, 2, 5, 5, 5)}, {"w": random(3, 2, 2, 2, 2)}, "Conv", 3 * 64 * 16),
    (node("Einsum", "x m", "y", "sum", equation="bij,jk->bik"), {"x": (2, 3, 4)}, {"m": random(4, 5)}, "Einsum", 120),
    (node("Einsum", "x m", "y", "sum", equation="...j,jk->...k"), {"x": (2, 3, 4)}, {"m": random(4, 5)}, "Einsum", 120),
    (node("Einsum", "x m n", "y", "sum", equation="ij,jk,kl->il"), {"x": (3, 4)}, {"m": random(4, 5), "n": random(5, 2)}, "Einsum", 240),
    (node("LSTM", "x w r", "y", "rnn", hidden_size=3), {"x": (5, 2, 4)}, {"w": random(1, 12, 4), "r": random(1, 12, 3)}, "LSTM", 10 * 12 * 7),
    (node("GRU", "x w r", "y", "rnn", hidden_size=3, direction="bidirectional"), {"x": (5, 2, 4)}, {"w": random(2, 9, 4), "r": random(2, 9, 3)}, "GRU", 10 * 2 * 9 * 7),
    (node("RNN", "x w r", "y", "rnn", hidden_size=3), {"x": (5, 2, 4)}, {"w": random(1, 3, 4), "r": random(1, 3, 3)}, "RNN", 10 * 3 * 7),
]  # fmt: skip


@pytest.mark.parametrize(("multiplies", "inputs", "constants", "op", "count"), UNSUPPORTED)
def test_multiplications_that_a_trace_does_not_hold(tmp_path, multiplies, inputs, constants, op, count):
    nodes = [
        multiplies,
        node("Reshape", "y rows", "f"),
        node("MatMul", "f ones", "z", "end"),
    ]
    constants |= {"rows": np.array([-1, 1]), "ones": np.ones((1, 2), np.float32)}
    model = make(nodes, inputs, "z", constants)
    feeds = {name: random(*shape) for name, shape in inputs.items()}
    message = refused(
        tmp_path,
        model,
        feeds,
        match=rf"node '{multiplies.name}' \({op}\), {count:,} multiplications",
    )
    assert "--skip-unsupported" in message
    exported = export(
        tmp_path / "model.onnx",
        tmp_path / "out",
        feeds,
        options=Options(skip_unsupported=True),
    )
    trace = read_trace(tmp_path / "out" / "trace.yaml")
    (entry,) = trace.not_exported
    assert (entry.name, entry.operation, entry.multiplications) == (
        multiplies.name,
        op,
        count,
    )
    assert trace.layers[0].inputs == (multiplies.name,) and exported.checked == 1
    assert f"{count:,} multiplications are not in the trace" in exported.summary


def test_operators_of_other_domains_are_named(tmp_path):
    model = make(
        [node("Magic", "x", "m", "spell", domain="house"), node("Conv", "m w", "y")],
        {"x": SHAPE},
        "y",
        W,
        domains=["house"],
    )
    refused(
        tmp_path,
        model,
        match=r"node 'spell' \(house.Magic\), an unknown number multiplications",
    )


def test_networks_without_layers(tmp_path):
    refused(
        tmp_path,
        make([node("Relu", "x", "y")], {"x": SHAPE}, "y"),
        match="no layer that a trace can hold: its nodes are Relu",
    )
    refused(tmp_path, make([], {"x": SHAPE}, "x"), match="has no node")


INPUTS = [
    ({"z": random(*SHAPE)}, "an array is given for 'z'; the network's inputs are 'x'"),
    (
        {"x": random(1, 2, 4)},
        r"input 'x', read by node 'conv' \(Conv\): shape \[1, 2, 4\] is given; the model has \[1, 2, 4, 4\]",
    ),
    ({"x": random(1, 3, 4, 4)}, r"shape \[1, 3, 4, 4\] is given; the model has"),
    (
        {"x": np.zeros(SHAPE, np.int64)},
        "input 'x' has type int64; the model expects float32",
    ),
    (
        {},
        r"node 'conv' \(Conv\) has weights, and activations come from a run: .*--input ARRAY.npy, or --random",
    ),
]


@pytest.mark.parametrize(("inputs", "message"), INPUTS)
def test_inputs_that_do_not_fit(tmp_path, inputs, message):
    refused(tmp_path, make([CONV], {"x": SHAPE}, "y", W), inputs, match=message)


def test_an_input_without_values(tmp_path):
    model = make([node("MatMul", "a b", "y", "product")], {"a": (2, 3), "b": (3, 4)}, "y")
    refused(tmp_path, model, {"a": random(2, 3)}, match="input 'b' has no values")
    refused(
        tmp_path,
        model,
        {"": random(2, 3)},
        match="the network's inputs are 'a', 'b'; give each as --input NAME=",
    )


def test_sizes_that_stay_open(tmp_path):
    model = make([CONV], {"x": ("batch", 2, None, 4)}, "y", W)
    refused(
        tmp_path,
        model,
        {},
        match=r"input 'x', read by node 'conv' \(Conv\): dimension 0 \('batch'\) is not fixed",
        random=True,
    )
    path = tmp_path / "model.onnx"
    with pytest.raises(
        TraceError,
        match=r"shape \[2, 2, 5, 5\] is given; the model has \['batch', 2, 'any', 4\]",
    ):
        export(
            path,
            tmp_path / "out",
            shapes={"x": (2, 2, 5, 5)},
            options=Options(random=True),
        )
    with pytest.raises(TraceError, match=r"shape \[0, 2, 5, 4\]; expected sizes of at least 1"):
        export(path, tmp_path / "out", shapes={"x": (0, 2, 5, 4)}, options=Options(random=True))
    with pytest.raises(TraceError, match="a shape is given for 'z'; the network's inputs are 'x'"):
        export(
            path,
            tmp_path / "out",
            shapes={"z": (2, 2, 5, 4)},
            options=Options(random=True),
        )
    export(path, tmp_path / "out", shapes={"x": (2, 2, 5, 4)}, options=Options(random=True))
    assert read_trace(tmp_path / "out" / "trace.yaml").layers[0].shape.batch == 2


def test_sizes_that_depend_on_values_need_a_run(tmp_path):
    nodes = [
        node("NonZero", "x", "n"),
        node("Cast", "n", "f", to=TensorProto.FLOAT),
        node("MatMul", "m f", "y", "product"),
    ]
    model = make(nodes, {"x": SHAPE}, "y", {"m": random(3, 4)})
    refused(
        tmp_path,
        model,
        {},
        match=r"node 'product' \(MatMul\): the shape of 'f' is not known",
        activations="none",
        weights="density",
    )


@pytest.mark.parametrize(
    ("broken", "shape"),
    [
        (node("Conv", "x", "y", "conv"), SHAPE),
        (node("Conv", "x w", "y", "conv", strides=[1]), SHAPE),
        (CONV, (1, 5, 4, 4)),
    ],
)
def test_nodes_that_do_not_fit_their_operands(tmp_path, broken, shape):
    for options in ({}, {"activations": "none", "weights": "density"}):
        refused(
            tmp_path,
            make([broken], {"x": shape}, "y", W),
            {"x": random(*shape)} if not options else {},
            match="conv",
            **options,
        )
