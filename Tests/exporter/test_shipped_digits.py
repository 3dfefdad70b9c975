"""The digits traces as they ship: outputs follow from operands, and they are pruned as their descriptions say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import f2x3, read_trace

FOLDER = Path(__file__).parents[2] / "Traces" / "digits"
MANIFESTS = ("trace.yaml", "spatial-pruned.yaml")


@pytest.fixture(scope="module")
def digits():
    return read_trace(FOLDER / "trace.yaml")


@pytest.fixture(scope="module")
def spatial():
    return read_trace(FOLDER / "spatial-pruned.yaml")


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_recorded_outputs_follow_from_the_operands(manifest):
    trace = read_trace(FOLDER / manifest)
    errors = trace.output_errors()
    assert list(errors) == [layer.name for layer in trace.layers]
    for name, error in errors.items():
        assert error < 1e-5, f"{name}: relative error {error:.2e}, tolerance 1e-5"


def test_one_tile_by_hand(digits):
    """The formula of the paper for one output tile, without the package's transforms."""
    layer = next(layer for layer in digits.layers if layer.name == "conv3")
    matrices = f2x3()
    x, u = layer.activations.array.astype(np.float64), layer.weights.array.astype(np.float64)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    image, row, column = 2, 3, 0
    total = np.zeros((u.shape[0], 4, 4))
    for c in range(u.shape[1]):
        d = padded[image, c, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4]
        total += u[:, c] * np.maximum(0.0, matrices.bt @ d @ matrices.bt.T)
    tile = matrices.at @ total @ matrices.at.T
    recorded = layer.outputs[image, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    assert np.abs(tile - recorded).max() < 1e-5 * np.abs(layer.outputs).max()


def test_three_by_three_layers_keep_about_a_third(digits):
    three = [layer for layer in digits.layers if layer.shape.kernel == (3, 3)]
    assert [layer.relu for layer in three] == ["none"] + ["winograd"] * (len(three) - 1)
    first, *later = [np.count_nonzero(layer.weights.array) / layer.weights.array.size for layer in three]
    assert 0.75 < first < 0.85
    assert all(0.33 < kept < 0.37 for kept in later)
    for layer in three[1:]:
        _, v = layer.multiplied_values()
        assert 0.05 < np.count_nonzero(v) / v.size < 0.7


def test_the_spatial_kernels_keep_about_a_third(spatial):
    three = [layer for layer in spatial.layers if layer.shape.kernel == (3, 3)]
    assert [layer.relu for layer in three] == ["none"] + ["spatial"] * (len(three) - 1)
    assert all(layer.weights.domain == "spatial" and layer.weights.array.shape[2:] == (3, 3) for layer in three)
    first, *later = [np.count_nonzero(layer.weights.array) / layer.weights.array.size for layer in three]
    assert 0.75 < first < 0.85
    assert all(0.33 < kept < 0.37 for kept in later)
    for layer in three[1:]:
        assert 0.05 < np.count_nonzero(layer.activations.array) / layer.activations.array.size < 0.7


def test_one_spatial_output_by_hand(spatial):
    """The sum of a window, and the same output as Winograd's algorithm has it: the transforms fill the window in."""
    layer = next(layer for layer in spatial.layers if layer.name == "conv3")
    matrices = f2x3()
    x, g = layer.activations.array.astype(np.float64), layer.weights.array.astype(np.float64)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    image, row, column = 1, 2, 3
    d = padded[image, :, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4]
    recorded = layer.outputs[image, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    tolerance = 1e-5 * np.abs(layer.outputs).max()
    assert np.abs((g * d[None, :, :3, :3]).sum((1, 2, 3)) - recorded[:, 0, 0]).max() < tolerance
    u, v = matrices.g @ g @ matrices.g.T, matrices.bt @ d @ matrices.bt.T
    assert np.abs(matrices.at @ (u * v).sum(1) @ matrices.at.T - recorded).max() < tolerance
    assert np.count_nonzero(u) / u.size > 1.5 * np.count_nonzero(g) / g.size
    assert np.count_nonzero(v) / v.size > np.count_nonzero(d) / d.size


def test_both_traces_see_the_same_images(digits, spatial):
    one, other = digits.layers[0], spatial.layers[0]
    np.testing.assert_array_equal(one.activations.array, other.activations.array)
    assert [layer.shape for layer in digits.layers] == [layer.shape for layer in spatial.layers]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_the_description_states_accuracies_and_density(manifest):
    trace = read_trace(FOLDER / manifest)
    before, after = re.findall(r"(\d+\.\d+)% (?:before|after)", trace.description)
    assert 97.0 < float(after) <= 100.0 and 97.0 < float(before) <= 100.0
    three = [layer.weights.array for layer in trace.layers if layer.shape.kernel == (3, 3)]
    kept = sum(np.count_nonzero(weights) for weights in three) / sum(weights.size for weights in three)
    assert f"{kept:.1%} of the" in trace.description


def test_files_are_small():
    for name in (*MANIFESTS, "tensors.safetensors", "spatial-pruned.safetensors"):
        assert (FOLDER / name).stat().st_size < 4_000_000
