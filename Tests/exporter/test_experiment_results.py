"""What the experiment's rows say together, and what ships of them."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest
from winograd_trace import TraceError, read_trace

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")
pytest.importorskip("scipy", reason="SciPy is not installed (requirements-digits.txt)")

from safetensors.torch import load_file
from small_images import small_data
from winograd_trace.experiment.__main__ import main
from winograd_trace.experiment.int8 import in_int8
from winograd_trace.experiment.points import Chain, run
from winograd_trace.experiment.reporting import draw
from winograd_trace.experiment.results import COLUMNS, Mean, Variant, baselines, choose, read_rows, summarize
from winograd_trace.experiment.shipping import file_name, read_network, ship
from winograd_trace.experiment.training import Recipe, evaluate

RELU = Variant("vgg", "winograd-relu", "2", "alike")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)
    torch.set_num_threads(1)


def entry(method, density, seed, held_back, test, multiplied, tile="2", epochs=None):
    spatial = method in ("dense", "spatial-pruned")
    return {
        "network": "vgg",
        "method": method,
        "tile": "" if spatial else tile,
        "shares": "alike",
        "density": density,
        "seed": seed,
        "epochs": epochs or round(20 - 10 * density),
        "validation accuracy": held_back,
        "test accuracy": test,
        "weight densities": "conv2=0.4",
        "activation densities": "conv2=0.5",
        "dense multiplications": 1000,
        "multiplications": multiplied,
        "multiplications through F(2x2)": multiplied + 100 if spatial else "",
        "multiplications through F(4x4)": multiplied + 50 if spatial else "",
    }


def write(folder, entries, name="results.csv"):
    path = folder / name
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(entries)
    return path


@pytest.fixture
def results(tmp_path):
    """Two seeds: at 0.5 the Winograd ReLU loses 0.1 and 0.3 points on what is held back, at 0.4 it gains 0.1 and 0.1."""
    entries = [
        entry("dense", 1.0, 1, 0.93, 0.92, 1000, epochs=10),
        entry("dense", 0.5, 1, 0.94, 0.93, 1000),
        entry("dense", 0.5, 2, 0.95, 0.94, 1000),
        entry("dense", 0.4, 1, 0.94, 0.93, 1000),
        entry("dense", 0.4, 2, 0.95, 0.94, 1000),
        entry("winograd-relu", 0.5, 1, 0.939, 0.928, 100),
        entry("winograd-relu", 0.5, 2, 0.947, 0.936, 125),
        entry("winograd-relu", 0.4, 1, 0.941, 0.926, 80),
        entry("winograd-relu", 0.4, 2, 0.951, 0.938, 80),
        entry("winograd-relu", 0.3, 1, 0.93, 0.92, 50),
        entry("spatial-pruned", 0.4, 1, 0.9395, 0.93, 300),
        entry("winograd-pruned", 0.4, 1, 0.92, 0.91, 200),
    ]
    return write(tmp_path, entries)


def test_means_have_students_interval():
    """Of 1, 2 and 3: a deviation of 1, and 4.3027 = t(0.975; 2) from tables, over the root of three."""
    assert Mean.of([5.0]) == Mean(5.0, None)
    mean = Mean.of([1.0, 2.0, 3.0])
    assert mean.value == 2.0 and mean.interval == pytest.approx(4.3027 / 3**0.5, rel=1e-4)


def test_points_are_compared_with_the_dense_network_of_their_seed_and_epochs(results):
    points = {(point.variant.method, point.density): point for point in summarize(read_rows(results))}
    assert ("winograd-relu", 0.3) not in points, "no dense network trained as long"
    point = points["winograd-relu", 0.5]
    assert point.seeds == (1, 2) and point.reduction == pytest.approx((10 + 8) / 2)
    assert point.held_back_loss.value == pytest.approx(0.2) and point.test_loss.value == pytest.approx(0.3)
    assert point.held_back_loss.interval == pytest.approx(12.706 * 0.1, rel=1e-3)
    assert point.test_accuracy.value == pytest.approx(93.2) and point.through == {}
    spatial = points["spatial-pruned", 0.4]
    assert spatial.through == {2: 2.5, 4: pytest.approx(1000 / 350)} and spatial.test_loss == Mean(0.0, None)
    assert points["dense", 0.5].held_back_loss.value == 0.0


def test_the_sparsest_point_that_loses_little_is_chosen(results):
    points = summarize(read_rows(results))
    assert [(point.variant.method, point.density) for point in choose(points, 0.1)] == [
        ("spatial-pruned", 0.4),
        ("winograd-relu", 0.4),
    ]
    assert [point.density for point in choose(points, 2.1) if point.variant.method == "winograd-pruned"] == [0.4]
    assert choose(points, -1.0) == []
    assert [(point.variant.method, point.density) for point in baselines(points)] == [("dense", 0.4)]


def test_the_table_and_the_figure(results, tmp_path, capsys, monkeypatch):
    assert main(["table", str(tmp_path), "--chosen"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "left out: 1 of 12 rows, since no dense row has their network, seed and epochs\n"
    said = shown.out.splitlines()
    assert said[0].startswith("| network and method | density | seeds |") and len(said) == 4
    assert said[2] == "| vgg spatial-pruned | 0.4 | 1 | 0.05 | 0.00 | 93.00 | 3.33 | 2.50 | 2.86 |"
    cells = said[3].split(" | ")
    assert cells[:5] == ["| vgg winograd-relu F(2x2)", "0.4", "2", "-0.10 ± 0.00", "0.30 ± 1.27"]
    assert main(["table", str(results)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2 + 7
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (requirements-digits.txt)")
    figures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for figure in figures:
        assert main(["draw", str(tmp_path), "--output", str(figure)]) == 0
    text = figures[0].read_text()
    assert text == figures[1].read_text(), "the same file again"
    for label in ("vgg winograd-relu F(2x2)", "vgg spatial-pruned through F(4x4)", "test accuracy lost (points)"):
        assert label in text
    with pytest.raises(TraceError, match="no point of resnet stands beside a dense one"):
        draw(summarize(read_rows(results)), tmp_path / "none.svg", "resnet")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["draw", str(tmp_path), "--output", str(figures[0])]) == 65
    assert "matplotlib is not installed, and the figure needs it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"validation accuracy": "much"}, r"results.csv:2: could not convert .*; expected a row of the experiment"),
        ({"multiplications": 0}, "results.csv:2: expected accuracies of 0 to 1 and multiplications above 0"),
        ({"test accuracy": 92.0}, "results.csv:2: expected accuracies of 0 to 1"),
    ],
)
def test_tables_that_are_none(change, message, tmp_path):
    with pytest.raises(TraceError, match=message):
        read_rows(write(tmp_path, [entry("dense", 1.0, 1, 0.9, 0.9, 10) | change]))
    (tmp_path / "other.csv").write_text("layer,cycles\nconv1,5\n")
    with pytest.raises(TraceError, match="other.csv: there is no column 'network'; expected the table"):
        read_rows(tmp_path / "other.csv")
    with pytest.raises(TraceError, match="none.csv: .*; expected the table of the experiment"):
        read_rows(tmp_path / "none.csv")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Three chains on small images, all of whose sparsest points ship."""
    folder, data = tmp_path_factory.mktemp("experiment"), small_data()
    recipe = Recipe(epochs=1, moving_epochs=1, retraining_epochs=1, batch=32)
    for method, tile in (("dense", 2), ("spatial-pruned", 2), ("winograd-relu", 2), ("winograd-pruned", 4)):
        run(Chain("vgg", method, (1.0, 0.4), tile=tile, recipe=recipe), data, folder / "points", lambda _: None)
    points = summarize(read_rows(folder / "points" / "results.csv"))
    chosen = baselines(points) + choose(points, 100.0)
    manifests = ship(chosen, data, folder / "points", folder / "traces")
    return folder, data, chosen, manifests


def test_traces_and_weights_of_the_chosen_points_ship(shipped):
    folder, data, chosen, manifests = shipped
    names = ["vgg-dense", "vgg-spatial-pruned", "vgg-winograd-pruned-f4", "vgg-winograd-relu-f2"]
    assert [path.name for path in manifests] == [f"{name}.yaml" for name in names]
    assert [file_name(point.variant) for point in chosen] == names
    assert (folder / "traces" / "results.csv").read_text() == (folder / "points" / "results.csv").read_text()
    with (folder / "traces" / "results.csv").open(newline="") as file:
        kept = {(row["method"], row["density"]): row for row in csv.DictReader(file)}
    for point, path in zip(chosen, manifests, strict=True):
        row = kept[point.variant.method, f"{point.density:g}"]
        weights = path.with_suffix(".weights.safetensors")
        network = read_network(point.variant, data, weights)
        assert evaluate(network, data.testing)[0] == float(row["test accuracy"])
        multiplied = [
            value for name, value in load_file(weights).items() if name in ("conv2.weight", "classifier.bias")
        ]
        assert [value.dtype for value in multiplied] == [torch.float16, torch.float16]
        trace = read_trace(path)
        assert {layer.activations.array.dtype.name for layer in trace.layers} == {"float16"}
        assert all(layer.shape.batch == 4 for layer in trace.layers)
        shares = dict(part.split("=") for part in row["weight densities"].split())
        for name, share in shares.items():
            layer = next(layer for layer in trace.layers if layer.name == name)
            w, _ = layer.multiplied_values()
            assert f"{np.count_nonzero(w) / w.size:.4f}" == share


def test_accuracies_with_8_bit_operands_ship(shipped):
    folder, data, chosen, manifests = shipped
    with (folder / "traces" / "int8.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["point"], row["scales"]) for row in found] == [
        (path.stem, scales) for path in manifests for scales in ("tensor", "position")
    ]
    network = read_network(chosen[-1].variant, data, manifests[-1].with_suffix(".weights.safetensors"))
    accuracy = evaluate(in_int8(network, "position", data.training), data.testing)[0]
    assert float(found[-1]["test accuracy"]) == accuracy


def test_weights_that_do_not_fit(shipped, tmp_path):
    folder, data, _, _ = shipped
    weights = folder / "traces" / "vgg-winograd-relu-f2.weights.safetensors"
    with pytest.raises(TraceError, match=r"size mismatch .*; expected the weights of vgg winograd-relu F\(4x4\)"):
        read_network(Variant("vgg", "winograd-relu", "4", "alike"), data, weights)
    with pytest.raises(TraceError, match="none.safetensors: .*; expected the weights of vgg winograd-relu"):
        read_network(RELU, data, tmp_path / "none.safetensors")
    with pytest.raises(TraceError, match="expected one of vgg, resnet"):
        read_network(Variant("lenet", "dense", "", "alike"), data, weights)
    points = summarize(read_rows(folder / "points" / "results.csv"))
    with pytest.raises(TraceError, match=r"vgg-.*-1.pt: .*; expected the weights of this point"):
        ship(choose(points, 100.0), data, tmp_path, tmp_path / "out")
