"""The options of ``python -m winograd_trace.experiment``, and what it runs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

import torch

from .data import DATA_NAMES, HELD_BACK, First, load
from .networks import NETWORK_NAMES, build, moved_layers, standing_layers
from .points import METHODS, SHARES, Chain
from .points import run as run_chain
from .training import RANKINGS, Recipe

DENSITIES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)


def add_arguments(parser: argparse.ArgumentParser, folder: Path) -> None:
    """Adds the options; ``folder`` is the default one of the images."""
    parser.add_argument("--data", choices=DATA_NAMES, default="fashion-mnist", help="the images (%(default)s)")
    parser.add_argument("--folder", type=Path, default=folder, help="the folder of their files (%(default)s)")
    parser.add_argument("--network", choices=NETWORK_NAMES, default="vgg", help="the network (%(default)s)")
    parser.add_argument("--method", choices=METHODS, required=True, help="how it is pruned")
    parser.add_argument("--tile", type=int, choices=(2, 4), default=2, help="m of F(m x m, 3x3) (%(default)s)")
    parser.add_argument(
        "--densities",
        type=_densities,
        default=DENSITIES,
        help="shares of the weights to prune to, in turn (" + ",".join(f"{density:g}" for density in DENSITIES) + ")",
    )
    parser.add_argument("--shares", choices=SHARES, default="alike", help="the layers' densities (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what fixes weights, batches and the split (%(default)s)")
    parser.add_argument("--output", type=Path, required=True, help="the folder of points and results.csv")
    parser.add_argument("--held-back", type=int, default=HELD_BACK, help="training images to choose by (%(default)s)")
    parser.add_argument("--training-images", type=int, help="train with the first of them only")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch (%(default)s)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="(%(default)s)")
    for entry in fields(Recipe):
        if entry.name == "flip":
            parser.add_argument("--no-flip", dest="flip", action="store_false", help="never mirror images")
        elif entry.name == "ranking":
            parser.add_argument(
                "--ranking", choices=RANKINGS, default=entry.default, help="what is pruned last (%(default)s)"
            )
        else:
            kind = float if isinstance(entry.default, float) else int
            option = "--" + entry.name.replace("_", "-")
            parser.add_argument(option, type=kind, default=entry.default, help="(%(default)s)")


def run(given: argparse.Namespace) -> int:
    """Runs the points of the options; the exit code."""
    torch.set_num_threads(given.threads)
    data = load(given.data, given.folder, given.seed, given.held_back)
    if given.training_images is not None:
        data = replace(data, training=First(data.training, given.training_images))
    recipe = Recipe(**{entry.name: getattr(given, entry.name) for entry in fields(Recipe)})
    chain = Chain(given.network, given.method, given.densities, given.tile, given.shares, given.seed, recipe)
    network = build(given.network, data.shape[0], data.classes)
    say(f"{given.network}: {', '.join(moved_layers(network))} take the method's form")
    say(f"{given.network}: {', '.join(standing_layers(network))} run as they are, dense and direct")
    run_chain(chain, data, given.output, say, given.device)
    return 0


def say(text: str) -> None:
    """Prints a message to standard error."""
    print(text, file=sys.stderr, flush=True)


def _densities(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
