"""The experiment's networks, in the form that a method trains.

A network is built with ordinary layers, ``SpatialConv2d`` where the kernel is 3x3 and the stride 1. ``in_form`` moves
these layers into the Winograd domain, and for the Winograd ReLU takes the ReLUs before them out of the network. The first
layer, which reads the image, and all others stay as they are. Residual blocks have their ReLUs before their convolutions,
so that nothing but a convolution reads what a ReLU returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional

from ..channels_last import ChannelsLastWinogradConv2d
from ..errors import TraceError
from ..modules import SpatialConv2d
from ..pruning import to_winograd

Form = Literal["spatial", "winograd", "winograd-relu"]
FORMS: tuple[Form, ...] = get_args(Form)
NetworkName = Literal["vgg", "resnet", "vgg-nagadomi", "convpool-cnn-c", "resnet-18"]
NETWORK_NAMES: tuple[NetworkName, ...] = get_args(NetworkName)


class MovedReLU(nn.ReLU):
    """The ReLU before a layer that ``in_form`` moves; nothing else may read what it returns."""


@dataclass(frozen=True)
class Network:
    """How a network is made: from channels and classes. ``shape`` is that of the images it is meant for, (C, H, W).

    ``one_size`` says that it takes no images of another height and width.
    """

    shape: tuple[int, int, int]
    classes: int
    make: Callable[[int, int], nn.Module]
    one_size: bool = False


def build(name: NetworkName, channels: int | None = None, classes: int | None = None) -> nn.Module:
    """The network with ordinary layers and fresh weights, for images of ``channels`` and for ``classes``."""
    if name not in NETWORKS:
        raise TraceError(f"network {name!r}; expected {', '.join(NETWORKS)}")
    network = NETWORKS[name]
    return network.make(channels or network.shape[0], classes or network.classes)


def check_size(name: NetworkName, shape: tuple[int, int, int]) -> None:
    """Raises a TraceError where a network does not take images of ``shape``, (C, H, W)."""
    network = NETWORKS.get(name)
    if network and network.one_size and shape[1:] != network.shape[1:]:
        raise TraceError(f"{name} on images of {list(shape[1:])}; expected {list(network.shape[1:])}")


def moved_layers(network: nn.Module) -> tuple[str, ...]:
    """The names of the layers that have a Winograd form and are pruned."""
    return tuple(
        name
        for name, module in network.named_modules()
        if isinstance(module, SpatialConv2d | ChannelsLastWinogradConv2d)
    )


def in_form(network: nn.Module, form: Form, tile: int = 2) -> nn.Module:
    """Changes a network with ordinary layers into the form, with the weights that it has, and returns it.

    ``winograd`` computes the same as before. ``winograd-relu`` does not, since the ReLUs are at another place.
    """
    if form not in FORMS:
        raise TraceError(f"form {form!r}; expected {', '.join(FORMS)}")
    if form == "spatial":
        return network
    names = moved_layers(network)
    rectified = names if form == "winograd-relu" else ()
    network = to_winograd(network, tile, rectified, layers=names, kind=ChannelsLastWinogradConv2d)
    if form == "winograd-relu":
        for name, module in list(network.named_modules()):
            if isinstance(module, MovedReLU):
                parent, _, own = name.rpartition(".")
                setattr(network.get_submodule(parent), own, nn.Identity().train(module.training))
    return network


def standing_layers(network: nn.Module) -> tuple[str, ...]:
    """The names of the multiplying layers that have no Winograd form here and run as they are."""
    moved = set(moved_layers(network))
    return tuple(
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and name not in moved
    )


class _Sequence(nn.Sequential):
    """Named modules, one after the other."""

    def add(self, name: str, *modules: nn.Module) -> None:
        """Appends a layer and what precedes it; these are named after it."""
        *before, layer = modules
        for index, module in enumerate(before):
            self.add_module(f"before_{name}" + (f"_{index}" if index else ""), module)
        self.add_module(name, layer)


class _Middle(nn.Module):
    """The mean of every map: [N, C, H, W] to [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        """The means."""
        return x.mean((2, 3))


def _vgg(channels: int, classes: int) -> nn.Module:
    """Six 3x3 layers of 16 to 64 channels on three scales, each with a batch norm, and a linear classifier."""
    network = _Sequence()
    network.add("conv1", nn.Conv2d(channels, 16, 3, padding=1))
    for name, before, after in (
        ("conv2", 16, 16),
        ("conv3", 16, 32),
        ("conv4", 32, 32),
        ("conv5", 32, 64),
        ("conv6", 64, 64),
    ):
        pooled = (nn.MaxPool2d(2),) if name in ("conv3", "conv5") else ()
        network.add(name, nn.BatchNorm2d(before), *pooled, MovedReLU(), SpatialConv2d(before, after))
    network.add("classifier", nn.BatchNorm2d(64), nn.ReLU(), _Middle(), nn.Linear(64, classes))
    return network


def _nagadomi(channels: int, classes: int) -> nn.Module:
    """VGG-nagadomi: eight 3x3 layers and three linear ones on maps of 32 x 32."""
    network = _Sequence()
    widths = (64, 64, 128, 128, 256, 256, 256, 256)
    network.add("conv0", nn.Conv2d(channels, 64, 3, padding=1))
    for index, (before, after) in enumerate(pairwise(widths), 1):
        pooled = (nn.MaxPool2d(2), nn.Dropout(0.25)) if index in (2, 4) else ()
        network.add(f"conv{index}", *pooled, MovedReLU(), SpatialConv2d(before, after))
    network.add("fc0", nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.25), nn.Flatten(), nn.Linear(256 * 4 * 4, 1024))
    network.add("fc1", nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 1024))
    network.add("fc2", nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, classes))
    return network


def _convpool(channels: int, classes: int) -> nn.Module:
    """ConvPool-CNN-C: seven 3x3 layers and two 1x1 ones on maps of 32 x 32."""
    network = _Sequence()
    widths = (96, 96, 96, 192, 192, 192, 192)
    network.add("conv0", nn.Conv2d(channels, 96, 3, padding=1))
    for index, (before, after) in enumerate(pairwise(widths), 1):
        pooled = (nn.MaxPool2d(3, 2, padding=1), nn.Dropout(0.5)) if index in (3, 6) else ()
        network.add(f"conv{index}", *pooled, MovedReLU(), SpatialConv2d(before, after))
    network.add("conv7", nn.ReLU(), nn.Conv2d(192, 192, 1))
    network.add("conv8", nn.ReLU(), nn.Conv2d(192, classes, 1))
    network.add("scores", nn.ReLU(), _Middle())
    return network


class _Block(nn.Module):
    """Two 3x3 layers, each after its batch norm and ReLU, beside a shortcut, which projects in a stage's first block."""

    def __init__(self, channels: int, filters: int, projected: bool) -> None:
        super().__init__()
        self.norm_2a = nn.BatchNorm2d(channels)
        self.before_2a = MovedReLU()
        self.conv_2a = SpatialConv2d(channels, filters)
        self.norm_2b = nn.BatchNorm2d(filters)
        self.before_2b = MovedReLU()
        self.conv_2b = SpatialConv2d(filters, filters)
        self.conv_1 = nn.Conv2d(channels, filters, 1) if projected else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to [N, K, H, W]."""
        inner = self.conv_2b(self.before_2b(self.norm_2b(self.conv_2a(self.before_2a(self.norm_2a(x))))))
        result: Tensor = inner + self.conv_1(x)
        return result


class _Residual(nn.Module):
    """A first layer, stages of blocks with pooling between them, the mean of every map and a linear classifier."""

    def __init__(self, first: nn.Module, blocks: dict[str, nn.Module], width: int, classes: int) -> None:
        super().__init__()
        self.first = first
        self.blocks = nn.Sequential()
        for name, block in blocks.items():
            self.blocks.add_module(name, block)
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images [N, C, H, W] to scores [N, classes]."""
        scores: Tensor = self.fc(functional.relu(self.norm(self.blocks(self.first(x)))).mean((2, 3)))
        return scores


def _resnet(channels: int, classes: int) -> nn.Module:
    """Three residual blocks of 16 to 64 channels, each on its scale."""
    blocks: dict[str, nn.Module] = {
        "res2a": _Block(16, 16, False),
        "pool2": nn.MaxPool2d(2),
        "res3a": _Block(16, 32, True),
        "pool3": nn.MaxPool2d(2),
        "res4a": _Block(32, 64, True),
    }
    return _Residual(nn.Conv2d(channels, 16, 3, padding=1), blocks, 64, classes)


def _resnet18(channels: int, classes: int) -> nn.Module:
    """ResNet-18 with 3x3 layers of stride 1 and pooling; the last two stages are both on maps of 14 x 14."""
    first = nn.Sequential(nn.Conv2d(channels, 64, 7, 2, 3), nn.MaxPool2d(3, 2, padding=1))
    blocks: dict[str, nn.Module] = {}
    width = 64
    for stage, filters in zip((2, 3, 4, 5), (64, 128, 256, 512), strict=True):
        blocks[f"res{stage}a"] = _Block(width, filters, True)
        blocks[f"res{stage}b"] = _Block(filters, filters, False)
        if stage < 4:
            blocks[f"pool{stage}"] = nn.MaxPool2d(3, 2, padding=1)
        width = filters
    return _Residual(first, blocks, width, classes)


NETWORKS: dict[NetworkName, Network] = {
    "vgg": Network((1, 28, 28), 10, _vgg),
    "resnet": Network((1, 28, 28), 10, _resnet),
    "vgg-nagadomi": Network((3, 32, 32), 10, _nagadomi, one_size=True),
    "convpool-cnn-c": Network((3, 32, 32), 100, _convpool),
    "resnet-18": Network((3, 224, 224), 1000, _resnet18),
}
