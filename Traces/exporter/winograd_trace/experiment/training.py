"""Training and accuracy of one network: seeded, so that a part of a training that is run again gives the same weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import TraceError
from .data import Images

Optimizer = Literal["adamw", "sgd"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
Ranking = Literal["effect", "magnitude"]
RANKINGS: tuple[Ranking, ...] = get_args(Ranking)
EVALUATED_AT_ONCE = 128
SETTLED_BY = 20
# Liu et al.'s own training of ResNet-18 (github.com/xingyul/sparse-winograd-cnn): momentum, and the shares of a training
# after which the rate is a tenth, from 30, 60 and 95 of 110.
MOMENTUM = 0.9
TENTHS = (30 / 110, 60 / 110, 95 / 110)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, and its weights ranked.

    ``optimizer`` is AdamW, with a learning rate that falls as a cosine in each training, or ``sgd`` as in the paper's own
    code: Nesterov's momentum, and a rate that falls to a tenth three times.

    ``epochs`` train the ordinary network; ``moving_epochs`` follow once a method has moved its layers, with the same
    learning rate, and ``retraining_epochs`` after each pruning step, with ``retraining_rate``. All methods have the same
    budget. Batches of images are shifted by up to ``shift`` pixels and, with ``flip``, mirrored. ``ranking`` says which
    weights are pruned first: those that add least to the outputs (``effect``), or the smallest ones (``magnitude``).
    """

    epochs: int = 12
    moving_epochs: int = 12
    retraining_epochs: int = 3
    batch: int = 128
    rate: float = 2e-3
    retraining_rate: float = 1e-3
    decay: float = 1e-2
    shift: int = 1
    flip: bool = True
    ranking: Ranking = "effect"
    optimizer: Optimizer = "adamw"

    def check(self) -> None:
        """Raises a TraceError for a value that cannot be."""
        for name in ("epochs", "moving_epochs", "retraining_epochs", "shift"):
            if getattr(self, name) < 0:
                raise TraceError(f"{name} is {getattr(self, name)}; expected at least 0")
        for what, value, known in (("ranking", self.ranking, RANKINGS), ("optimizer", self.optimizer, OPTIMIZERS)):
            if value not in known:
                raise TraceError(f"{what} {value!r}; expected {', '.join(known)}")
        if self.batch < 2 or self.rate <= 0 or self.retraining_rate <= 0 or self.decay < 0:
            raise TraceError(
                f"batch {self.batch}, rate {self.rate}, retraining_rate {self.retraining_rate} and decay {self.decay}; "
                "expected a batch of at least 2, rates above 0, a decay of at least 0"
            )


def fit(
    network: nn.Module,
    images: Images,
    recipe: Recipe,
    epochs: int,
    rate: float,
    seed: int,
    steps: Mapping[str, Tensor] | None = None,
) -> None:
    """Trains for some epochs; ``seed`` fixes the order of images, their shifts and the dropout. Pruned weights stay zero.

    ``steps`` has factors of the optimizer's steps for the weights of some layers.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer, schedule = _optimizer(network, recipe, rate, epochs * (len(images.labels) // recipe.batch))
    scaled = [
        (network.get_parameter(f"{name}.weight"), factors.to(device_of(network)))
        for name, factors in (steps or {}).items()
    ]
    network.train()
    for _ in range(epochs):
        for pixels, labels in batches(images, recipe, generator, device_of(network)):
            optimizer.zero_grad()
            torch.autograd.backward(functional.cross_entropy(network(pixels), labels))
            before = [weight.detach().clone() for weight, _ in scaled]
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for (weight, factors), old in zip(scaled, before, strict=True):
                    weight.copy_(torch.lerp(old, weight, factors))


def _optimizer(
    network: nn.Module, recipe: Recipe, rate: float, count: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """The optimizer, and the schedule of its rate over ``count`` steps."""
    optimizer: torch.optim.Optimizer
    if recipe.optimizer == "sgd":
        optimizer = torch.optim.SGD(
            network.parameters(), lr=rate, momentum=MOMENTUM, nesterov=True, weight_decay=recipe.decay
        )
        return optimizer, torch.optim.lr_scheduler.MultiStepLR(optimizer, [round(part * count) for part in TENTHS])
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=recipe.decay)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, count))


def settle(network: nn.Module, images: Images, recipe: Recipe, seed: int) -> None:
    """Takes the statistics of batch norms anew, the mean over some batches; no weight changes."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        for pixels, _ in islice(batches(images, recipe, generator, device_of(network)), SETTLED_BY):
            network(pixels)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def batches(
    images: Images, recipe: Recipe, generator: torch.Generator, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole batches in random order, [n, C, H, W] in ``channels_last`` and labels [n]; the remainder is left out."""
    order = torch.randperm(len(images.labels), generator=generator)
    whole = len(order) // recipe.batch * recipe.batch
    for chosen in torch.split(order[:whole], recipe.batch):
        pixels, labels = images.take(chosen)
        row, column, mirrored = (
            int(torch.randint(0, ends, (1,), generator=generator)) for ends in (*2 * (2 * recipe.shift + 1,), 2)
        )
        height, width = pixels.shape[2:]
        padded = functional.pad(pixels, (recipe.shift,) * 4)[:, :, row : row + height, column : column + width]
        if recipe.flip and mirrored:
            padded = padded.flip(3)
        yield padded.contiguous(memory_format=torch.channels_last).to(device), labels.to(device)


def evaluate(
    network: nn.Module, images: Images, count: int | None = None, at_once: int = EVALUATED_AT_ONCE
) -> tuple[float, float]:
    """The share of images, of 1, that are classified correctly, and the mean loss; over the first ``count`` or all."""
    total = len(images.labels) if count is None else min(count, len(images.labels))
    device, right, loss = device_of(network), 0, 0.0
    network.eval()
    with torch.no_grad():
        for chosen in torch.split(torch.arange(total), at_once):
            pixels, labels = images.take(chosen)
            scores = network(pixels.contiguous(memory_format=torch.channels_last).to(device))
            right += int((scores.argmax(1).cpu() == labels).sum())
            loss += float(functional.cross_entropy(scores.double().cpu(), labels, reduction="sum"))
    return right / total, loss / total


def device_of(network: nn.Module) -> torch.device:
    """Where a network's weights are."""
    return next(network.parameters()).device
