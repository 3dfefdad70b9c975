"""Counts PyTorch's multiplications while a model runs, by module.

Every convolution, matrix product, recurrent layer and attention passes PyTorch's dispatcher, whatever calls it: a
module, a function, ``@``, a fused path. A ``TorchDispatchMode`` receives each call with its operands' shapes; a
``TorchFunctionMode`` receives the name that the model used (``einsum``, where the dispatcher has ``bmm``).

Element-wise products (normalization, scaling, gates, activation functions, interpolation, pooling) are not counted, as
in other counts of multiplications; a product that broadcasts both operands (``torch.outer``) is. Work outside PyTorch
(numpy) passes no dispatcher and is not counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

Operands = Mapping[str, Any]
Formula = Callable[[Operands, Any], int]


@dataclass(frozen=True)
class Product:
    """One call that multiplies.

    ``operation`` is the name that the model used; ``multiplications`` is None if no formula is known;
    ``datatype`` is the coarsest of its operands, None without floating-point operands.
    """

    operation: str
    multiplications: int | None
    datatype: torch.dtype | None


def multiplications(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> int | None:
    """The multiplications of one call of the dispatcher: 0 if it does not multiply, None if the number is unknown."""
    if not isinstance(function, torch._ops.OpOverload):
        formula = _HIGHER_ORDER.get(name_of(function))
        return None if formula is None else formula(dict(zip(("query", "key", "value"), args, strict=False)), result)
    library, _, name = name_of(function).partition("::")
    if library in _PYTORCH:
        formula = _FORMULAS.get(name.removesuffix("_")) if library == "aten" else None
        if formula is None:
            return None if _MULTIPLIES.search(name) and not _PACKS.search(name) else 0
        names = (argument.name for argument in function._schema.arguments)
        try:
            return formula({**dict(zip(names, args, strict=False)), **kwargs}, result)
        except RuntimeError:  # A nested tensor has no sizes.
            return None
    harmless = f"{library}::{name}" in _HARMLESS or not any(t.is_floating_point() for t in _tensors((args, kwargs)))
    return 0 if harmless else None


class Counter:
    """Counts inside ``counting``. ``sink`` takes every product except those inside ``paused``."""

    def __init__(self, sink: Callable[[Product], None]) -> None:
        self._sink = sink
        self._paused = False
        self._called: list[str] = []

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts what runs inside."""
        with _Functions(self), _Dispatches(self):
            yield

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Does not count what runs inside."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    @contextmanager
    def called(self, name: str) -> Iterator[None]:
        """Names the calls inside."""
        self._called.append(name)
        try:
            yield
        finally:
            self._called.pop()

    def see(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        """Records one call of the dispatcher."""
        if self._paused:
            return
        count = multiplications(function, args, kwargs, result)
        if count != 0:
            own = name_of(function).split("::")[-1]
            called = (self._called[-1] if self._called else own).split(".")[0].strip("_")
            operation = "matmul" if called in ("rmatmul", "imatmul") else called or own
            datatypes = (t.dtype for t in _tensors((args, kwargs)) if t.is_floating_point())
            self._sink(Product(operation, count, coarsest(datatypes)))


class _Dispatches(TorchDispatchMode):  # type: ignore[no-untyped-call]
    supports_higher_order_operators = True

    def __init__(self, counter: Counter) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._counter = counter

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self._counter.see(func, args, kwargs or {}, result)
        return result


class _Functions(TorchFunctionMode):
    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self._counter = counter

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        with self._counter.called(getattr(func, "__name__", "")):
            return func(*args, **(kwargs or {}))


def name_of(function: Any) -> str:
    """``aten::mm`` of the overload ``aten::mm.out``."""
    return str(function.name()).split(".")[0]


def coarsest(datatypes: Iterable[torch.dtype]) -> torch.dtype | None:
    """The datatype with the largest rounding error."""
    return max(datatypes, key=lambda datatype: torch.finfo(datatype).eps, default=None)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _tensors(entry)
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))


# Formulas: multiplications from the result and the operands, by their names in PyTorch's schema.


def _matrices(left: str, right: str) -> Formula:
    """[..., M, K] times [..., K, N], the batch in either."""

    def formula(given: Operands, _: Any) -> int:
        return int(given[left].numel()) * int(given[right].shape[-1])

    return formula


def _elements(name: str) -> Formula:
    """One multiplication per element of an operand, such as a matrix times a vector."""
    return lambda given, _: int(given[name].numel())


def _outer(given: Operands, result: Any) -> int:
    """A product in which both operands are broadcast; any other is element-wise."""
    first, second = (given["self"], given["other"]) if "other" in given else (given["tensor1"], given["tensor2"])
    sizes = [factor.shape if isinstance(factor, Tensor) else () for factor in (first, second)]
    count = math.prod(torch.broadcast_shapes(*sizes))  # type: ignore[no-untyped-call]
    return count if count > max(math.prod(size) for size in sizes) else 0


def _convolution(given: Operands, result: Any) -> int:
    """A filter's weights per output, or per input of a transposed one. Padding counts like other inputs."""
    return _transposed(given, given["input"]) if given.get("transposed") else _direct(given, result)


def _direct(given: Operands, result: Any) -> int:
    output = result[0] if isinstance(result, (tuple, list)) else result
    return int(output.numel() * math.prod(given["weight"].shape[1:]))


def _transposed(given: Operands, source: Tensor) -> int:
    return int(source.numel() * math.prod(given["weight"].shape[1:]))


def _attention(given: Operands, _: Any) -> int:
    """Scores and their product with the values, without masking."""
    query, key, value = given["query"], given["key"], given["value"]
    return int(query.numel()) // int(query.shape[-1]) * int(key.shape[-2]) * int(query.shape[-1] + value.shape[-1])


def _fused_attention(given: Operands, _: Any) -> int:
    """nn.MultiheadAttention as one call: projections of query, key and value, attention, projection of the result."""
    query, key, width = given["query"], given["key"], int(given["embed_dim"])
    rows, keys = int(query.numel()) // width, int(key.numel()) // width
    return width * width * (2 * rows + 2 * keys) + 2 * rows * int(key.shape[1]) * width


def _fused_encoder(given: Operands, result: Any) -> int:
    """nn.TransformerEncoderLayer as one call."""
    source, width = given["src"], int(given["embed_dim"])
    rows = int(source.numel()) // width
    attention = _fused_attention({"query": source, "key": source, "embed_dim": width}, result)
    return attention + rows * int(given["ffn_weight_1"].numel() + given["ffn_weight_2"].numel())


def _recurrent(given: Operands, _: Any) -> int:
    """Every step's rows times all weight matrices, which are separate arguments or a list."""
    weights = [given[key] for key in ("weight0", "weight1", "weight", "params") if key in given]
    matrices = sum(weight.numel() for weight in _tensors(weights) if weight.dim() > 1)
    return int(given["input"].numel()) // int(given["input"].shape[-1]) * matrices


def _trilinear(given: Operands, _: Any) -> int:
    """nn.Bilinear: [N, A] and [N, B] with [K, A, B]."""
    rows = int(given["i1"].numel()) // int(given["i1"].shape[-1])
    filters, _first_width, width = given["i2"].shape[-3:]
    return rows * int(given["i2"].numel()) + rows * int(filters) * int(width)


def _distances(given: Operands, result: Any) -> int:
    """Euclidean distances require squares or a matrix product; others require none."""
    return int(result.numel()) * int(given["x1"].shape[-1]) if given.get("p", 2) == 2 else 0


def _nothing(_: Operands, __: Any) -> int:
    return 0


_FORMULAS: dict[str, Formula] = {
    "mm": _matrices("self", "mat2"),
    "_int_mm": _matrices("self", "mat2"),
    "_scaled_mm": _matrices("self", "mat2"),
    "addmm": _matrices("mat1", "mat2"),
    "_addmm_activation": _matrices("mat1", "mat2"),
    "_sparse_addmm": _matrices("mat1", "mat2"),
    "bmm": _matrices("self", "mat2"),
    "baddbmm": _matrices("batch1", "batch2"),
    "addbmm": _matrices("batch1", "batch2"),
    "linear": lambda given, _: int(given["input"].numel()) * int(given["weight"].shape[0]),
    "mkldnn_linear": lambda given, _: int(given["self"].numel()) * int(given["weight"].shape[0]),
    "mv": _elements("self"),
    "addmv": _elements("mat"),
    "dot": _elements("self"),
    "vdot": _elements("self"),
    "addr": lambda _, result: int(result.numel()),
    "mul": _outer,
    "addcmul": _outer,
    "convolution": _convolution,
    "_convolution": _convolution,
    "convolution_overrideable": _convolution,
    "cudnn_convolution": _direct,
    "cudnn_convolution_relu": _direct,
    "cudnn_convolution_add_relu": _direct,
    "mkldnn_convolution": _direct,
    "_slow_conv2d_forward": _direct,
    "slow_conv3d_forward": _direct,
    "slow_conv_dilated2d": _direct,
    "slow_conv_dilated3d": _direct,
    "_conv_depthwise2d": _direct,
    "conv_depthwise3d": _direct,
    "slow_conv_transpose2d": lambda given, _: _transposed(given, given["self"]),
    "slow_conv_transpose3d": lambda given, _: _transposed(given, given["self"]),
    "conv_tbc": lambda given, result: int(result.numel() * math.prod(given["weight"].shape[:2])),
    "_scaled_dot_product_flash_attention": _attention,
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_efficient_attention": _attention,
    "_scaled_dot_product_cudnn_attention": _attention,
    "_scaled_dot_product_fused_attention_overrideable": _attention,
    "_scaled_dot_product_attention_math_for_mps": _attention,
    "_native_multi_head_attention": _fused_attention,
    "_transformer_encoder_layer_fwd": _fused_encoder,
    "mkldnn_rnn_layer": _recurrent,
    "_cudnn_rnn": _recurrent,
    "miopen_rnn": _recurrent,
    "_trilinear": _trilinear,
    "_euclidean_dist": _distances,
    "_cdist_forward": _distances,
    # The gates of a cell, element by element: the matrix products are separate calls.
    "_thnn_fused_lstm_cell": _nothing,
    "_thnn_fused_gru_cell": _nothing,
    # Selects the attention kernel.
    "_fused_sdp_choice": _nothing,
}

_HIGHER_ORDER: dict[str, Formula] = {"flex_attention": _attention}

# PyTorch's own libraries. One has formulas; in the others names show which calls multiply.
_PYTORCH = {"aten", "prim", "prims", "rngprims", "debugprims", "inductor_prims", "profiler", "export", "_native"}
_PYTORCH |= {"quantized", "_quantized", "quantized_decomposed", "quantization", "sparse", "mkl", "mkldnn", "onednn"}
_PYTORCH |= {"mkldnn_prepacked", "xnnpack", "prepacked", "inductor", "c10d", "_c10d_functional", "symm_mem"}
# Names of calls that multiply but have no formula.
_MULTIPLIES = re.compile(
    r"(^|_)q?((add|badd|sampled_add)?b?mm|addbmm|matmul|(add)?mv|linear|conv([123]d)?|convolution|attention|lstm|gru|rnn)"
    r"(_|$)"
)
_PACKS = re.compile(r"flatten_weight|prepack|unpack|reorder")
# Operators of torchvision without products.
_HARMLESS = {f"torchvision::{name}" for name in ("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool")}
