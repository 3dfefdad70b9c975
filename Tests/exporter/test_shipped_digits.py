"""The digits trace as it ships: its outputs follow from its operands, and it is pruned as its description says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from winograd_trace import f2x3, read_trace

FOLDER = Path(__file__).parents[2] / "Traces" / "digits"


@pytest.fixture(scope="module")
def digits():
    return read_trace(FOLDER / "trace.yaml")


def test_recorded_outputs_follow_from_the_operands(digits):
    errors = digits.output_errors()
    assert list(errors) == [layer.name for layer in digits.layers]
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


def test_the_description_states_both_accuracies(digits):
    before, after = re.findall(r"(\d+\.\d+)% (?:before|after)", digits.description)
    assert 97.0 < float(after) <= 100.0 and 97.0 < float(before) <= 100.0


def test_files_are_small():
    for name in ("trace.yaml", "tensors.safetensors"):
        assert (FOLDER / name).stat().st_size < 4_000_000
