"""Measured densities: the sums that they keep, the files, and how near simulations come to those of the values."""

from __future__ import annotations

import csv
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import Layer, Profile, Shape, Trace, TraceError, Values, Winograd, measured, read_trace
from winograd_trace.densities import fit
from winograd_trace.winograd import f4x3, transform_input, transform_weights

REPOSITORY = Path(__file__).parents[2]
SEED = 11


def test_sums_are_kept_where_no_probability_reaches_one() -> None:
    random = np.random.default_rng(SEED)
    for _ in range(50):
        nonzero = random.random((random.integers(1, 30), random.integers(1, 30))) < random.uniform(0.05, 0.4)
        rows, columns = nonzero.sum(1).astype(float), nonzero.sum(0).astype(float)
        a, b = fit(rows, columns)
        found = np.minimum(1.0, np.outer(a.astype(float), b.astype(float)))
        assert np.allclose(found.sum(1), rows, atol=2e-3 * len(columns)), f"seed {SEED}"
        assert np.allclose(found.sum(0), columns, atol=2e-2 * len(rows) + 1e-6), f"seed {SEED}"


def test_dense_and_empty_operands_are_exact() -> None:
    a, b = fit(np.full(3, 4.0), np.full(4, 3.0))
    assert (np.outer(a, b) == 1.0).all()
    a, b = fit(np.zeros(3), np.zeros(4))
    assert not a.any() and not b.any()
    # Half of the rows full, the others empty: clipping must not leak into the empty ones.
    a, b = fit(np.array([4.0, 0.0]), np.ones(4))
    assert np.outer(a, b).tolist() == [[1.0] * 4, [0.0] * 4]


def spatial(random: np.random.Generator, shape: Shape, operation: str = "convolution") -> Layer:
    """A layer of sparse values."""

    def sparse(*sizes: int) -> np.ndarray:
        values = random.standard_normal(sizes).astype(np.float32)
        return np.where(random.random(sizes) < 0.4, values, np.float32(0))

    if operation == "matmul":
        weights = sparse(shape.batch, shape.channels, shape.filters)
        activations = sparse(shape.batch, shape.height, shape.channels)
    elif shape.transposed:
        weights = sparse(shape.channels, shape.filters // shape.groups, *shape.kernel)
        activations = sparse(shape.batch, shape.channels, shape.height, shape.width)
    elif operation == "linear":
        weights, activations = sparse(shape.filters, shape.channels), sparse(shape.batch, shape.channels)
    else:
        weights = sparse(shape.filters, shape.channels // shape.groups, *shape.kernel)
        activations = sparse(shape.batch, shape.channels, shape.height, shape.width)
    return Layer("layer", shape, Values(weights), Values(activations), operation)  # type: ignore[arg-type]


SHAPES = [
    ("convolution", Shape(6, 8, 2, 9, 7, (3, 3), padding=(1, 1))),
    ("convolution", Shape(6, 8, 1, 9, 7, (3, 3), (2, 2), (0, 0, 1, 1), groups=2)),
    ("convolution", Shape(4, 4, 1, 8, 8, (5, 5), padding=(2, 2), groups=4)),
    ("transposed_convolution", Shape(4, 6, 2, 5, 4, (3, 2), (2, 3), (1, 0), groups=2, transposed=True)),
    ("linear", Shape(12, 5, 3)),
    ("matmul", Shape(6, 4, 3, 5)),
]


@pytest.mark.parametrize(("operation", "shape"), SHAPES)
def test_densities_are_those_of_the_values_and_read_back(operation: str, shape: Shape, tmp_path: Path) -> None:
    layer = spatial(np.random.default_rng(SEED), shape, operation)
    profiled = measured(layer, weights=True, activations=True)
    assert isinstance(profiled.weights, Profile) and isinstance(profiled.activations, Profile)
    assert profiled.outputs is None and profiled.nonzeros() == layer.nonzeros()
    direct = profiled.weights.rates["direct"]
    count = np.minimum(1.0, direct.channels.astype(float)[None] * direct.outer.astype(float)[:, None, None]).sum()
    assert count == pytest.approx(np.count_nonzero(layer.weights.array), rel=2e-3)  # type: ignore[union-attr]
    pixels = profiled.activations.rates["direct"]
    count = np.minimum(1.0, np.multiply.outer(pixels.channels[:, 0].astype(float), pixels.outer.astype(float))).sum()
    # A matrix product of B pairs is laid out as a map of B * K channels: the count is that of all.
    assert count == pytest.approx(np.count_nonzero(layer.activations.array), rel=2e-3)  # type: ignore[union-attr]
    Trace("model", (profiled,)).write(tmp_path / "trace.yaml")
    back = read_trace(tmp_path / "trace.yaml").layers[0]
    assert isinstance(back.activations, Profile) and isinstance(back.weights, Profile)
    for mine, read in ((profiled.weights, back.weights), (profiled.activations, back.activations)):
        assert mine.density == read.density and mine.domain == read.domain and list(mine.rates) == list(read.rates)
        for form, rates in mine.rates.items():
            assert np.array_equal(rates.channels, read.rates[form].channels)
            assert np.array_equal(rates.outer, read.rates[form].outer)


def test_forms_are_those_that_compute_the_layer() -> None:
    random = np.random.default_rng(SEED)
    layer = measured(spatial(random, SHAPES[0][1]), weights=True, activations=True)
    assert list(layer.weights.rates) == list(layer.activations.rates)  # type: ignore[union-attr]
    assert list(layer.weights.rates) == ["direct", "winograd-2x2", "winograd-4x4"]  # type: ignore[union-attr]
    strided = measured(spatial(random, SHAPES[1][1]), weights=True, activations=True)
    assert list(strided.weights.rates) == ["direct"]  # type: ignore[union-attr]


def test_winograd_layers_keep_their_tile_and_their_relu() -> None:
    random = np.random.default_rng(SEED)
    shape = Shape(3, 4, 1, 8, 8, (3, 3), padding=(1, 1))
    x = random.standard_normal((1, 3, 8, 8)).astype(np.float32)
    u = transform_weights(random.standard_normal((4, 3, 3, 3)), f4x3()).astype(np.float32)
    u[random.random(u.shape) < 0.5] = 0
    layer = Layer("w", shape, Values(u, "winograd"), Values(x), relu="winograd", winograd=Winograd(4))
    profiled = measured(layer, weights=True, activations=True)
    assert isinstance(profiled.activations, Profile) and profiled.activations.domain == "winograd"
    assert list(profiled.activations.rates) == list(profiled.weights.rates) == ["winograd-4x4"]  # type: ignore[union-attr]
    positive = transform_input(x.astype(np.float64), f4x3(), (1, 1)) > 0
    assert profiled.activations.density == positive.mean()
    assert profiled.activations.rates["winograd-4x4"].outer.shape == positive.shape[:3]
    profiled.check()


def test_what_has_no_values_is_an_error() -> None:
    layer = spatial(np.random.default_rng(SEED), SHAPES[0][1])
    profiled = measured(layer, weights=False, activations=True)
    assert isinstance(profiled.weights, Values)
    with pytest.raises(TraceError, match="its activations have no values"):
        measured(profiled, weights=False, activations=True)


def test_vectors_of_another_shape_are_errors() -> None:
    profiled = measured(spatial(np.random.default_rng(SEED), SHAPES[0][1]), weights=True, activations=True)
    assert isinstance(profiled.activations, Profile)
    rates = profiled.activations.rates
    short = {**rates, "direct": replace(rates["direct"], outer=rates["direct"].outer[:, 1:])}
    negative = {**rates, "direct": replace(rates["direct"], channels=-rates["direct"].channels)}
    for bad, message in (
        (short, r"outer of direct are float32 of \[2, 8, 7\]; expected float32 of \[2, 9, 7\]"),
        (negative, "channels of direct are not all finite and at least 0"),
        ({"f2": rates["direct"]}, "form 'f2'"),
        ({}, "profiles of no form"),
    ):
        with pytest.raises(TraceError, match=message):
            replace(profiled, activations=replace(profiled.activations, rates=bad)).check()


def program() -> Path:
    """The built simulator, or a skip."""
    path = Path(os.environ.get("WINOSIM", REPOSITORY / ".build-tests/release/winosim"))
    if not path.exists():
        pytest.skip("winosim is not built")
    return path


def cycles(trace: Path, machine: str, folder: Path) -> dict[str, tuple[int, int]]:
    """By layer, cycles and products."""
    command = [program(), "simulate", trace, "--config", machine, "--set", "mapping.search=none", "--output", folder]
    subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY)
    with (folder / "layers.csv").open() as file:
        return {row["layer"]: (int(row["cycles"]), int(row["multiplies"])) for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ["trace", "spatial-pruned"])
@pytest.mark.parametrize("machine", ["mobile", "edge", "server"])
def test_cycles_are_near_those_of_the_values(name: str, machine: str, tmp_path: Path) -> None:
    source = REPOSITORY / f"Traces/digits/{name}.yaml"
    trace = read_trace(source)
    layers = tuple(measured(layer, weights=True, activations=True) for layer in trace.layers)
    replace(trace, layers=layers).write(tmp_path / "trace.yaml")
    found = cycles(tmp_path / "trace.yaml", machine, tmp_path / "drawn")
    for layer, (expected, products) in cycles(source, machine, tmp_path / "values").items():
        assert found[layer][0] == pytest.approx(expected, rel=0.06), layer
        assert found[layer][1] == pytest.approx(products, rel=0.06), layer


def test_an_export_keeps_densities_after_its_check(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from winograd_trace import export

    torch.manual_seed(SEED)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 4, 3, padding=1)
    ).eval()
    images = torch.randn(2, 3, 8, 8)
    values = export(model, images, tmp_path / "values/trace.yaml").trace.layers
    kept = export(model, images, tmp_path / "kept/trace.yaml", activations="density").trace.layers
    both = export(model, images, tmp_path / "both/trace.yaml", activations="density", weights="density")
    for layer, one, other in zip(values, kept, both.trace.layers, strict=True):
        assert isinstance(one.weights, Values) and isinstance(one.activations, Profile) and one.outputs is None
        assert isinstance(other.weights, Profile) and other.nonzeros() == one.nonzeros() == layer.nonzeros()
        assert one.inputs == layer.inputs and one.fused == layer.fused
    assert (tmp_path / "both/tensors.safetensors").stat().st_size < (
        tmp_path / "values/tensors.safetensors"
    ).stat().st_size
    assert "after the check" in both.summary
