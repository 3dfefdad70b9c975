"""The experiment's points: counts, pruning, resuming, densities by sensitivity, and a miniature on the real images."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import TraceError, export

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from small_images import small_data
from winograd_trace.experiment.__main__ import FASHION_MNIST, main
from winograd_trace.experiment.data import First, load
from winograd_trace.experiment.multiplications import count
from winograd_trace.experiment.networks import build, in_form, moved_layers, standing_layers
from winograd_trace.experiment.points import METHODS, Chain, in_float16, run
from winograd_trace.experiment.pruning_steps import TRIED, alike, by_sensitivity, prune, spread
from winograd_trace.experiment.training import Recipe, batches, evaluate, fit

RECIPE = Recipe(epochs=1, moving_epochs=1, retraining_epochs=1, batch=32)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)
    torch.set_num_threads(1)


@pytest.fixture
def data():
    return small_data()


def rows(folder):
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def states(folder):
    return {path.name: torch.load(path, weights_only=True) for path in sorted(folder.glob("*.pt"))}


# Multiplications


@pytest.mark.parametrize(
    ("form", "tile"), [("spatial", 2), ("winograd", 2), ("winograd-relu", 2), ("winograd-relu", 4)]
)
@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_counts_are_those_of_the_exported_operands(name, form, tile, tmp_path):
    network = in_form(build(name), form, tile)
    prune(network, alike(network, 0.3))
    x = torch.randn(2, 1, 9, 10)
    trace = export(network.eval(), x, tmp_path / "t.yaml").trace
    counted = {layer.name: layer for layer in count(network, x)}
    assert set(counted) == {layer.name for layer in trace.layers}
    for layer in trace.layers:
        found = counted[layer.name]
        assert found.dense == layer.shape.dense_multiplies
        w, v = layer.multiplied_values()
        if layer.is_winograd:
            pairs = np.einsum("kcij,nxycij->", (w != 0).astype(np.int64), (v != 0).astype(np.int64))
        else:
            (top, left), (rows, columns) = layer.shape.sides[:2], layer.shape.kernel
            padded = np.pad(v != 0, ((0, 0), (0, 0), (top, top), (left, left))).astype(np.int64)
            windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns), axis=(2, 3))
            pairs = np.einsum("kcrs,nchwrs->", (w != 0).astype(np.int64), windows)
        assert found.multiplied == int(pairs)
        assert found.weights == pytest.approx(np.count_nonzero(w) / w.size)
        assert found.activations == pytest.approx(np.count_nonzero(v) / v.size)


def test_the_transforms_fill_zeros_in():
    """The same network through Winograd: what the spatial form says of it, and what the Winograd form multiplies."""
    network = build("vgg")
    prune(network, alike(network, 0.2))
    x = torch.randn(2, 1, 12, 12)
    spatial = count(network, x)
    moved = set(moved_layers(network))
    for tile in (2, 4):
        winograd = count(in_form(build_like(network), "winograd", tile), x)
        for one, other in zip(spatial, winograd, strict=True):
            if one.name not in moved:
                assert not one.through_winograd and one.multiplied == other.multiplied
                continue
            assert one.weights == pytest.approx(0.2, abs=0.01) and other.weights > 0.4
            assert one.through_winograd[tile] == pytest.approx(other.multiplied, rel=0.02)


def build_like(network):
    same = build("vgg")
    same.load_state_dict(network.state_dict())
    return same


# Training and pruning


def test_training_is_seeded_and_keeps_pruned_weights_zero(data):
    results = []
    for _ in range(2):
        torch.manual_seed(1)
        network = in_form(build("vgg", 1, 2), "winograd-relu")
        prune(network, alike(network, 0.4))
        masks = {name: network.get_submodule(name).mask.clone() for name in moved_layers(network)}
        first = [network.get_submodule(name).weight.clone() for name in standing_layers(network)]
        fit(network, data.training, RECIPE, 1, 1e-2, seed=5)
        results.append(network.state_dict())
        for name, mask in masks.items():
            layer = network.get_submodule(name)
            assert torch.equal(layer.mask, mask) and torch.equal(layer.kept_weight != 0, mask == 1)
        for name, before in zip(standing_layers(network), first, strict=True):
            after = network.get_submodule(name).weight
            assert not torch.equal(after, before) and torch.count_nonzero(after) == after.numel()
    assert all(torch.equal(results[0][key], results[1][key]) for key in results[0])


def test_batches_hold_every_image_once(data):
    recipe = replace(RECIPE, shift=0, flip=False, batch=30)
    generator = torch.Generator().manual_seed(1)
    found = list(batches(data.training, recipe, generator, torch.device("cpu")))
    assert [len(labels) for _, labels in found] == [30, 30, 30]
    everything, _ = data.training.take(torch.arange(96))
    pixels = torch.cat([part for part, _ in found])
    known = {image.numpy().tobytes() for image in everything}
    assert len({image.contiguous().numpy().tobytes() for image in pixels} & known) == 90
    moved, _ = next(
        batches(data.training, replace(recipe, shift=2), torch.Generator().manual_seed(1), torch.device("cpu"))
    )
    assert moved.shape == (30, 1, 12, 12) and moved.is_contiguous(memory_format=torch.channels_last)


def test_images_are_mirrored_from_side_to_side(data):
    known, _ = data.training.take(torch.arange(96))
    kept = {image.numpy().tobytes() for image in known}
    mirrored = {image.flip(2).contiguous().numpy().tobytes() for image in known}
    found = batches(
        data.training, replace(RECIPE, shift=0, batch=8), torch.Generator().manual_seed(1), torch.device("cpu")
    )
    images = [image.contiguous().numpy().tobytes() for part, _ in found for image in part]
    assert set(images) <= kept | mirrored and set(images) & kept and set(images) & mirrored


def test_the_learning_rate_falls(data):
    """Steps of AdamW without decay are about as long as the rate: the second epoch moves less than the first."""
    recipe = replace(RECIPE, decay=0.0)
    moved = []
    for epochs in (1, 2):
        torch.manual_seed(1)
        network = build("vgg", 1, 2)
        before = network.conv3.weight.detach().clone()
        fit(network, data.training, recipe, epochs, 1e-3, seed=1)
        moved.append(float((network.conv3.weight.detach() - before).abs().max()))
    assert moved[0] < 1e-3 * (1 + 0.75 + 0.25) * 1.1 and moved[1] < 1e-3 * 3.5 * 1.1


def test_the_papers_optimizer_has_its_momentum_and_its_three_tenths(data):
    """Of a gradient that is always 1: Nesterov's step k is rate x (1 + 0.9 (1 + 0.9 + ... )), and rates fall to tenths."""

    class Slope(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
            self.seen = []

        def forward(self, x):
            self.seen.append(float(self.weight.detach()))
            # The cross-entropy of two scores, whose difference has a gradient near 1 far away.
            score = (self.weight + 1000.0).expand(len(x)).to(x.dtype)
            return torch.stack([score, torch.zeros_like(score)], 1)

    labels = torch.ones(96, dtype=torch.int64)
    images = replace(data.training, labels=labels)
    slope = Slope()
    fit(slope, images, replace(RECIPE, batch=4, optimizer="sgd", decay=0.0), 5, 1e-3, seed=1)
    steps = -np.diff(np.array(slope.seen))
    velocity, expected = 0.0, []
    for step in range(119):
        velocity = 0.9 * velocity + 1.0
        rate = 1e-3 * 0.1 ** sum(step >= round(part / 110 * 120) for part in (30, 60, 95))
        expected.append(rate * (1.0 + 0.9 * velocity))
    assert steps == pytest.approx(np.array(expected), rel=1e-4)


def test_accuracy_is_a_share_of_all_images(data):
    network = build("vgg", 1, 2)
    right, loss = evaluate(network, data.testing)
    with torch.no_grad():
        scores = network(data.testing.take(torch.arange(40))[0])
    assert right == float((scores.argmax(1) == data.testing.labels).double().mean())
    assert loss == pytest.approx(float(torch.nn.functional.cross_entropy(scores, data.testing.labels)), rel=1e-5)
    assert evaluate(network, data.testing, 10)[0] == float(
        (scores[:10].argmax(1) == data.testing.labels[:10]).double().mean()
    )


# Points


@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_stopped_goes_on_to_the_same_result(method, data, tmp_path):
    chain = Chain("vgg", method, (1.0, 0.5, 0.25), recipe=RECIPE)
    said = []
    run(chain, data, tmp_path / "whole", said.append)
    assert not any("already done" in line for line in said) and len(said) == 4
    for densities in ((1.0,), (1.0, 0.5), (1.0, 0.5, 0.25)):
        run(replace(chain, densities=densities), data, tmp_path / "parts", said.append)
    assert len([line for line in said if line.endswith("already done")]) == 3
    whole, parts = states(tmp_path / "whole"), states(tmp_path / "parts")
    assert whole.keys() == parts.keys() and len(whole) == 4
    for name, state in whole.items():
        assert state.keys() == parts[name].keys()
        assert all(torch.equal(state[key], parts[name][key]) for key in state), name
    text = (tmp_path / "whole" / "results.csv").read_text()
    assert text == (tmp_path / "parts" / "results.csv").read_text()
    found = {row["density"]: row for row in rows(tmp_path / "whole")}
    assert set(found) == {"1", "0.5", "0.25"} and [found[key]["epochs"] for key in ("1", "0.5", "0.25")] == [
        "3",
        "4",
        "5",
    ]
    for density, row in found.items():
        kept = 1.0 if method == "dense" else float(density)
        shares = dict(entry.split("=") for entry in row["weight densities"].split())
        assert list(shares) == [f"conv{number}" for number in range(2, 7)]
        assert all(float(share) == pytest.approx(kept, abs=0.001) for share in shares.values())
        assert (row["tile"], bool(row["multiplications through F(4x4)"])) == (
            ("", True) if method in ("dense", "spatial-pruned") else ("2", False)
        )
        assert 0 < int(row["multiplications"]) < int(row["dense multiplications"])
    masks = [whole[f"{chain.name(density)}.pt"]["conv4.mask"].bool() for density in chain.densities]
    assert all(bool((earlier | ~later).all()) for earlier, later in pairwise(masks))


def test_methods_share_the_trained_network_and_the_table(data, tmp_path):
    said = []
    for method in ("winograd-relu", "spatial-pruned"):
        run(Chain("resnet", method, (0.5,), tile=4, recipe=RECIPE), data, tmp_path, said.append)
    assert [line.split(":")[0] for line in said] == [
        "resnet-trained-1",
        "resnet-winograd-relu-f4-alike-0.5-1",
        "resnet-spatial-pruned-alike-0.5-1",
    ]
    assert [row["method"] for row in rows(tmp_path)] == ["spatial-pruned", "winograd-relu"]


def test_what_a_folder_of_points_is_told(data, tmp_path):
    chain = Chain("vgg", "spatial-pruned", (0.5,), recipe=RECIPE)
    run(chain, data, tmp_path, lambda _: None)
    with pytest.raises(TraceError, match="vgg-trained-1.json: made with batch 32; expected 16: give another output"):
        run(replace(chain, recipe=replace(RECIPE, batch=16)), data, tmp_path, lambda _: None)
    with pytest.raises(TraceError, match=r"0.5-1.json: made with densities \[0.5\]; expected \[0.8, 0.5\]"):
        run(replace(chain, densities=(0.8, 0.5)), data, tmp_path, lambda _: None)
    with pytest.raises(TraceError, match=r"made with images \[96, 40, 40\]; expected \[90, 40, 40\]"):
        run(chain, replace(data, training=First(data.training, 90)), tmp_path, lambda _: None)
    file = tmp_path / f"{chain.name(0.5)}.pt"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(TraceError, match="0.5-1.pt: .*; expected the weights of vgg-spatial-pruned-alike-0.5-1"):
        run(chain, data, tmp_path, lambda _: None)
    (tmp_path / "other.json").write_text("{")
    with pytest.raises(TraceError, match="other.json: .*; expected the row of a point"):
        run(replace(chain, seed=2), data, tmp_path, lambda _: None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"densities": (0.5, 0.5)}, "each below the one before"),
        ({"densities": ()}, "expected one or more in 0...1"),
        ({"densities": (1.0, 0.0)}, "expected one or more in 0...1"),
        ({"method": "winograd"}, "method 'winograd'; expected dense, spatial-pruned"),
        ({"shares": "random"}, "shares 'random'; expected alike, sensitivity"),
        ({"recipe": Recipe(epochs=-1)}, "epochs is -1; expected at least 0"),
        ({"recipe": Recipe(rate=0)}, "rates above 0"),
        ({"recipe": Recipe(optimizer="adam")}, "optimizer 'adam'; expected adamw, sgd"),
    ],
)
def test_chains_that_cannot_be_run(change, message, data, tmp_path):
    with pytest.raises(TraceError, match=message):
        run(replace(Chain("vgg", "dense", (1.0,)), **change), data, tmp_path / "none", lambda _: None)
    assert not (tmp_path / "none").exists()


def test_a_row_is_what_the_kept_network_does(data, tmp_path):
    labels = data.testing.labels.clone()
    labels[:7] = 1 - labels[:7]
    data = replace(data, testing=replace(data.testing, labels=labels))
    chain = Chain("vgg", "spatial-pruned", (0.3,), recipe=RECIPE)
    run(chain, data, tmp_path, lambda _: None)
    network = build("vgg", 1, 2)
    network.load_state_dict(states(tmp_path)[f"{chain.name(0.3)}.pt"])
    network = in_float16(network)
    (row,) = rows(tmp_path)
    held_back, test = (evaluate(network, part)[0] for part in (data.held_back, data.testing))
    assert held_back != test
    assert (float(row["validation accuracy"]), float(row["test accuracy"])) == (held_back, test)
    layers = count(network.half(), data.testing.take(torch.arange(4))[0].half())
    ends = sum(layer.multiplied for layer in layers if not layer.through_winograd)
    assert int(row["multiplications"]) == sum(layer.multiplied for layer in layers)
    for tile in (2, 4):
        inner = sum(layer.through_winograd[tile] for layer in layers if layer.through_winograd)
        assert int(row[f"multiplications through F({tile}x{tile})"]) == ends + inner


def test_networks_and_images_that_do_not_fit(data, tmp_path):
    with pytest.raises(TraceError, match=r"vgg-nagadomi on images of \[12, 12\]; expected \[32, 32\]"):
        run(Chain("vgg-nagadomi", "dense", (1.0,)), data, tmp_path, lambda _: None)
    with pytest.raises(TraceError, match="96 training images; expected at least a batch of 128"):
        run(Chain("vgg", "dense", (1.0,)), data, tmp_path, lambda _: None)


# Densities by sensitivity


@pytest.mark.parametrize("density", [TRIED[0], 0.07, 0.3, 0.55, 0.9, 1.0])
def test_layers_that_hurt_keep_more(density):
    sizes = np.array([100.0, 400.0, 1000.0])
    growing = 1 / np.array(TRIED) - 1
    shares = spread(np.stack([9 * growing, growing, 3 * growing]), sizes, density)
    assert float(shares @ sizes / sizes.sum()) == pytest.approx(density)
    assert shares[0] >= shares[2] >= shares[1] and (shares > 0).all() and (shares <= 1).all()
    assert density in (TRIED[0], 1.0) or shares[0] > shares[1]
    noisy = np.stack([growing, np.zeros(len(TRIED)), growing]) + np.where(np.arange(len(TRIED)) == 3, -5.0, 0.0)
    assert float(spread(noisy, sizes, density) @ sizes / sizes.sum()) == pytest.approx(density)
    with pytest.raises(TraceError, match="by sensitivity; expected 0.02 to 1"):
        spread(noisy, sizes, 0.001)


def test_a_chain_by_sensitivity(data, tmp_path):
    chain = Chain("vgg", "winograd-relu", (0.4,), shares="sensitivity", recipe=RECIPE)
    run(chain, data, tmp_path, lambda _: None)
    (row,) = rows(tmp_path)
    shares = [float(entry.split("=")[1]) for entry in row["weight densities"].split()]
    network = build("vgg")
    sizes = [network.get_submodule(name).weight.numel() for name in moved_layers(network)]
    assert np.average(shares, weights=sizes) == pytest.approx(0.4, abs=0.002) and len(set(shares)) > 1
    before = {name: value.clone() for name, value in network.state_dict().items()}
    by_sensitivity(network, 0.5, data.held_back)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_layer_that_bears_pruning_is_pruned_most(data):
    network = build("vgg", 1, 2)
    fit(network, data.training, RECIPE, 2, 5e-3, seed=1)
    network.conv6.prune(0.1)
    shares = by_sensitivity(network, 0.4, data.held_back)
    assert shares["conv6"] < 0.15 and np.mean([shares[f"conv{number}"] for number in range(2, 6)]) > 0.6


# The command


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    assert main(["run", "--method", "dense", "--folder", str(tmp_path), "--output", str(tmp_path / "out")]) == 65
    assert "there is no train-images-idx3-ubyte.gz; found nothing; expected" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main(["run", "--method", "magic", "--output", "x"])
    assert left.value.code == 64
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0 and "experiment run --network vgg" in capsys.readouterr().out


def test_without_pytorch_the_command_says_so(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('No module named torch', name='torch')\n")
    sources = Path(__file__).parents[2] / "Traces" / "exporter"
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "winograd_trace.experiment",
            "run",
            "--method",
            "dense",
            "--output",
            str(tmp_path / "out"),
        ],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{sources}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 69 and found.stderr.startswith("winograd_trace.experiment: torch is not installed")


def test_a_miniature_on_the_real_images(tmp_path, capsys):
    if not Path(FASHION_MNIST).is_dir():
        pytest.skip("Fashion-MNIST is not installed: apt-get install dataset-fashion-mnist")
    options = ["--method", "winograd-relu", "--densities", "0.5", "--training-images", "2000", "--threads", "1"]
    options += [
        "--held-back",
        "1000",
        "--epochs",
        "1",
        "--moving-epochs",
        "1",
        "--retraining-epochs",
        "1",
        "--batch",
        "50",
    ]
    for _ in range(2):
        assert main(["run", *options, "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert "conv2, conv3, conv4, conv5, conv6 take the method's form" in said and said.count("already done") == 1
    assert "conv1, classifier run as they are" in said
    (row,) = rows(tmp_path)
    assert float(row["validation accuracy"]) > 0.45 and float(row["test accuracy"]) > 0.45
    data = load("fashion-mnist", FASHION_MNIST, held_back=1000)
    network = in_form(build("vgg"), "winograd-relu")
    network.load_state_dict(torch.load(tmp_path / "vgg-winograd-relu-f2-alike-0.5-1.pt", weights_only=True))
    assert f"{evaluate(network, data.testing)[0]:.5f}" == row["test accuracy"]
    trace = export(network.eval(), data.testing.take(torch.arange(4))[0], tmp_path / "t.yaml").trace
    dense = sum(layer.shape.dense_multiplies for layer in trace.layers)
    assert dense == int(row["dense multiplications"]) > 2 * int(row["multiplications"])
