"""The sizes of a layer, and what follows from them: its output map and its multiplications."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import TraceError
from .winograd import four_sides, tile_counts

Pair = tuple[int, int]
Sides = tuple[int, int, int, int]

LARGEST = 2**40


@dataclass(frozen=True)
class Shape:
    """The shape of a layer; a linear layer is a 1 x 1 convolution of a 1 x 1 map.

    ``padding`` is (vertical, horizontal) or (top, left, bottom, right), in rows and columns of zeros; the latter
    becomes the former where opposite sides are equal. ``transposed`` is a transposed convolution, the only one with an
    ``output_padding``. A matrix product [B, M, K] x [B, K, N] has ``channels`` K, ``filters`` N, ``batch`` B and
    ``height`` M.
    """

    channels: int
    filters: int
    batch: int = 1
    height: int = 1
    width: int = 1
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair | Sides = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    transposed: bool = False
    output_padding: Pair = (0, 0)

    def __post_init__(self) -> None:
        if len(self.padding) == 4 and self.padding[:2] == self.padding[2:]:
            object.__setattr__(self, "padding", self.padding[:2])

    @property
    def sides(self) -> Sides:
        """Rows and columns of padding: top, left, bottom, right."""
        return four_sides(self.padding)

    @property
    def output(self) -> Pair:
        """Height and width of the output map."""
        return self._output(0, self.height), self._output(1, self.width)

    @property
    def dense_multiplies(self) -> int:
        """Multiplications of the dense direct layer, those with the padding's zeros included.

        N * K * Ho * Wo * C/groups * R * S; transposed: N * C * Hi * Wi * K/groups * R * S.
        """
        if self.transposed:
            map_size, fan = self.channels * self.height * self.width, self.filters // self.groups
        else:
            map_size, fan = self.filters * math.prod(self.output), self.channels // self.groups
        return self.batch * map_size * fan * math.prod(self.kernel)

    def tiles(self, tile: int) -> int:
        """Output tiles of one image."""
        return math.prod(tile_counts(*self.output, tile))

    def check(self) -> None:
        """Raises a TraceError for an invalid size."""
        counts = {
            "input channels": self.channels,
            "input height": self.height,
            "input width": self.width,
            "batch": self.batch,
            "output channels": self.filters,
            "groups": self.groups,
        }
        for name in ("kernel", "stride", "dilation"):
            pair: Pair = getattr(self, name)
            counts[f"{name} height"], counts[f"{name} width"] = pair
        for what, count in counts.items():
            if not is_integer(count) or count < 1:
                raise TraceError(f"{what} is {count!r}; expected an integer of at least 1")
        for what, sizes in (("padding", self.padding), ("output_padding", self.output_padding)):
            for count in sizes:
                if not is_integer(count) or count < 0:
                    raise TraceError(f"{what} is {count!r}; expected an integer of at least 0")
        if any(self.output_padding) and not self.transposed:
            raise TraceError(f"output_padding is {list(self.output_padding)}; only a transposed convolution has one")
        if self.channels % self.groups or self.filters % self.groups:
            raise TraceError(f"{self.groups} groups do not divide {self.channels} channels and {self.filters} filters")
        if min(self.output) < 1:
            top, left, bottom, right = self.sides
            if self.transposed:
                raise TraceError(
                    f"padding {list(self.padding)} leaves an output of {list(self.output)}; expected 1 x 1"
                )
            raise TraceError(
                f"kernel {list(self.kernel)} with dilation {list(self.dilation)} is larger than the padded input "
                f"[{self.height + top + bottom}, {self.width + left + right}]"
            )
        elements = self.batch * max(self.channels * self.height * self.width, self.filters * math.prod(self.output))
        if self.dense_multiplies > LARGEST or elements > LARGEST:
            raise TraceError("the layer's sizes multiply to more than 2^40")

    def _output(self, axis: int, side: int) -> int:
        span = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        padding = self.sides[axis] + self.sides[axis + 2]
        if self.transposed:
            return (side - 1) * self.stride[axis] - padding + span + self.output_padding[axis]
        return (side + padding - span) // self.stride[axis] + 1


def is_integer(value: object) -> bool:
    """Whether a value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_name(value: object) -> bool:
    """Whether a value can name a layer or a tensor: a non-empty line of printable text."""
    return isinstance(value, str) and value != "" and value.isprintable()
