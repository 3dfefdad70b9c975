"""The commands of ``python -m winograd_trace.experiment``, and their options."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

import torch

from ..errors import TraceError
from .data import DATA_NAMES, HELD_BACK, First, load
from .networks import NETWORK_NAMES, build, moved_layers, standing_layers
from .points import METHODS, RESULTS, SHARES, Chain
from .points import run as run_chain
from .reporting import draw, table
from .results import Summary, baselines, choose, read_rows, summarize
from .shipping import ship
from .training import OPTIMIZERS, RANKINGS, Recipe

DENSITIES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)


MOST_LOSS = 0.1


def add_commands(parser: argparse.ArgumentParser, folder: Path) -> None:
    """Adds the commands; ``folder`` is the default one of the images."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="train and prune, a point at a time"), folder)
    table = commands.add_parser("table", help="the points over their seeds, against the dense network")
    table.add_argument("points", type=Path, help="the folder of points, or its results.csv")
    table.add_argument("--chosen", action="store_true", help="only the sparsest of each method that loses little")
    draw = commands.add_parser("draw", help="a figure of accuracy lost against multiplications (needs matplotlib)")
    draw.add_argument("points", type=Path, help="the folder of points, or its results.csv")
    draw.add_argument("--network", choices=NETWORK_NAMES, default="vgg", help="the network (%(default)s)")
    draw.add_argument("--output", type=Path, required=True, help="the SVG file")
    ship = commands.add_parser(
        "ship", help="traces and weights of the sparsest points that lose little, and of the dense one"
    )
    ship.add_argument("points", type=Path, help="the folder of points")
    ship.add_argument("--output", type=Path, required=True, help="the folder of the traces")
    _add_data(ship, folder)
    for one in (table, ship):
        one.add_argument("--most-loss", type=float, default=MOST_LOSS, help="points of accuracy (%(default)s)")


def _add_data(parser: argparse.ArgumentParser, folder: Path) -> None:
    parser.add_argument("--data", choices=DATA_NAMES, default="fashion-mnist", help="the images (%(default)s)")
    parser.add_argument("--folder", type=Path, default=folder, help="the folder of their files (%(default)s)")


def _add_run(parser: argparse.ArgumentParser, folder: Path) -> None:
    _add_data(parser, folder)
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
    choices = {
        "ranking": (RANKINGS, "what is pruned last"),
        "optimizer": (OPTIMIZERS, "sgd as in the paper's own code"),
    }
    for entry in fields(Recipe):
        if entry.name == "flip":
            parser.add_argument("--no-flip", dest="flip", action="store_false", help="never mirror images")
        elif entry.name in choices:
            known, said = choices[entry.name]
            parser.add_argument(f"--{entry.name}", choices=known, default=entry.default, help=said + " (%(default)s)")
        else:
            kind = float if isinstance(entry.default, float) else int
            option = "--" + entry.name.replace("_", "-")
            parser.add_argument(option, type=kind, default=entry.default, help="(%(default)s)")


def run(given: argparse.Namespace) -> int:
    """Runs the command of the options; the exit code."""
    commands = {"run": _run, "table": _table, "draw": _draw, "ship": _ship}
    commands[given.command](given)
    return 0


def _table(given: argparse.Namespace) -> None:
    points = _points(given.points)
    print(table(choose(points, given.most_loss) if given.chosen else points), end="")


def _draw(given: argparse.Namespace) -> None:
    try:
        draw(_points(given.points), given.output, given.network)
    except ModuleNotFoundError as error:
        raise TraceError(f"{error.name} is not installed, and the figure needs it: pip install matplotlib") from None
    say(f"written: {given.output}")


def _ship(given: argparse.Namespace) -> None:
    points = _points(given.points)
    chosen = baselines(points) + choose(points, given.most_loss)
    data = load(given.data, given.folder)
    for path in ship(chosen, data, given.points, given.output):
        say(f"written: {path}")


def _points(path: Path) -> list[Summary]:
    rows = read_rows(path / RESULTS if path.is_dir() else path)
    points = summarize(rows)
    if left := len(rows) - sum(len(point.seeds) for point in points):
        say(f"left out: {left} of {len(rows)} rows, since no dense row has their network, seed and epochs")
    return points


def _run(given: argparse.Namespace) -> None:
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


def say(text: str) -> None:
    """Prints a message to standard error."""
    print(text, file=sys.stderr, flush=True)


def _densities(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
