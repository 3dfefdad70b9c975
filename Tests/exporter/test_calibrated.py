"""The shipped densities: regenerated to the byte, and checked against the published totals."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest
from winograd_trace import TraceError, read_trace
from winograd_trace.calibrated import (
    METHODS,
    NETWORKS,
    make_manifest,
    make_trace,
    multiply_reduction,
    read_shapes,
)

TRACES = Path(__file__).parents[2] / "Traces"
EVERY = [(network, method) for network in NETWORKS for method in METHODS]


def shapes_of(network):
    return read_shapes(TRACES / network.folder / "layers.csv")


@pytest.mark.parametrize(("network", "method"), EVERY, ids=lambda value: getattr(value, "folder", value))
def test_what_ships_is_what_the_generator_makes(network, method):
    shipped = (TRACES / network.folder / f"{method}.yaml").read_bytes()
    assert shipped == make_manifest(network, method, shapes_of(network)).encode()


@pytest.mark.parametrize(("network", "method"), EVERY, ids=lambda value: getattr(value, "folder", value))
def test_what_ships_is_valid_and_says_that_it_is_a_calibration(network, method):
    trace = read_trace(TRACES / network.folder / f"{method}.yaml")
    assert "calibration" in trace.description and f"{network.published}x" in trace.description
    assert [layer.name for layer in trace.layers] == [name for name, _ in shapes_of(network)]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.folder)
def test_winograd_relu_comes_within_two_percent_of_the_published_total(network):
    layers = read_trace(TRACES / network.folder / "winograd-relu.yaml").layers
    assert multiply_reduction(layers, network.uncounted) == pytest.approx(network.published, rel=0.02)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.folder)
def test_the_total_is_the_sum_over_the_table(network):
    """The same figure from the columns of the table, which the generator does not read."""
    kept = network.winograd_relu
    dense = products = 0.0
    with (TRACES / network.folder / "layers.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["layer"] in network.uncounted:
                continue
            density = 0.8 if row["layer"] == network.first else kept.weights * kept.activations
            dense += int(row["dense_mults"])
            products += int(row["wino_dense_mults"]) * density if row["winograd"] == "1" else int(row["dense_mults"])
    layers = make_trace(network, "winograd-relu", shapes_of(network)).layers
    assert multiply_reduction(layers, network.uncounted) == pytest.approx(dense / products, rel=1e-12)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.folder)
def test_earlier_methods_lie_two_to_three_times_below(network):
    totals = {
        method: multiply_reduction(make_trace(network, method, shapes_of(network)).layers, network.uncounted)
        for method in METHODS
    }
    assert totals["dense"] == 1.0
    for earlier in ("spatial-pruned", "winograd-pruned"):
        assert 1.9 < totals["winograd-relu"] / totals[earlier] < 3.1


def test_shapes_agree_with_the_derived_columns_of_their_table():
    for network in NETWORKS:
        with (TRACES / network.folder / "layers.csv").open(newline="") as file:
            for row, (name, shape) in zip(csv.DictReader(file), shapes_of(network), strict=True):
                assert (name, shape.output) == (row["layer"], (int(row["H_out"]), int(row["W_out"])))
                assert shape.dense_multiplies == int(row["dense_mults"])
                assert row["winograd"] == "0" or shape.tiles(2) == int(row["tiles"])


def test_padding_one_of_conv6_comes_closer_than_padding_zero():
    network = next(network for network in NETWORKS if network.folder == "convpool-cnn-c")
    padded = shapes_of(network)
    smaller = {"conv6": {"padding": (0, 0)}, "conv7": {"height": 6, "width": 6}, "conv8": {"height": 6, "width": 6}}
    unpadded = [(name, dataclasses.replace(shape, **smaller.get(name, {}))) for name, shape in padded]
    one, zero = (multiply_reduction(make_trace(network, "winograd-relu", s).layers) for s in (padded, unpadded))
    assert (round(one, 2), round(zero, 2)) == (6.74, 6.89)
    assert abs(one - network.published) < abs(zero - network.published)


def test_methods_differ_where_they_should():
    network = NETWORKS[0]
    by_method = {m: {layer.name: layer for layer in make_trace(network, m, shapes_of(network)).layers} for m in METHODS}
    for method, layers in by_method.items():
        first, later, linear = layers["conv0"], layers["conv3"], layers["fc0"]
        winograd = method.startswith("winograd")
        assert later.weights.domain == ("winograd" if winograd else "spatial")
        assert later.is_winograd == winograd
        assert (first.weights.density, first.activations.density) == (1.0 if method == "dense" else 0.8, 1.0)
        assert first.relu == "none"
        assert linear.operation == "linear" and linear.weights.density == linear.activations.density == 1.0
    assert [by_method[m]["conv3"].relu for m in METHODS] == ["none", "spatial", "spatial", "winograd"]
    assert by_method["winograd-pruned"]["conv3"].activations.density == 1.0


def test_a_table_without_a_number_is_an_error(tmp_path):
    table = tmp_path / "layers.csv"
    table.write_text("layer,C,K,H_in,W_in,kernel,stride,pad\nconv0,three,4,8,8,3,1,1\n")
    with pytest.raises(TraceError, match="layers.csv"):
        read_shapes(table)
