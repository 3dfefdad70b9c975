"""What a model multiplies outside of a trace's layers: counted, listed, told, and refused where that is asked for."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from winograd_trace import NotExported, TraceError, TraceWarning, TraceWriter, read_trace

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from torch import nn
from torch.nn import functional
from winograd_trace.pytorch import WinogradConv2d, record


class Calls(nn.Module):
    """A layer that is exported, and a function of its output that is not."""

    def __init__(self, function, **modules):
        super().__init__()
        self.exported = nn.Linear(8, 8)
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        return self.function(self, self.exported(x))


def missing_of(model, *inputs):
    """What is listed, as (name, operation, multiplications); the warning says the same."""
    writer = TraceWriter("test")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record(writer, model, inputs)
    missing = writer.trace().not_exported
    told = [str(warning.message) for warning in caught if warning.category is TraceWarning]
    assert len(told) == (1 if missing else 0)
    assert all(str(entry) in told[0] for entry in missing)
    return [(entry.name, entry.operation, entry.multiplications) for entry in missing]


def weights(*shape):
    return torch.linspace(-1, 1, math.prod(shape)).reshape(shape)


X = torch.linspace(-1, 2, 2 * 6 * 8).reshape(2, 6, 8)  # [N, L, C]: 12 rows of 8
IMAGE = weights(2, 8, 4, 6)  # [N, C, H, W]


FUNCTIONS = {
    # 12 rows of 8 with a matrix of 8 x 3
    "matmul": (lambda x: torch.matmul(x, weights(8, 3)), "matmul", 288),
    "@": (lambda x: x @ weights(8, 3), "matmul", 288),
    "@ from the right": (lambda x: x.__rmatmul__(weights(5, 6)), "matmul", 2 * 5 * 6 * 8),
    "Tensor.matmul": (lambda x: x.matmul(weights(8, 3)), "matmul", 288),
    "mm": (lambda x: x[0].mm(weights(8, 3)), "mm", 144),
    "mm out": (lambda x: torch.mm(x[0], weights(8, 3), out=torch.empty(6, 3)), "mm", 144),
    "bmm": (lambda x: torch.bmm(x, weights(2, 8, 3)), "bmm", 288),
    "addmm": (lambda x: torch.addmm(weights(3), x[0], weights(8, 3)), "addmm", 144),
    "addmm_": (lambda x: torch.ones(6, 3).addmm_(x[0], weights(8, 3)), "addmm", 144),
    "baddbmm": (lambda x: torch.baddbmm(weights(3), x, weights(2, 8, 3)), "baddbmm", 288),
    "addbmm": (lambda x: torch.addbmm(weights(3), x, weights(2, 8, 3)), "addbmm", 288),
    "mv": (lambda x: torch.mv(x[0], weights(8)), "mv", 48),
    "addmv": (lambda x: torch.addmv(weights(6), x[0], weights(8)), "addmv", 48),
    "dot": (lambda x: torch.dot(x[0, 0], weights(8)), "dot", 8),
    "vdot": (lambda x: torch.vdot(x[0, 0], weights(8)), "vdot", 8),
    "inner": (lambda x: torch.inner(x, weights(3, 8)), "inner", 288),
    "outer": (lambda x: torch.outer(x[0, 0], weights(5)), "outer", 40),
    "addr": (lambda x: torch.addr(weights(8, 5), x[0, 0], weights(5)), "addr", 40),
    "broadcast product": (lambda x: (x[:, :, None] * weights(3, 8)).sum(-1), "mul", 288),
    "broadcast product added": (lambda x: torch.addcmul(x[0], x[0, :, :1], weights(1, 8)), "addcmul", 48),
    "tensordot": (lambda x: torch.tensordot(x, weights(8, 3), 1), "tensordot", 288),
    "einsum": (lambda x: torch.einsum("nlc,kc->nlk", x, weights(3, 8)), "einsum", 288),
    "chain": (lambda x: torch.linalg.multi_dot([x[0], weights(8, 3), weights(3, 9)]), "linalg_multi_dot", 144 + 162),
    "linear": (lambda x: functional.linear(x, weights(3, 8)), "linear", 288),
    "bilinear": (lambda x: functional.bilinear(x, x, weights(3, 8, 8)), "bilinear", 12 * 3 * 8 * 9),
    "aten": (lambda x: torch.ops.aten.mm(x[0], weights(8, 3)), "mm", 144),
    "aten default": (lambda x: torch.ops.aten.mm.default(x[0], mat2=weights(8, 3)), "mm", 144),
    "conv1d": (lambda x: functional.conv1d(x, weights(4, 3, 3), groups=2), "conv1d", 2 * 4 * 6 * 3 * 3),
    "conv2d": (lambda _: functional.conv2d(IMAGE, weights(5, 8, 3, 3), stride=(1, 2)), "conv2d", 2 * 5 * 2 * 2 * 72),
    "conv2d same": (lambda _: functional.conv2d(IMAGE, weights(5, 8, 2, 2), padding="same"), "conv2d", 2 * 5 * 24 * 32),
    "conv3d": (lambda _: functional.conv3d(IMAGE[None], weights(5, 2, 3, 3, 3)), "conv3d", 5 * 6 * 2 * 4 * 54),
    "conv_transpose1d": (lambda x: functional.conv_transpose1d(x, weights(6, 3, 5)), "conv_transpose1d", 96 * 15),
    "conv_transpose2d": (
        lambda _: functional.conv_transpose2d(IMAGE, weights(8, 3, 2, 2), stride=2, groups=2),
        "conv_transpose2d",
        384 * 3 * 4,
    ),
    "conv_tbc": (lambda x: torch.conv_tbc(x, weights(1, 8, 3), weights(3)), "conv_tbc", 288),
    "attention": (
        lambda x: functional.scaled_dot_product_attention(x, weights(2, 5, 8), weights(2, 5, 3)),
        "scaled_dot_product_attention",
        12 * 5 * (8 + 3),
    ),
    "attention of heads": (
        lambda x: functional.scaled_dot_product_attention(
            *(x.reshape(2, 6, 2, 4).transpose(1, 2),) * 3, is_causal=True
        ),
        "scaled_dot_product_attention",
        2 * 12 * 6 * 8,
    ),
    "masked attention": (
        lambda x: functional.scaled_dot_product_attention(
            x.double(), x.double(), x.double(), attn_mask=torch.ones(6, 6, dtype=torch.bool)
        ),
        "scaled_dot_product_attention",
        12 * 6 * 16,
    ),
    "distances": (lambda x: torch.cdist(x, weights(2, 30, 8)), "cdist", 2 * 6 * 30 * 8),
    "few distances": (lambda x: torch.cdist(x, weights(2, 3, 8)), "cdist", 2 * 6 * 3 * 8),
}


@pytest.mark.parametrize(("call", "operation", "count"), FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_functions_are_counted_and_named_as_they_were_called(call, operation, count):
    assert missing_of(Calls(lambda _, x: call(x)), X) == [("Calls", operation, count)]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x * weights(8) + x[:, :1] * 2 + torch.mul(x, 3.0).addcmul(x, weights(8)),
        lambda x: torch.cdist(x, weights(2, 30, 8), p=1),
        lambda x: functional.layer_norm(x, (8,), weights(8), weights(8)).softmax(-1),
        lambda x: functional.interpolate(x, scale_factor=2, mode="linear"),
        lambda x: functional.avg_pool1d(x, 2) + functional.gelu(x[..., ::2]),
        lambda x: x.reshape(-1, 8)[:, None].sub(x[0, 0]).abs().sum(),
        lambda x: (
            nn.Embedding(4, 8)(torch.tensor([1, 2])) + functional.batch_norm(x[:, 0], weights(8), weights(8).abs())
        ),
    ],
    ids=["scaling", "differences by rows", "normalization", "interpolation", "pooling", "differences", "lookup"],
)
def test_products_of_single_elements_are_not_counted(call):
    assert missing_of(Calls(lambda _, x: call(x)), X) == []


MODULES = {
    "ConvTranspose1d": (nn.ConvTranspose1d(6, 4, 3), lambda x: x, 2 * 48 * 12),
    "ConvTranspose2d": (nn.ConvTranspose2d(8, 4, 3, stride=2), lambda _: IMAGE, 384 * 36),
    "ConvTranspose3d": (nn.ConvTranspose3d(2, 4, 3), lambda _: IMAGE[None], 384 * 108),
    "Conv1d": (nn.Conv1d(6, 4, 3, padding=1), lambda x: x, 2 * 4 * 8 * 18),
    "Conv3d": (nn.Conv3d(2, 4, 3), lambda _: IMAGE[None], 4 * 6 * 2 * 4 * 54),
    "Bilinear": (nn.Bilinear(8, 8, 3), lambda x: (x, x), 12 * 3 * 8 * 9),
    # A step of a row takes 4 * 5 * (8 + 5) multiplications; the second layer's 4 * 5 * (10 + 5), in both directions.
    "LSTM": (nn.LSTM(8, 5, 2, bidirectional=True), lambda x: x, 12 * 2 * (260 + 300)),
    "LSTM of float64": (nn.LSTM(8, 5).double(), lambda x: x.double(), 12 * 260),
    "GRU": (nn.GRU(8, 5), lambda x: x, 12 * 195),
    "RNN": (nn.RNN(8, 5), lambda x: x, 12 * 65),
    "LSTMCell": (nn.LSTMCell(8, 5), lambda x: x[0], 6 * 260),
    # Projections of query, key, value and result, and attention: 6 x 6 scores of 8 products, twice, for each of two.
    "MultiheadAttention": (nn.MultiheadAttention(8, 2, batch_first=True), lambda x: (x, x, x), 12 * 256 + 2 * 36 * 16),
    "MultiheadAttention of two inputs": (
        nn.MultiheadAttention(8, 2, kdim=4, vdim=3, batch_first=True),
        lambda x: (x, x[:, :5, :4], x[:, :5, :3]),
        12 * 64 + 10 * 32 + 10 * 24 + 12 * 64 + 12 * 5 * 16,
    ),
}


@pytest.mark.parametrize(("name", "given"), MODULES.items(), ids=MODULES)
def test_modules_are_counted_under_their_names(name, given):
    module, inputs, count = given

    def forward(self, x):
        given = inputs(x)
        return self.block[0](*given) if isinstance(given, tuple) else self.block[0](given)

    model = Calls(forward, block=nn.ModuleList([module]))
    assert missing_of(model, X) == [("block.0", name.split()[0], count)]


def test_the_modules_that_are_counted_compute_what_they_should_in_that_many_products():
    """The formula of attention against its definition, product by product."""
    query, key, value = weights(3, 8), weights(5, 8), weights(5, 2)
    products = sum(1 for q in query for k in key for _ in zip(q, k, strict=True))
    products += sum(1 for _ in query for v in value for _ in v)
    model = Calls(lambda _, x: functional.scaled_dot_product_attention(query[None], key[None], value[None]))
    assert missing_of(model, X)[0][2] == products == 3 * 5 * 10


@pytest.mark.parametrize("mask", [None, torch.zeros(2, 6, dtype=torch.bool)])
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_the_fast_path_of_transformers_hides_no_layer(mask):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = Calls(lambda self, x: self.encoder(x, src_key_padding_mask=mask), encoder=nn.TransformerEncoder(layer, 2))
    attention = 12 * 256 + 2 * 36 * 16
    assert missing_of(model, X) == [(f"encoder.layers.{i}.self_attn", "MultiheadAttention", attention) for i in (0, 1)]
    writer = TraceWriter("test")
    with pytest.warns(TraceWarning):
        record(writer, model, X)
    linear = [f"encoder.layers.{i}.linear{j}" for i in (0, 1) for j in (1, 2)]
    assert [entry.name for entry in writer.layers] == ["exported", *linear]


def test_fused_calls_are_counted_as_what_they_replace():
    attention = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    both = (attention.in_proj_weight, attention.in_proj_bias, attention.out_proj.weight, attention.out_proj.bias)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    norms = (layer.norm1.weight, layer.norm1.bias, layer.norm2.weight, layer.norm2.bias)
    wide = (layer.linear1.weight, layer.linear1.bias, layer.linear2.weight, layer.linear2.bias)
    count = 12 * 256 + 2 * 36 * 16
    attends = Calls(lambda _, x: torch._native_multi_head_attention(x, x, x, 8, 2, *both))
    encodes = Calls(lambda _, x: torch._transformer_encoder_layer_fwd(x, 8, 2, *both, True, False, 1e-5, *norms, *wide))
    assert missing_of(attends, X) == [("Calls", "native_multi_head_attention", count)]
    assert missing_of(encodes, X) == [("Calls", "transformer_encoder_layer_fwd", count + 12 * 8 * 16 * 2)]


def test_what_runs_often_adds_up_and_keeps_its_order():
    def forward(self, x):
        for _ in range(3):
            x = self.up(x)
        return (x @ weights(14, 3)).transpose(1, 2) @ weights(6, 3) + weights(3) @ weights(3)

    model = Calls(forward, up=nn.Conv1d(6, 6, 1))
    model.function = lambda self, x: forward(self, torch.cat([x, x[..., :6]], -1))
    expected = [("up", "Conv1d", 3 * 2 * 6 * 14 * 6), ("Calls", "matmul", 2 * 6 * 14 * 3 + 2 * 3 * 6 * 3 + 3)]
    assert missing_of(model, X) == expected


def test_a_layer_that_no_module_lists_is_counted_where_it_runs():
    """A list is no ModuleList: PyTorch does not know the layers in it."""
    hidden = [nn.Linear(8, 3)]
    assert missing_of(Calls(lambda _, x: hidden[0](x)), X) == [("Calls", "linear", 288)]


def test_a_forward_that_is_called_past_the_module_is_counted():
    model = Calls(lambda self, x: self.other.forward(x), other=nn.Linear(8, 3))
    assert missing_of(model, X) == [("Calls", "linear", 288)]


def test_what_a_layer_multiplies_beside_its_own_product_is_listed():
    class Watching(nn.Linear):
        def forward(self, x):
            self.gram = x.transpose(1, 2) @ x
            return super().forward(x)

    assert missing_of(nn.Sequential(Watching(8, 3)), X) == [("0", "matmul", 2 * 8 * 6 * 8)]


def test_a_layer_that_makes_its_product_in_parts_is_exported_whole():
    class Halves(nn.Conv2d):
        def forward(self, x):
            parts = [functional.conv2d(x, half, padding=1) for half in self.weight.chunk(2)]
            return torch.cat(parts, 1) + self.bias.reshape(-1, 1, 1)

    class Unfolded(nn.Conv2d):
        def forward(self, x):
            columns = functional.unfold(x, 3, padding=1)
            return (self.weight.flatten(1) @ columns).reshape(len(x), -1, *x.shape[2:]) + self.bias.reshape(-1, 1, 1)

    model = nn.Sequential(Halves(8, 4, 3, padding=1), Unfolded(4, 4, 3, padding=1), WinogradConv2d(4, 4))
    assert missing_of(model, IMAGE) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_graphs_without_modules_are_counted():
    for model in (
        torch.export.export(nn.Sequential(nn.Conv2d(8, 4, 3)).eval(), (IMAGE,)).module(),
        torch.jit.trace(nn.Sequential(nn.Conv2d(8, 4, 3)).eval(), IMAGE),
    ):
        with pytest.raises(TraceError, match=r"; 4,608 multiplications are not in the trace: \w+ \(conv"):
            record(TraceWriter("test"), model, IMAGE)


@torch.library.custom_op("winograd_trace_test::product", mutates_args=())
def product(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy() @ np.ones((8, 3), np.float32))


def test_a_call_of_an_unknown_library_is_listed_without_a_number(tmp_path):
    model = Calls(lambda _, x: product(x))
    assert missing_of(model, X) == [("Calls", "product", None)]
    writer = TraceWriter("test")
    with pytest.warns(TraceWarning, match="an unknown number of multiplications are not in the trace: Calls"):
        record(writer, model, X)
    writer.write(tmp_path / "trace.yaml")
    assert read_trace(tmp_path / "trace.yaml").not_exported == (NotExported("Calls", "product", None),)


def test_strict_refuses_and_names_what_is_missing():
    model = Calls(lambda self, x: self.up(x) @ weights(10, 3), up=nn.ConvTranspose1d(6, 6, 3))
    writer = TraceWriter("test")
    message = (
        r"strict: 2,088 multiplications are not in the trace: up \(ConvTranspose1d, 1,728\), Calls \(matmul, 360\)"
    )
    with pytest.raises(TraceError, match=message):
        record(writer, model, X, strict=True)
    assert writer.layers == ()
    record(writer, nn.Linear(8, 3), X, strict=True)


def test_a_model_without_layers_is_refused_with_what_it_has():
    model = nn.Sequential(nn.Conv1d(6, 4, 3), nn.ReLU(), nn.Conv1d(4, 2, 1), nn.LSTM(6, 5))
    with pytest.raises(TraceError) as caught:
        record(TraceWriter("test"), model, X)
    assert str(caught.value) == (
        "the model has no layer that a trace can hold: found 2 Conv1d, 1 ReLU, 1 LSTM; 1,840 "
        "multiplications are not in the trace: 3 (LSTM, 880), 0 (Conv1d, 864), 2 (Conv1d, 96), expected"
    ).replace(", expected", "; expected at least one of nn.Conv2d, nn.Linear, WinogradConv2d and their subclasses")
    idle = Calls(lambda self, x: x, idle=nn.Conv2d(3, 3, 3))
    idle.exported = nn.Identity()
    with pytest.raises(TraceError, match="found 1 Identity, 1 Conv2d, which did not run; expected at least one of"):
        record(TraceWriter("test"), idle, X)


def test_the_warning_says_where_it_was_called_and_how_large_the_share_is():
    model = Calls(lambda self, x: x @ weights(8, 8))
    with pytest.warns(TraceWarning, match=r"768 .*: Calls \(matmul, 768\) \(50.0% of the model's\)") as caught:
        record(TraceWriter("test"), model, X)
    assert [warning.filename for warning in caught if warning.category is TraceWarning] == [__file__]


def test_counting_does_not_change_what_a_model_computes():
    seen = []
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    model = Calls(lambda self, x: seen.append(self.attention(x, x, x)[0]), attention=attention).eval()
    with torch.no_grad():
        model(X)
    with pytest.warns(TraceWarning):
        record(TraceWriter("test"), model, X)
    torch.testing.assert_close(seen[1], seen[0], rtol=1e-5, atol=1e-6)
