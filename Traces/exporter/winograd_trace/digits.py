"""Trains a network on scikit-learn's digits, prunes it in steps, and exports it as a trace.

    python -m winograd_trace.digits --output Traces/digits
    python -m winograd_trace.digits --method spatial-pruned --output Traces/digits

The first is a Winograd-ReLU network. The second has the same layers as ordinary convolutions with spatial ReLUs and is
pruned in its kernels, whose zeros the Winograd transforms would fill in. Everything is seeded. The test images are used
only to measure accuracy; four of them are exported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

try:
    import numpy as np
    import torch
    from sklearn.datasets import load_digits as bundled_digits
    from sklearn.model_selection import train_test_split
    from torch import Tensor, nn
    from torch.nn import functional
except ModuleNotFoundError as missing:
    sys.exit(
        f"winograd_trace.digits: {missing.name} is not installed, and training needs it: "
        "pip install -r Traces/exporter/requirements-digits.txt"
    )

from .pruning import prune_in_steps
from .pytorch import Prunable, SpatialConv2d, WinogradConv2d, record
from .winograd import Array
from .writer import TraceWriter

Method = Literal["winograd-relu", "spatial-pruned"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Settings:
    """How the network is made. ``densities`` are the steps in which the later 3x3 layers are pruned."""

    method: Method = "winograd-relu"
    widths: tuple[int, int, int, int] = (32, 64, 64, 128)
    head: int = 64
    densities: tuple[float, ...] = (0.7, 0.55, 0.45, 0.38, 0.35)
    first_density: float = 0.8
    epochs: int = 30
    retraining_epochs: int = 12
    batch: int = 64
    learning_rate: float = 1e-3
    training_images: int | None = None
    exported_images: int = 4
    seed: int = 1
    threads: int = 2


class DigitsNetwork(nn.Module):
    """Four 3x3 layers, a 1x1 convolution and a linear classifier, on 16x16 images.

    ``winograd-relu``, as in the paper: the output of a 3x3 layer, with its bias and pooled, is the input of the next
    layer's input transform, and the ReLU follows the transform. ``spatial-pruned``: the 3x3 layers are ordinary
    convolutions, each but the first after a spatial ReLU. Both have spatial ReLUs before the 1x1 and the linear layer.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        a, b, c, d = settings.widths
        spatial = settings.method == "spatial-pruned"
        layer = SpatialConv2d if spatial else WinogradConv2d
        self.conv1: Prunable = SpatialConv2d(1, a) if spatial else WinogradConv2d(1, a, relu=False)
        self.conv2: Prunable = layer(a, b)
        self.conv3: Prunable = layer(b, c)
        self.conv4: Prunable = layer(c, d)
        self.rectify = nn.ReLU() if spatial else nn.Identity()
        self.conv5 = nn.Conv2d(d, settings.head, kernel_size=1)
        self.dropout = nn.Dropout(0.3)
        self.classifier = nn.Linear(settings.head * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Images [N, 1, 16, 16] to scores [N, 10]."""
        x = functional.max_pool2d(self.conv2(self.rectify(self.conv1(x))), 2)
        x = functional.max_pool2d(self.conv4(self.rectify(self.conv3(self.rectify(x)))), 2)
        x = self.conv5(x.relu()).relu()
        scores: Tensor = self.classifier(self.dropout(x.flatten(1)))
        return scores


@dataclass(frozen=True)
class Digits:
    """Images [N, 1, 16, 16] in 0...1 and their labels, in two parts."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor


@dataclass(frozen=True)
class Result:
    """A pruned network, its data, and its accuracy on the test images as shares of 1."""

    network: DigitsNetwork
    digits: Digits
    accuracy_before: float
    accuracy_after: float


def load_digits(settings: Settings) -> Digits:
    """scikit-learn's 1,797 images of 8x8, resized to 16x16; one in five is for testing."""
    bundled = bundled_digits()
    images = torch.from_numpy(bundled.images.astype(np.float32) / 16.0)[:, None]
    images = functional.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)
    training, testing = train_test_split(
        np.arange(len(images)), test_size=0.2, random_state=settings.seed, stratify=bundled.target
    )
    training = training[: settings.training_images]
    labels = torch.from_numpy(bundled.target.astype(np.int64))
    return Digits(images[training], labels[training], images[testing], labels[testing])


def batches(digits: Digits, settings: Settings, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """The training images in random order, every batch shifted by up to one pixel."""
    padded = functional.pad(digits.images, (1, 1, 1, 1))
    order = torch.randperm(len(digits.images), generator=generator)
    for chosen in torch.split(order, settings.batch):
        row, column = torch.randint(0, 3, (2,), generator=generator).tolist()
        yield padded[chosen, :, row : row + 16, column : column + 16], digits.labels[chosen]


def accuracy(network: DigitsNetwork, digits: Digits) -> float:
    """The share of test images that the network classifies correctly."""
    network.eval()
    with torch.no_grad():
        right = network(digits.test_images).argmax(1) == digits.test_labels
    return int(right.sum()) / len(right)


def fit(network: DigitsNetwork, digits: Digits, settings: Settings, epochs: int, generator: torch.Generator) -> None:
    """Trains; pruned weights stay zero, since the layers multiply by their masks."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, epochs))
    network.train()
    for _ in range(epochs):
        for images, labels in batches(digits, settings, generator):
            optimizer.zero_grad()
            torch.autograd.backward(functional.cross_entropy(network(images), labels))
            optimizer.step()
        schedule.step()


def train(settings: Settings) -> Result:
    """Trains densely, then prunes and retrains step by step."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    digits = load_digits(settings)
    network = DigitsNetwork(settings)
    fit(network, digits, settings, settings.epochs, generator)
    before = accuracy(network, digits)
    say(f"dense: {before:.2%} of the test images are right")
    for density in prune_in_steps(network, settings.densities, at_least={"conv1": settings.first_density}):
        fit(network, digits, settings, settings.retraining_epochs, generator)
        say(f"density {density}: {accuracy(network, digits):.2%}")
    return Result(network, digits, before, accuracy(network, digits))


def export(result: Result, settings: Settings, output: str) -> None:
    """Writes the method's manifest and its tensors into the folder ``output``, under the names of ``files``."""
    digits, network = result.digits, result.network
    layers = [layer for layer in network.modules() if isinstance(layer, Prunable)]
    kept = sum(int(layer.mask.sum()) for layer in layers) / sum(layer.mask.numel() for layer in layers)
    title, pruned, option = {
        "winograd-relu": ("Winograd-ReLU network", "Winograd weights", ""),
        "spatial-pruned": ("Spatially pruned network", "3x3 kernels' weights", " --method spatial-pruned"),
    }[settings.method]
    description = (
        f"{title} on scikit-learn's digits: test accuracy {result.accuracy_before:.2%} before pruning, "
        f"{result.accuracy_after:.2%} after ({len(digits.test_images)} images), {kept:.1%} of the {pruned} kept"
    )
    writer = TraceWriter(f"digits-{settings.method}", description, framework=f"torch {torch.__version__}")
    record(writer, network, digits.test_images[: settings.exported_images], relu={"conv1": "none"})
    manifest, tensors = files(settings.method)
    writer.write(f"{output}/{manifest}", tensors, comment=f"Made by: python -m winograd_trace.digits{option}")
    for layer in writer.trace().layers:
        weights, activations = layer.multiplied_values()
        say(f"{layer.name}: non-zero weights {share(weights):.3f}, activations {share(activations):.3f} as multiplied")


def files(method: Method) -> tuple[str, str]:
    """The names of a method's manifest and of its tensors."""
    if method == "winograd-relu":
        return "trace.yaml", "tensors.safetensors"
    return f"{method}.yaml", f"{method}.safetensors"


def share(values: Array) -> float:
    """The share of values that are not zero."""
    return float(np.count_nonzero(values)) / values.size


def say(text: str) -> None:
    """Prints a message to standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m winograd_trace.digits", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--output", required=True, help="the folder that takes the manifest and its tensors")
    parser.add_argument("--method", choices=METHODS, default=Settings.method, help="which network (%(default)s)")
    parser.add_argument("--seed", type=int, default=Settings.seed, help="what fixes split, weights and batches")
    given = parser.parse_args()
    settings = Settings(method=given.method, seed=given.seed)
    export(train(settings), settings, given.output)


if __name__ == "__main__":
    main()
