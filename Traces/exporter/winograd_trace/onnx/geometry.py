"""The windows of ONNX's convolutions: kernel, strides and dilations, and padding as it is once the sizes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import TraceError
from .graph import Node

Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """A convolution's window over a map of two sides; a 1-d convolution has a height of 1 everywhere.

    ``padding`` is [top, left, bottom, right]; ``output_padding`` belongs to transposed convolutions.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: tuple[int, int, int, int]
    groups: int
    output_padding: Pair = (0, 0)


def convolution_window(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> Window:
    """The window of Conv over a map of ``sizes``, of which there are one or two, with weights of ``kernel``."""
    stride, dilation = _steps(node, len(sizes))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    automatic = node.attributes.get("auto_pad", "NOTSET")
    if automatic.startswith("SAME"):
        totals = [
            max((-(-size // s) - 1) * s + extent - size, 0)
            for size, s, extent in zip(sizes, stride, extents, strict=True)
        ]
        pads = _split(totals, automatic == "SAME_LOWER")
    else:
        pads = _explicit(node, len(sizes))
    return _window(node, kernel, stride, dilation, pads)


def transposed_window(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> Window:
    """The window of ConvTranspose; ``output_shape`` and ``auto_pad`` become padding and output padding."""
    rank = len(sizes)
    stride, dilation = _steps(node, rank)
    extra = list(node.attributes.get("output_padding") or [0] * rank)
    full = [(size - 1) * s + d * (k - 1) + 1 for size, s, d, k in zip(sizes, stride, dilation, kernel, strict=True)]
    automatic = node.attributes.get("auto_pad", "NOTSET")
    asked = list(node.attributes.get("output_shape") or ())[-rank:]
    if not asked and automatic.startswith("SAME"):
        asked = [size * s for size, s in zip(sizes, stride, strict=True)]
    if not asked:
        return _window(node, kernel, stride, dilation, _explicit(node, rank), extra)
    totals = [max(f + e - a, 0) for f, e, a in zip(full, extra, asked, strict=True)]
    pads = _split(totals, automatic != "SAME_UPPER")
    missing = [a - (f - total) for f, total, a in zip(full, totals, asked, strict=True)]
    return _window(node, kernel, stride, dilation, pads, missing)


def _steps(node: Node, rank: int) -> tuple[list[int], list[int]]:
    strides = list(node.attributes.get("strides") or [1] * rank)
    dilations = list(node.attributes.get("dilations") or [1] * rank)
    for what, found in (("strides", strides), ("dilations", dilations)):
        if len(found) != rank:
            raise TraceError(f"{node}: {what} are {found}; its map has {rank} dimensions")
    return strides, dilations


def _explicit(node: Node, rank: int) -> list[int]:
    pads = list(node.attributes.get("pads") or [0] * 2 * rank)
    if node.attributes.get("auto_pad", "NOTSET") == "VALID":
        pads = [0] * 2 * rank
    if len(pads) != 2 * rank:
        raise TraceError(f"{node}: pads are {pads}; its map has {rank} dimensions, and each has two sides")
    return pads


def _split(totals: Sequence[int], first_larger: bool) -> list[int]:
    """Each total over both sides; the odd one goes to the first or to the last."""
    small, large = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return [*large, *small] if first_larger else [*small, *large]


def _window(
    node: Node,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    pads: Sequence[int],
    output_padding: Sequence[int] = (0, 0),
) -> Window:
    said = node.attributes.get("kernel_shape")
    if said is not None and list(said) != list(kernel):
        raise TraceError(f"{node}: kernel_shape is {list(said)}; its weights have {list(kernel)}")
    if len(kernel) == 1:
        return Window(
            (1, kernel[0]),
            (1, stride[0]),
            (1, dilation[0]),
            (0, pads[0], 0, pads[1]),
            int(node.attributes.get("group", 1)),
            (0, output_padding[-1]),
        )
    return Window(
        (kernel[0], kernel[1]),
        (stride[0], stride[1]),
        (dilation[0], dilation[1]),
        (pads[0], pads[1], pads[2], pads[3]),
        int(node.attributes.get("group", 1)),
        (output_padding[0], output_padding[1]),
    )
