"""What the writer writes, what it refuses, and that reading gives back what was written."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pytest
import safetensors.numpy
import winograd_trace.writer
import yaml
from winograd_trace import (
    Density,
    Layer,
    Mask,
    Matrices,
    NotExported,
    Shape,
    Trace,
    TraceError,
    TraceWriter,
    Values,
    Winograd,
    f2x3,
    read_trace,
    winograd_convolution,
)


def example() -> TraceWriter:
    """A writer that holds one layer of every kind."""
    rng = np.random.default_rng(7)
    writer = TraceWriter("example", "a: line, with 100 % of YAML's {traps}", framework="numpy 1.0", seed=9)
    u = rng.standard_normal((6, 4, 4, 4), np.float32)
    x = rng.standard_normal((2, 4, 7, 5), np.float32)
    y = winograd_convolution(x, u, f2x3(), (1, 1), relu=True).astype(np.float32)
    writer.convolution("conv1", weights=Values(u, "winograd"), activations=x, outputs=y, padding=1, relu="winograd")
    writer.convolution(
        "conv2",
        weights=Density(0.4, "winograd", {"filters": 0.05}),
        activations=Density(0.00001, "winograd", {"tiles": 0.1}),
        input=(6, 7, 5),
        filters=8,
        kernel=3,
        padding=(1, 0),
        relu="winograd",
        winograd=Winograd(2, f2x3()),
    )
    writer.convolution(
        "down.3",
        weights=rng.integers(-3, 4, (4, 2, 3, 1)).astype(np.int8),
        activations=np.abs(x).astype(np.float16),
        kernel=(3, 1),
        stride=(2, 1),
        dilation=2,
        groups=2,
        padding=2,
        relu="spatial",
    )
    writer.convolution(
        "masked",
        weights=Mask(np.ones((8, 5), np.uint16)),
        activations=Mask(np.ones((5, 9), np.uint64)),
        input=(4, 3, 3),
        filters=8,
        kernel=1,
    )
    writer.linear("yes", weights=rng.standard_normal((3, 4), np.float32), activations=np.eye(4, dtype=np.uint8))
    return writer


def test_the_manifest_reads_as_the_format_has_it():
    text = example().trace().manifest()
    given = yaml.safe_load(text)
    assert given["format"] == "winosim-trace/1"
    assert given["source"] == {"exporter": "winograd_trace 1.0", "framework": "numpy 1.0"}
    assert given["description"] == "a: line, with 100 % of YAML's {traps}"
    assert given["seed"] == 9
    assert given["layers"][0] == {
        "name": "conv1",
        "operation": "convolution",
        "input": {"channels": 4, "height": 7, "width": 5, "batch": 2},
        "output": {"channels": 6},
        "kernel": {"height": 3, "width": 3, "padding": 1},
        "relu": "winograd",
        "winograd": {"tile": 2},
        "weights": {"tensor": "conv1.weight", "domain": "winograd"},
        "activations": {"tensor": "conv1.input"},
        "outputs": {"tensor": "conv1.output"},
    }
    assert given["layers"][1]["activations"]["density"] == 0.00001
    assert given["layers"][1]["winograd"]["g"][1] == [0.5, 0.5, 0.5]
    assert given["layers"][4]["name"] == "yes"
    block = [line for line in text.splitlines() if line.startswith("  - ")]
    assert block[0] == "  - name: conv1" and len(block) == 5


def test_what_is_not_exported_stands_in_the_manifest():
    writer = example()
    writer.not_exported("up: 1", "ConvTranspose2d", 1234)
    writer.not_exported("net", "product")
    given = yaml.safe_load(writer.trace().manifest())
    assert given["not_exported"] == [
        {"name": "up: 1", "operation": "ConvTranspose2d", "multiplications": 1234},
        {"name": "net", "operation": "product"},
    ]
    assert "not_exported" not in yaml.safe_load(example().trace().manifest())


def test_reading_gives_back_what_was_written(tmp_path):
    writer = example()
    writer.not_exported("up", "ConvTranspose2d", 1234)
    writer.not_exported("net", "product")
    written = writer.trace()
    written.write(tmp_path / "trace.yaml", comment="made by a test\n\nnot by hand")
    read = read_trace(tmp_path / "trace.yaml")
    assert read.manifest() == written.manifest()
    assert read.not_exported == (NotExported("up", "ConvTranspose2d", 1234), NotExported("net", "product"))
    assert [layer.shape for layer in read.layers] == [layer.shape for layer in written.layers]
    tensors = read.tensors()
    assert tensors.keys() == written.tensors().keys()
    for name, array in written.tensors().items():
        assert tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(tensors[name], array)
    assert read.output_errors()["conv1"] < 1e-6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tensors.safetensors", "trace.yaml"]
    assert (tmp_path / "trace.yaml").read_text().startswith("# made by a test\n#\n# not by hand\nformat:")


def test_the_doctest_of_the_writer_runs():
    result = doctest.testmod(winograd_trace.writer, extraglobs={"Values": Values, "Density": Density})
    assert result.attempted >= 4 and result.failed == 0


def test_wrong_outputs_show_as_an_error():
    trace = example().trace()
    layer = trace.layers[0]
    broken = layer.outputs.copy()
    broken[0, 0, 0, 0] += np.abs(broken).max()
    layer = Layer(layer.name, layer.shape, layer.weights, layer.activations, relu=layer.relu, outputs=broken)
    assert layer.output_error() == pytest.approx(1.0, rel=0.01)


def test_bfloat16_is_read(tmp_path):
    values = np.array([[1.5, -2.0, 0.0]], np.float32)
    bits = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    header = json.dumps({"fc.weight": {"dtype": "BF16", "shape": [1, 3], "data_offsets": [0, 6]}}).encode()
    (tmp_path / "t.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bits)
    (tmp_path / "trace.yaml").write_text(
        "format: winosim-trace/1\nmodel: m\ntensors: [t.safetensors]\nlayers:\n"
        "  - {name: fc, operation: linear, input: {channels: 3}, output: {channels: 1},\n"
        "     weights: {tensor: fc.weight}, activations: {density: 1}}\n"
    )
    np.testing.assert_array_equal(read_trace(tmp_path / "trace.yaml").layers[0].weights.array, values)


def layer(**changes) -> Layer:
    """A small valid layer with what a test changes."""
    given = {
        "name": "conv",
        "shape": Shape(4, 6, 1, 8, 8, (3, 3), padding=(1, 1)),
        "weights": Values(np.ones((6, 4, 3, 3), np.float32)),
        "activations": Values(np.ones((1, 4, 8, 8), np.float32)),
    }
    return Layer(**{**given, **changes})


NAN = np.full((1, 4, 8, 8), np.nan, np.float32)
STRIDED = Shape(4, 6, 1, 8, 8, (3, 3), (2, 2), (1, 1))
WINOGRAD_WEIGHTS = Values(np.ones((6, 4, 4, 4), np.float32), "winograd")
FLIPPED = Matrices(-f2x3().bt, f2x3().at, f2x3().g)
IDENTITY = Matrices(np.eye(4), np.eye(4), np.eye(4))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "layer name ''"),
        ({"name": "a\nb"}, "layer name"),
        ({"shape": Shape(0, 6)}, "layer 'conv': input channels is 0; expected an integer of at least 1"),
        ({"shape": Shape(True, 6)}, "input channels is True"),
        ({"shape": Shape(4, 6, padding=(-1, 0))}, "padding is -1"),
        ({"shape": Shape(4, 6, groups=3)}, "3 groups do not divide 4 channels and 6 filters"),
        ({"shape": Shape(4, 6, 1, 2, 2, (3, 3))}, r"kernel \[3, 3\] .* larger than the padded input \[2, 2\]"),
        ({"shape": Shape(2**21, 2**21)}, "multiply to more than 2\\^40"),
        ({"operation": "pool"}, "operation is 'pool'"),
        ({"relu": "both"}, "relu is 'both'; expected winograd, spatial or none"),
        ({"operation": "linear"}, "a linear layer has a 1 x 1 map"),
        ({"weights": Values(np.ones((6, 4, 4, 4), np.float32))}, r"shape \[6, 4, 4, 4\]; expected \[6, 4, 3, 3\]"),
        ({"weights": Values(np.ones((6, 4, 3, 3)))}, "dtype float64; a trace holds float32"),
        ({"weights": Values(np.ones((6, 4, 3, 3), np.float32), "winograd")}, r"expected \[6, 4, 4, 4\]"),
        ({"weights": Values(np.ones((6, 4, 3, 3), np.float32), "fourier")}, "domain 'fourier'"),
        ({"weights": WINOGRAD_WEIGHTS, "shape": STRIDED}, "a Winograd layer is a convolution with a square kernel"),
        ({"winograd": Winograd(2), "shape": STRIDED}, "a Winograd layer is a convolution with a square kernel"),
        ({"relu": "winograd", "winograd": Winograd(7)}, "Winograd tile 7 with kernel 3; n\\^2 is at most 64"),
        ({"winograd": Winograd(2, IDENTITY)}, r"matrix at of shape \[4, 4\]; expected \[2, 4\]"),
        ({"winograd": Winograd(2, FLIPPED)}, "do not compute a convolution"),
        ({"activations": Values(NAN)}, r"activations hold nan at \[0, 0, 0, 0\]"),
        ({"activations": Values(np.ones((1, 4, 8), np.float32))}, r"expected \[1, 4, 8, 8\]"),
        ({"activations": Values(np.ones((1, 4, 8, 8), np.float32), "winograd")}, "activation values must be spatial"),
        ({"activations": Values(-np.ones((1, 4, 8, 8), np.float32)), "relu": "spatial"}, "some are negative"),
        ({"activations": Density(0.5), "relu": "winograd"}, "requires a density of activations in the Winograd domain"),
        ({"activations": Density(1.5)}, "activations have density 1.5; expected 0 to 1"),
        ({"activations": Density(float("nan"))}, "density nan"),
        ({"activations": Density(0.5, spread={"tiles": 0.1})}, "over 'tiles'; here it can be over channels, positions"),
        ({"weights": Density(0.5, spread={"tiles": 0.1})}, "here it can be over filters, channels, positions"),
        ({"weights": Density(0.5, spread={"filters": -0.1})}, "spread filters -0.1"),
        ({"weights": Mask(np.ones((6, 4), np.int32))}, "masks are uint16 or uint64"),
        ({"weights": Mask(np.ones((12, 4), np.uint16))}, "12 rows; expected 6 filters"),
        ({"weights": Mask(np.ones((6,), np.uint16))}, "expected two dimensions"),
        (
            {"weights": Mask(np.ones((6, 4), np.uint16)), "activations": Mask(np.ones((3, 4), np.uint16))},
            "activation masks have 3 steps a group, weights 4",
        ),
        ({"outputs": np.ones((1, 6, 7, 8), np.float32)}, r"outputs have shape \[1, 6, 7, 8\]; expected \[1, 6, 8, 8\]"),
    ],
)
def test_a_layer_that_winosim_would_refuse_is_an_error(changes, message):
    with pytest.raises(TraceError, match=message):
        layer(**changes).check()


def test_the_layer_that_those_tests_change_is_valid():
    layer().check()
    layer(winograd=Winograd(2, f2x3())).check()
    layer(winograd=Winograd(2, FLIPPED), weights=WINOGRAD_WEIGHTS).check()


@pytest.mark.parametrize(
    ("trace", "message"),
    [
        (Trace("m", ()), "a trace has at least one layer, a convolution or a linear one"),
        (
            Trace("m", (), not_exported=(NotExported("up", "Conv1d", 4096), NotExported("a", "b"))),
            r"at least one layer, .*; at least 4,096 multiplications are not in the trace: up \(Conv1d, 4,096\), a",
        ),
        (Trace("m", (layer(),), not_exported=(NotExported("up", "Conv1d", -1),)), "'up' has -1 multiplications"),
        (Trace("m", (layer(),), not_exported=(NotExported("up", "Conv1d", 2**63),)), "expected 0 to 2\\^63 - 1"),
        (Trace("m", (layer(),), not_exported=(NotExported(" ", "Conv1d", 1),)), "not_exported: name is ' '"),
        (Trace("m", (layer(),), not_exported=(NotExported("up", "Conv\n1d", 1),)), "not_exported: operation is"),
        (Trace("", (layer(),)), "model is ''"),
        (Trace("m", (layer(),), description="two\nlines"), "one line"),
        (Trace("m", (layer(),), seed=-1), "seed is -1"),
        (Trace("m", (layer(), layer())), "two layers are named 'conv'"),
    ],
)
def test_a_trace_that_winosim_would_refuse_is_not_written(trace, message, tmp_path):
    with pytest.raises(TraceError, match=message):
        trace.write(tmp_path / "trace.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_keeps_the_values_that_it_was_given():
    writer = TraceWriter("m")
    weights = np.ones((2, 3), np.float32)
    writer.linear("fc", weights=weights, activations=np.ones((1, 3), np.float32))
    weights[:] = 0
    np.testing.assert_array_equal(writer.trace().layers[0].weights.array, np.ones((2, 3)))


def test_a_long_list_of_what_is_missing_is_cut():
    missing = [NotExported(f"part{i}", "matmul", i) for i in range(20)]
    text = str(winograd_trace.not_exported.summarize(missing))
    assert text.startswith("190 multiplications are not in the trace: part19 (matmul, 19), part18 (matmul, 18), ")
    assert text.endswith("part8 (matmul, 8), and 8 more")


def test_layers_are_added_together_or_not_at_all():
    writer = TraceWriter("m")
    with pytest.raises(TraceError, match="two layers are named 'conv'"):
        writer.extend([layer(), layer()])
    with pytest.raises(TraceError, match="-5 multiplications"):
        writer.extend([layer()], [NotExported("up", "Conv1d", -5)])
    assert writer.layers == ()


def test_what_values_leave_open_has_to_be_said():
    writer = TraceWriter("m")
    with pytest.raises(TraceError, match="kernel is missing"):
        writer.convolution("c", weights=Density(0.5), activations=Density(0.5), input=(1, 4, 4), filters=2)
    with pytest.raises(TraceError, match="input is None"):
        writer.convolution("c", weights=Density(0.5), activations=Density(0.5), filters=2, kernel=3)
    with pytest.raises(TraceError, match="filters is given as 7, but its values have 6"):
        writer.convolution("c", weights=np.ones((6, 1, 1, 1)), activations=Density(1), input=(1, 1, 1), filters=7)
    with pytest.raises(TraceError, match="features is missing"):
        writer.linear("c", weights=Density(0.5), activations=Density(0.5), filters=2)


def test_a_writing_that_fails_leaves_the_old_trace_alone(tmp_path, monkeypatch):
    example().write(tmp_path / "trace.yaml")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        other = TraceWriter("other")
        other.add(layer())
        other.write(tmp_path / "trace.yaml")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("format: winosim-trace/1", "format: winosim-trace/2"), "format is 'winosim-trace/2'"),
        (("model: example", "modle: example"), "unknown key 'modle'"),
        (("model: example", "model: example\nmodel: example"), "line 3: key 'model' is given twice"),
        (("tensor: conv1.weight", "tensor: conv9.weight"), "no tensor 'conv9.weight'"),
        (("relu: winograd", "rule: winograd"), "unknown key 'rule'"),
        (("output: {channels: 6}", "output: {channels: 6, height: 6}"), "output height is 6; its shape gives 7"),
        (("tensors: tensors.safetensors", "tensors: ../t.safetensors"), "in the manifest's folder"),
        (("tensors: tensors.safetensors", "tensors: gone.safetensors"), "gone.safetensors"),
        (("layers:", "layers: ["), "invalid YAML"),
        (("density: 0.4", "density: most"), "found 'most'; expected a number"),
        (("layers:", "not_exported: 3\nlayers:"), "not_exported is 3; expected a list"),
        (("layers:", "not_exported: [up]\nlayers:"), "not_exported holds 'up'; expected mappings"),
        (("layers:", "not_exported: [{name: up}]\nlayers:"), "not_exported: key 'operation' is missing"),
        (("layers:", "not_exported: [{name: a, operation: b, macs: 3}]\nlayers:"), "unknown key 'macs'"),
        (("layers:", "not_exported: [{name: a, operation: b, multiplications: x}]\nlayers:"), "has 'x' mult"),
    ],
)
def test_a_broken_manifest_is_an_error_that_names_it(change, message, tmp_path):
    path = tmp_path / "trace.yaml"
    example().write(path)
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    with pytest.raises(TraceError, match=message) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)


def test_tensors_are_plain_safetensors(tmp_path):
    example().write(tmp_path / "trace.yaml", tensors="other.safetensors")
    tensors = safetensors.numpy.load_file(tmp_path / "other.safetensors")
    assert tensors["conv1.weight"].shape == (6, 4, 4, 4)
    assert "tensors: other.safetensors\n" in (tmp_path / "trace.yaml").read_text()


def test_a_list_of_flow_values_survives_yaml():
    values = {"a": [1, 2.5, 1e-7, 1e20], "b": "no", "c": "1.5", "d": 'quo"te: #', "e": "tab is \\t"}
    assert yaml.safe_load(winograd_trace.manifest.flow(values)) == values
