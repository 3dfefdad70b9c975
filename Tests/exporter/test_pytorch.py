"""The PyTorch layer, recording a model, and a short training; skipped where PyTorch is absent."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import TraceError, TraceWriter, read_trace

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from winograd_trace.pytorch import SpatialConv2d, WinogradConv2d, record


@pytest.mark.parametrize(("height", "width", "padding"), [(8, 8, 1), (7, 5, 1), (6, 9, 0), (4, 4, 2)])
@pytest.mark.parametrize("relu", [True, False])
def test_the_layer_computes_what_the_trace_format_says(height, width, padding, relu):
    torch.manual_seed(height * 10 + width)
    layer = WinogradConv2d(3, 5, padding=padding, relu=relu)
    torch.nn.init.normal_(layer.bias)
    layer.prune(0.5)
    writer = TraceWriter("one")
    record(writer, torch.nn.Sequential(layer), torch.randn(2, 3, height, width))
    trace = writer.trace()
    assert trace.layers[0].relu == ("winograd" if relu else "none")
    assert trace.output_errors()["0"] < 1e-5


def test_without_relu_fresh_weights_compute_an_ordinary_convolution():
    """Fresh weights are G g G^T of some kernel g, which G's pseudo-inverse finds."""
    torch.manual_seed(1)
    layer = WinogradConv2d(2, 3, relu=False)
    g = np.linalg.pinv(np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]))
    kernel = torch.from_numpy(g @ layer.weight.detach().double().numpy() @ g.T).float()
    x = torch.randn(2, 2, 9, 6)
    torch.testing.assert_close(
        layer(x), torch.nn.functional.conv2d(x, kernel, layer.bias, padding=1), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize(("kind", "kept_weights"), [(WinogradConv2d, 64), (SpatialConv2d, 36)])
def test_pruning_keeps_the_largest_weights_for_good(kind, kept_weights):
    torch.manual_seed(2)
    layer = kind(4, 4)
    original = layer.weight.detach().abs().clone()
    layer.prune(0.25)
    kept = layer.mask.bool()
    assert int(kept.sum()) == kept_weights
    assert original[kept].min() >= original[~kept].max()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    before = layer.weight.detach().clone()
    for _ in range(2):
        optimizer.zero_grad()
        layer(torch.randn(1, 4, 6, 6)).square().sum().backward()
        optimizer.step()
    assert torch.equal(layer.kept_weight == 0, ~kept)
    assert not torch.equal(layer.weight[kept], before[kept])


def test_a_pruned_convolution_is_recorded_as_it_multiplies():
    """Whatever the optimizer leaves under the mask is zero in the trace, and in what the layer computes."""
    torch.manual_seed(4)
    layer = SpatialConv2d(3, 5)
    layer.prune(0.4)
    with torch.no_grad():
        layer.weight.add_(0.5)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 3, 7, 5).relu()
    writer = TraceWriter("one")
    record(writer, torch.nn.Sequential(layer), x)
    recorded = writer.trace().layers[0]
    assert (recorded.relu, recorded.weights.domain, recorded.winograd) == ("spatial", "spatial", None)
    assert np.count_nonzero(recorded.weights.array) == round(0.4 * 3 * 5 * 9)
    assert recorded.output_error() < 1e-5
    with torch.no_grad():
        computed = layer(x) - layer.bias.reshape(-1, 1, 1)
    np.testing.assert_allclose(computed.numpy(), recorded.outputs, atol=1e-5)


def test_plain_layers_are_recorded_before_their_bias(tmp_path):
    torch.manual_seed(3)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, (3, 1), stride=(2, 1), padding=(1, 0), groups=2),
        torch.nn.ReLU(inplace=True),
        torch.nn.Conv2d(4, 4, 3, dilation=2, bias=False),
        torch.nn.Flatten(),
        torch.nn.Linear(4 * 3 * 6, 3),
    )
    writer = TraceWriter("plain")
    record(writer, model, torch.randn(2, 2, 13, 10))
    writer.write(tmp_path / "trace.yaml")
    trace = read_trace(tmp_path / "trace.yaml")
    assert [(layer.operation, layer.relu) for layer in trace.layers] == [
        ("convolution", "none"),
        ("convolution", "spatial"),
        ("linear", "none"),
    ]
    assert all(error < 1e-5 for error in trace.output_errors().values())
    assert len(trace.output_errors()) == 3


def test_what_cannot_be_recorded_is_an_error():
    shared = torch.nn.Linear(3, 3)
    with pytest.raises(TraceError, match="runs twice"):
        record(TraceWriter("m"), torch.nn.Sequential(shared, shared), torch.ones(1, 3))
    with pytest.raises(TraceError, match="the model's layers are 0"):
        record(TraceWriter("m"), torch.nn.Sequential(shared), torch.ones(1, 3), relu={"first": "none"})
    reflecting = torch.nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")
    with pytest.raises(TraceError, match="reflect"):
        record(TraceWriter("m"), torch.nn.Sequential(reflecting), torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize(
    ("method", "names", "relu", "domain"),
    [
        ("winograd-relu", ("trace.yaml", "tensors.safetensors"), "winograd", "winograd"),
        ("spatial-pruned", ("spatial-pruned.yaml", "spatial-pruned.safetensors"), "spatial", "spatial"),
    ],
)
def test_a_short_training_exports_a_valid_trace(tmp_path, method, names, relu, domain):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (requirements-digits.txt)")
    from winograd_trace.digits import Settings, export, train

    settings = Settings(
        method=method,
        widths=(4, 6, 6, 8),
        head=4,
        densities=(0.6, 0.35),
        epochs=2,
        retraining_epochs=1,
        training_images=192,
        threads=1,
    )
    for folder in ("one", "two"):
        export(train(settings), settings, str(tmp_path / folder))
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(names)
    trace = read_trace(tmp_path / "one" / names[0])
    assert trace.model == f"digits-{method}"
    assert [layer.name for layer in trace.layers] == ["conv1", "conv2", "conv3", "conv4", "conv5", "classifier"]
    assert [layer.relu for layer in trace.layers] == ["none", relu, relu, relu, "spatial", "spatial"]
    assert [layer.weights.domain for layer in trace.layers] == [domain] * 4 + ["spatial"] * 2
    assert all(error < 1e-5 for error in trace.output_errors().values())
    weights = trace.layers[2].weights.array
    assert np.count_nonzero(weights) == round(0.35 * weights.size)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), "not deterministic"
