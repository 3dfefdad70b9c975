"""What PyTorch's operators are to a trace: views, pools, moves, activations. Everything else is elementwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .graph import Class

# Operators that change no value and no order of values.
VIEWS = frozenset(
    [
        "alias",
        "clone",
        "contiguous",
        "detach",
        "lift",
        "lift_fresh",
        "lift_fresh_copy",
        "view",
        "_unsafe_view",
        "view_as",
        "reshape",
        "_reshape_alias",
        "squeeze",
        "unsqueeze",
        "flatten",
        "unflatten",
        "ravel",
    ]
)
# Operators that are views where their result has all elements of their operand, in the same order.
PARTS = frozenset(
    [
        "slice",
        "expand",
        "expand_as",
        "split",
        "unsafe_split",
        "split_with_sizes",
        "chunk",
        "unsafe_chunk",
        "unbind",
        "select",
        "narrow",
        "repeat",
    ]
)
PERMUTATIONS = frozenset(
    ["t", "transpose", "permute", "movedim", "moveaxis", "swapaxes", "swapdims", "numpy_T", "adjoint", "mT"]
)

_POOLS = (
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices "
    "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d lp_pool1d "
    "lp_pool2d fractional_max_pool2d mkldnn_max_pool2d mkldnn_adaptive_avg_pool2d quantized_max_pool2d"
)
_MOVES = (
    "slice slice_scatter select select_scatter narrow split unsafe_split split_with_sizes chunk unsafe_chunk unbind "
    "tensor_split hsplit vsplit expand expand_as repeat repeat_interleave tile broadcast_to cat concat concatenate stack "
    "hstack vstack dstack t transpose permute movedim moveaxis swapaxes swapdims adjoint numpy_T mT gather scatter "
    "scatter_add index index_select index_put index_copy index_fill masked_select masked_scatter take take_along_dim "
    "embedding embedding_bag one_hot pad constant_pad_nd zero_pad2d reflection_pad1d reflection_pad2d reflection_pad3d "
    "replication_pad1d replication_pad2d replication_pad3d pad_circular flip fliplr flipud roll rot90 unfold im2col "
    "col2im as_strided pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle interpolate "
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_nearest_exact2d upsample_bilinear2d "
    "upsample_linear1d upsample_bicubic2d upsample_trilinear3d grid_sampler grid_sampler_2d copy fill zero sort topk "
    "nonzero getitem __getitem__ __setitem__ reshape flatten contiguous diagonal tril triu"
)
_CLASSES: dict[str, Class] = {**dict.fromkeys(_POOLS.split(), "pool"), **dict.fromkeys(_MOVES.split(), "move")}

# Activations of one operand, by the name that a manifest has for them.
_ACTIVATIONS = {
    name: name
    for name in [
        "relu",
        "relu6",
        "sigmoid",
        "silu",
        "gelu",
        "tanh",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "mish",
        "softplus",
        "softsign",
        "prelu",
        "rrelu",
        "hardshrink",
        "softshrink",
        "tanhshrink",
        "logsigmoid",
        "threshold",
    ]
}
_ACTIVATIONS |= {"hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "log_sigmoid": "logsigmoid"}
_ACTIVATIONS |= {"hardtanh": "clip", "clamp": "clip", "clip": "clip", "clamp_min": "clip", "clamp_max": "clip"}
BATCH_NORMS = frozenset(
    {"batch_norm", "batch_norm_impl_index", "native_batch_norm", "cudnn_batch_norm", "batch_norm_no_update"}
    | {"native_batch_norm_legit_no_training"}
)
ADDITIONS = frozenset({"add", "__add__", "__radd__", "__iadd__"})


def plain(name: str) -> str:
    """An operator's name without its library, its overload and the mark of in-place ones: ``aten::relu_`` is relu."""
    short = name.split("::")[-1].split(".")[0]
    return short if short.startswith("__") else short.rstrip("_") or short


def shown(name: str) -> str:
    """An operator's name for a manifest: ``aten::_safe_softmax`` is softmax, ``aten::_to_copy`` is to."""
    kind = plain(name)
    return {"_safe_softmax": "softmax", "_to_copy": "to"}.get(kind, kind if kind.startswith("__") else kind.lstrip("_"))


def class_of(kind: str) -> Class:
    """The class of an operation in the manifest."""
    return _CLASSES.get(shown(kind), "elementwise")


def activation(kind: str, limits: tuple[object, object]) -> str | None:
    """The manifest's name of an activation, None for what is none; ``limits`` are those of a clamp."""
    if limits == (0, 6) and shown(kind) in ("hardtanh", "clamp", "clip"):
        return "relu6"
    return _ACTIVATIONS.get(shown(kind))


def is_view(name: str, before: tuple[int, ...], after: tuple[int, ...], order: tuple[int, ...] | None) -> bool:
    """Whether a call of one operand changes neither values nor their order.

    ``before`` and ``after`` are shapes; ``order`` is the order of dimensions that a permutation gives.
    """
    kind = plain(name)
    if math.prod(before) != math.prod(after):
        return False
    if kind in VIEWS or kind in PARTS:
        return True
    if kind in PERMUTATIONS and order is not None:
        moving = [axis for axis in order if before[axis] != 1]
        return moving == sorted(moving)
    return False


def order_of(name: str, given: Mapping[str, Any], dimensions: int) -> tuple[int, ...] | None:
    """Which dimension of the operand each one of a permutation's result is; None for what is no permutation."""
    kind, order = plain(name), list(range(dimensions))
    if kind == "t":
        return tuple(order[::-1])
    if kind == "transpose":
        first, second = int(given["dim0"]), int(given["dim1"])
        if dimensions > 0:
            order[first], order[second] = order[second], order[first]
        return tuple(order)
    if kind == "permute":
        return tuple(int(axis) % max(1, dimensions) for axis in given["dims"])
    return None
