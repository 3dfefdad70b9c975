"""What ``record`` takes, follows and refuses: layers that compute what their weights say, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest
from winograd_trace import TraceError, TraceWriter, read_trace

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, parametrize, prune
from winograd_trace.pytorch import SpatialConv2d, WinogradConv2d, record

FLOAT32 = 1e-5


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(11)


def layers_of(model, *inputs, **options):
    """The recorded layers by name; nothing may be missing."""
    writer = TraceWriter("test")
    record(writer, model, inputs, strict=True, **options)
    return {layer.name: layer for layer in writer.trace().layers}


def refuse(model, *inputs, match, **options):
    """Nothing reaches the writer where a model is refused."""
    writer = TraceWriter("test")
    with pytest.raises(TraceError, match=match) as caught:
        record(writer, model, inputs, **options)
    assert writer.layers == ()
    return str(caught.value)


class Calls(nn.Module):
    """A model that is a function of its modules and inputs."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


# A layer that computes something else than its weights


class MaskedConv2d(nn.Conv2d):
    """Multiplies by a mask that its weight does not show: what an exporter of ``weight`` gets wrong in silence."""

    def __init__(self, *args, kept=0.5, **options):
        super().__init__(*args, **options)
        threshold = self.weight.detach().abs().quantile(1 - kept)
        self.register_buffer("mask", (self.weight.detach().abs() > threshold).float())

    def forward(self, x):
        return functional.conv2d(x, self.weight * self.mask, self.bias, self.stride, self.padding)


class MaskedLinear(nn.Linear):
    def forward(self, x):
        return functional.linear(x, self.weight * (self.weight > 0), self.bias)


class RectifyingConv2d(nn.Conv2d):
    def forward(self, x):
        return super().forward(x).relu()


class RoundingConv2d(nn.Conv2d):
    """Quantized to eight bits in its forward, as in training that is aware of it."""

    def forward(self, x):
        step = self.weight.abs().max() / 127
        return functional.conv2d(x, (self.weight / step).round() * step, self.bias, self.stride, self.padding)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.98])
def test_a_mask_in_forward_is_refused_with_name_and_error(kept):
    layer = MaskedConv2d(3, 8, 3, kept=kept)
    model = nn.Sequential(nn.Conv2d(3, 3, 1), layer)
    x = torch.randn(1, 3, 9, 9)
    with torch.no_grad():
        middle = model[0](x)
        error = (layer(middle) - nn.Conv2d.forward(layer, middle)).abs().max().item()
    message = refuse(model, x, match="layer '1': what it returned, less its bias, is not what its weights compute")
    assert f"the error reaches {error:.3g} " in message


@pytest.mark.parametrize(
    "layer",
    [RectifyingConv2d(3, 8, 3), RoundingConv2d(3, 8, 3), nn.Sequential(nn.Flatten(), MaskedLinear(243, 8))],
    ids=["activation", "quantized", "linear"],
)
def test_what_else_a_forward_may_do_is_refused(layer):
    refuse(
        nn.Sequential(layer), torch.randn(1, 3, 9, 9), match="layer '0(.1)?': what it returned, less its bias, is not"
    )


def test_one_masked_filter_of_many_is_refused():
    layer = MaskedConv2d(3, 64, 3)
    layer.mask[:] = 1.0
    layer.mask[17, 1] = 0.0
    refuse(layer, torch.randn(1, 3, 9, 9), match="layer 'MaskedConv2d'")


@pytest.mark.parametrize("datatype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_mask_is_seen_in_every_datatype(datatype):
    layer = MaskedConv2d(64, 64, 3).to(datatype)
    refuse(layer, torch.randn(1, 64, 9, 9, dtype=datatype), match="is not what its weights compute")


def test_a_mask_of_a_winograd_layer_is_seen():
    class Halved(WinogradConv2d):
        def product(self, x):
            return super().product(x) * 0.5

    refuse(Halved(3, 4), torch.randn(1, 3, 8, 8), match="layer 'Halved': .* is not what its weights compute")


def test_outputs_are_what_the_layer_returned_less_its_bias():
    """A filter that rounding alone moves is taken, and recorded as it was returned."""

    class Nudged(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) * (1 + 2.0**-20)

    layer = Nudged(3, 4, 3)
    nn.init.normal_(layer.bias, std=3.0)
    x = torch.randn(2, 3, 6, 6)
    recorded = layers_of(layer, x)["Nudged"]
    with torch.no_grad():
        expected = (layer(x).double() - layer.bias.double().reshape(-1, 1, 1)).float()
    np.testing.assert_array_equal(recorded.outputs, expected.numpy())


def test_a_large_bias_and_filters_of_zeros_are_no_error():
    layer = nn.Conv2d(3, 4, 3)
    with torch.no_grad():
        layer.weight[1] = 0.0
        layer.weight[2] *= 1e-6
        layer.bias[:] = torch.tensor([0.0, 0.0, 1e3, -1e4])
    assert len(layers_of(layer, torch.randn(1, 3, 9, 9))) == 1
    assert len(layers_of(nn.Conv2d(3, 4, 3), torch.zeros(1, 3, 9, 9))) == 1


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_size_of_numbers_does_not_matter(scale):
    layer = nn.Linear(512, 32, bias=False)
    with torch.no_grad():
        layer.weight *= scale
    assert len(layers_of(layer, torch.randn(4, 512) * scale)) == 1
    masked = MaskedLinear(512, 32, bias=False)
    with torch.no_grad():
        masked.weight *= scale
    refuse(masked, torch.randn(4, 512) * scale, match="is not what its weights compute")


def test_rounding_of_long_sums_is_no_error():
    assert len(layers_of(nn.Linear(60000, 4), torch.rand(2, 60000))) == 1


# What is followed


def test_pruning_is_followed():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 49, 5))
    prune.l1_unstructured(model[0], "weight", amount=0.5)
    prune.random_structured(model[2], "weight", amount=0.4, dim=0)
    layers = layers_of(model, torch.randn(1, 3, 9, 9))
    assert np.count_nonzero(layers["0"].weights.array) == 108
    assert np.count_nonzero(layers["2"].weights.array.any(axis=1)) == 3
    assert all(layer.output_error() < FLOAT32 for layer in layers.values())


def test_a_pruning_mask_that_changes_before_the_call_is_followed():
    """``weight`` is computed by a hook when the layer is called; until then it is stale."""
    layer = nn.Conv2d(3, 8, 3)
    prune.identity(layer, "weight")
    layer.weight_mask[:, 1] = 0.0
    assert torch.count_nonzero(layer.weight[:, 1]) > 0
    recorded = layers_of(layer, torch.randn(1, 3, 9, 9))["Conv2d"]
    assert not recorded.weights.array[:, 1].any() and recorded.weights.array[:, 0].all()


class Mask(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.register_buffer("mask", torch.ones(shape))

    def forward(self, weight):
        return weight * self.mask


def test_a_parametrization_is_followed_where_its_mask_changes():
    layer = nn.Linear(6, 4)
    mask = Mask(layer.weight.shape)
    parametrize.register_parametrization(layer, "weight", mask)
    mask.mask[2:] = 0.0
    recorded = layers_of(nn.Sequential(layer), torch.randn(3, 6))["0"]
    assert not recorded.weights.array[2:].any() and recorded.weights.array[:2].all()


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "wrap",
    [
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        parametrizations.orthogonal,
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
    ],
    ids=["weight_norm", "spectral_norm", "orthogonal", "weight_norm hook", "spectral_norm hook"],
)
def test_norms_of_weights_are_followed(wrap):
    """Their own products compute a weight: strict does not object to them, the exported weight is theirs."""
    layer = wrap(nn.Linear(6, 4)).eval()
    recorded = layers_of(nn.Sequential(layer), torch.randn(3, 6))["0"]
    np.testing.assert_allclose(recorded.weights.array, layer.weight.detach().numpy(), rtol=1e-6)
    assert recorded.output_error() < FLOAT32


def test_a_network_that_computes_weights_is_no_layer_of_the_trace():
    class Hyper(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(6, 6)

        def forward(self, weight):
            return self.inner(weight)

    layer = nn.Linear(6, 4)
    parametrize.register_parametrization(layer, "weight", Hyper())
    layers = layers_of(nn.Sequential(layer), torch.randn(3, 6))
    assert list(layers) == ["0"]
    np.testing.assert_allclose(layers["0"].weights.array, layer.weight.detach().numpy(), rtol=1e-6)


def test_hooks_around_a_layer_are_followed_at_its_input_and_left_out_at_its_output():
    layer = nn.Conv2d(3, 4, 3)
    layer.register_forward_pre_hook(lambda _, args: (args[0].relu(),))
    layer.register_forward_hook(lambda _, __, output: output * 0)
    recorded = layers_of(layer, torch.randn(1, 3, 9, 9))["Conv2d"]
    assert recorded.relu == "spatial" and recorded.outputs.any()


# Forms of models and inputs


@pytest.mark.parametrize(
    ("given", "padding"),
    [
        ({"kernel_size": 3, "padding": "same"}, (1, 1)),
        ({"kernel_size": (5, 1), "padding": "same"}, (2, 0)),
        ({"kernel_size": (4, 3), "padding": "same", "dilation": (2, 3)}, (3, 3)),
        ({"kernel_size": 3, "padding": "valid", "stride": 2}, (0, 0)),
        ({"kernel_size": 3, "padding": "valid", "padding_mode": "reflect"}, (0, 0)),
    ],
)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_padding_in_words(given, padding):
    recorded = layers_of(nn.Conv2d(3, 4, **given), torch.randn(1, 3, 9, 8))["Conv2d"]
    assert recorded.shape.padding == padding and recorded.output_error() < FLOAT32


@pytest.mark.parametrize(
    ("datatype", "held", "error"),
    [
        (torch.float64, np.float32, 1e-6),
        (torch.float16, np.float16, 2e-3),
        (torch.bfloat16, np.float32, 2e-2),
    ],
)
def test_models_of_other_datatypes(datatype, held, error, tmp_path):
    model = nn.Sequential(
        WinogradConv2d(3, 8, relu=False), WinogradConv2d(8, 8), SpatialConv2d(8, 8), nn.Flatten(), nn.Linear(512, 7)
    )
    writer = TraceWriter("test")
    record(writer, model.to(datatype), torch.randn(2, 3, 8, 8, dtype=datatype))
    writer.write(tmp_path / "trace.yaml")
    for layer in read_trace(tmp_path / "trace.yaml").layers:
        assert layer.weights.array.dtype == layer.activations.array.dtype == held
        assert layer.outputs.dtype == np.float32 and layer.output_error() < error


def test_a_layer_under_autocast_multiplies_numbers_of_fewer_bits():
    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.layers(x)

    layers = nn.Sequential(nn.Conv2d(3, 32, 3), nn.Conv2d(32, 8, 3), WinogradConv2d(8, 8))
    recorded = layers_of(Calls(forward, layers=layers), torch.randn(1, 3, 12, 12))
    assert all(1e-4 < layer.output_error() < 2e-2 for layer in recorded.values())
    masked = Calls(forward, layers=nn.Sequential(MaskedConv2d(3, 32, 3)))
    refuse(masked, torch.randn(1, 3, 12, 12), match="layer 'layers.0'")


def test_a_bare_layer_is_named_after_its_type():
    layers = layers_of(nn.Conv2d(3, 4, 3), torch.randn(1, 3, 9, 9), relu={"Conv2d": "none"})
    assert list(layers) == ["Conv2d"]
    assert list(layers_of(WinogradConv2d(3, 4), torch.randn(1, 3, 9, 9))) == ["WinogradConv2d"]
    assert list(layers_of(nn.Linear(3, 4), torch.randn(2, 5, 3))) == ["Linear"]


def test_inputs_in_any_form():
    def forward(self, image, *, scale=None, extra=None):
        return self.fc(input=self.conv(image).flatten(1) * scale) + extra

    model = Calls(forward, conv=nn.Conv2d(3, 4, 3), fc=nn.Linear(4 * 49, 2))
    x, one = torch.randn(1, 3, 9, 9), torch.ones(1)
    forms = [
        ((x,), {"scale": one, "extra": one}),
        ({"image": x}, {"scale": one, "extra": one}),
        ({"image": x, "scale": one, "extra": one}, None),
        ((), {"image": x, "scale": one, "extra": one}),
        (x, {"scale": one, "extra": one}),
    ]
    for images, kwargs in forms:
        writer = TraceWriter("test")
        record(writer, model, images, kwargs=kwargs)
        assert [layer.name for layer in writer.layers] == ["conv", "fc"]
        np.testing.assert_array_equal(writer.layers[0].activations.array, x.numpy())
    with pytest.raises(TraceError, match=r"inputs \['image'\] are given twice"):
        record(TraceWriter("test"), model, {"image": x}, kwargs={"image": x})


def test_one_image_without_a_batch():
    layer = nn.Conv2d(3, 4, 3, padding=1)
    x = torch.randn(3, 6, 5)
    recorded = layers_of(layer, x)["Conv2d"]
    assert recorded.shape.batch == 1 and recorded.outputs.shape == (1, 4, 6, 5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_modules_keep_their_names():
    model = nn.Sequential(torch.compile(nn.Conv2d(3, 2, 3)), nn.Flatten(), nn.Linear(98, 2))
    assert list(layers_of(torch.compile(model), torch.randn(1, 3, 9, 9))) == ["0", "2"]


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), MaskedConv2d(4, 4, 3))
    model[1].eval()
    modes = [module.training for module in model.modules()]
    refuse(model, torch.randn(1, 3, 9, 9), match="layer '3'")
    assert [module.training for module in model.modules()] == modes
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert model[1].num_batches_tracked == 0


def test_a_module_that_fails_and_is_caught_leaves_the_rest_right():
    def forward(self, x):
        try:
            self.broken(x)
        except RuntimeError:
            pass
        return self.conv(x)

    model = Calls(forward, broken=nn.Sequential(nn.Conv2d(5, 2, 3)), conv=nn.Conv2d(3, 4, 3))
    assert list(layers_of(model, torch.randn(1, 3, 9, 9))) == ["conv"]


# What is refused


def complex_linear():
    with pytest.warns(UserWarning, match="Complex modules"):
        return nn.Linear(3, 3).to(torch.complex64)


def sparse_linear():
    layer = nn.Linear(3, 3)
    layer.weight = nn.Parameter(layer.weight.detach().to_sparse_csr(), requires_grad=False)
    return layer


class Pair(nn.Linear):
    def forward(self, x):
        return super().forward(x), x


class Flat(nn.Linear):
    def forward(self, x):
        return super().forward(x).flatten()


class Cropped(nn.Conv2d):
    def forward(self, x):
        return super().forward(x)[:, :, 1:]


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (
            lambda: nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"),
            (1, 3, 5, 5),
            "padding_mode 'reflect'; expected",
        ),
        (
            lambda: nn.Conv2d(3, 3, (4, 3), padding="same"),
            (1, 3, 9, 9),
            r"kernel \[4, 3\] pads rows .* 1 before and 2 after",
        ),
        (sparse_linear, (3,), "its weight has the layout sparse_csr; expected strided, a dense tensor"),
        (lambda: Pair(3, 3), (1, 3), "what it returned is of type tuple; expected a tensor"),
        (lambda: Flat(3, 3), (2, 3), r"it returned shape \[6\]; expected \[2, 3\]"),
        (lambda: Cropped(3, 3, 3), (1, 3, 9, 9), r"outputs have shape \[1, 3, 6, 7\]; expected \[1, 3, 7, 7\]"),
        (lambda: nn.Linear(3, 3), (0, 3), r"it ran on an empty input, \[0, 3\]"),
    ],
    ids=["padding_mode", "same", "sparse", "tuple", "shape", "cropped", "empty"],
)
@pytest.mark.filterwarnings("ignore:Sparse CSR", "ignore:Using padding='same'")
def test_what_a_trace_cannot_hold_is_refused_in_words(make, shape, message):
    layer = make()
    refuse(layer, torch.randn(shape), match=f"layer '{type(layer).__name__}': .*{message}")


def test_complex_numbers_are_refused():
    x = torch.randn(1, 3, dtype=torch.complex64)
    refuse(complex_linear(), x, match="layer 'Linear': its input is complex64; expected real floating-point numbers")


def test_values_that_are_no_numbers_are_refused():
    refuse(nn.Linear(3, 3), torch.tensor([[1.0, float("nan"), 0.0]]), match="hold nan at")


@pytest.mark.parametrize("shapes", [[(1, 3), (1, 3)], [(1, 3), (4, 3)]])
def test_a_layer_that_runs_twice_is_refused_with_both_shapes(shapes):
    inputs = [torch.randn(shape) for shape in shapes]
    model = Calls(lambda self, a, b: (self.fc(a), self.fc(b)), fc=nn.Linear(3, 3))
    first, second = (str(list(shape)).replace("[", r"\[") for shape in shapes)
    refuse(model, *inputs, match=f"layer 'fc' runs twice, on inputs of {first} and of {second}; a trace has every")


def test_relu_of_what_is_no_layer_or_did_not_run_is_refused():
    model = Calls(lambda self, x: self.used(x), used=nn.Linear(3, 3), idle=nn.Linear(3, 3))
    x = torch.randn(1, 3)
    refuse(model, x, match=r"relu is given for \['other'\]; the model's layers are used, idle", relu={"other": "none"})
    refuse(model, x, match=r"relu is given for \['idle'\], which did not run", relu={"idle": "none"})


def test_a_second_model_with_a_layer_of_the_same_name_adds_nothing():
    writer = TraceWriter("test")
    record(writer, nn.Sequential(nn.Linear(3, 3)), torch.randn(1, 3))
    with pytest.raises(TraceError, match="two layers are named '0'"):
        record(writer, nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)), torch.randn(1, 3))
    assert len(writer.layers) == 1
