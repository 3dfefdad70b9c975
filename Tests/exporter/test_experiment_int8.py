"""Networks with 8-bit operands, against the formula in float64."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from small_images import small_data
from winograd_trace.experiment.int8 import in_int8, rounded
from winograd_trace.experiment.networks import build, in_form, moved_layers
from winograd_trace.winograd import transform_input


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)
    torch.set_num_threads(1)


def integers(values, largest):
    return np.clip(np.round(values / (largest / 127)), -127, 127) * (largest / 127)


def test_values_are_multiples_of_a_127th_of_the_largest():
    values = torch.tensor([-4.0, -2.54, -0.015, 0.0, 0.016, 1.0, 2.54])
    found = rounded(values, torch.tensor(2.54))
    assert found.tolist() == pytest.approx([-2.54, -2.54, -0.02, 0.0, 0.02, 1.0, 2.54])
    assert rounded(torch.zeros(3), torch.tensor(0.0)).tolist() == [0.0] * 3


@pytest.mark.parametrize("scales", ["tensor", "position"])
@pytest.mark.parametrize(("form", "tile"), [("winograd-relu", 2), ("winograd-relu", 4), ("winograd", 4)])
def test_a_layer_multiplies_rounded_tiles_by_rounded_weights(form, tile, scales):
    data = small_data()
    network = in_form(build("vgg", 1, 2), form, tile).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    seen = {}
    layer = network.get_submodule("conv4")
    layer.register_forward_hook(lambda _, inputs, output: seen.update(x=inputs[0].double().numpy()))
    pixels, _ = data.training.take(torch.arange(96))
    with torch.no_grad():
        network(pixels)
    quantized = in_int8(network, scales, data.training).get_submodule("conv4")
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    v = transform_input(seen["x"], layer.matrices, (1, 1))
    v = np.maximum(v, 0.0) if form == "winograd-relu" else v
    u = layer.kept_weight.detach().double().numpy()
    axes = (0, 1) if scales == "position" else None
    u = integers(u, np.abs(u).max(axis=axes))
    v = integers(v, np.abs(v).max(axis=(0, 1, 2, 3) if scales == "position" else None))
    at = layer.matrices.at
    tiles = np.einsum("ai,kcij,nxycij,bj->nkxayb", at, u, v, at, optimize=True)
    batch, filters, rows, m, columns, _ = tiles.shape
    height, width = seen["x"].shape[2:]
    expected = tiles.reshape(batch, filters, rows * m, columns * m)[:, :, :height, :width]
    with torch.no_grad():
        found = quantized.product(torch.from_numpy(seen["x"]).float()).double().numpy()
    # A value at half a step may be rounded to the other side in float32.
    close = np.isclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert close.mean() > 0.98 and np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_scales_by_position_are_finer():
    """With F(4x4) positions differ by far in size; one scale leaves the small ones few steps."""
    data = small_data()
    pixels, _ = data.testing.take(torch.arange(40))
    network = in_form(build("vgg", 1, 2), "winograd-relu", 4).eval()
    with torch.no_grad():
        exact = network(pixels)
        errors = {
            scales: float((in_int8(network, scales, data.training)(pixels) - exact).norm() / exact.norm())
            for scales in ("tensor", "position")
        }
    assert 0 < errors["position"] < 0.5 * errors["tensor"]


def test_ordinary_layers_have_a_scale_a_filter():
    data = small_data()
    network = build("vgg", 1, 2).eval()
    quantized = in_int8(network, "position", data.training)
    for name in moved_layers(network):
        weight = network.get_submodule(name).weight.detach()
        found = quantized.get_submodule(name).layer.weight.detach()
        largest = weight.abs().amax((1, 2, 3), keepdim=True)
        steps = found / (largest / 127)
        assert torch.allclose(steps, steps.round(), atol=1e-3) and torch.allclose(
            found, weight, atol=float(largest.max()) / 250
        )
    pixels, _ = data.testing.take(torch.arange(40))
    with torch.no_grad():
        assert 0 < float((quantized(pixels) - network(pixels)).norm() / network(pixels).norm()) < 0.1
