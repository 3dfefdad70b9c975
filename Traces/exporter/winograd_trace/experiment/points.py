"""The experiment's points: one after the other, each kept when it is done, so that a run that is stopped goes on.

A point is a network, a method, a tile, a density and a seed. A method's points form a chain: the ordinary network is
trained, its layers take the method's form, and each density is pruned from the one before and retrained. A point's weights
and row are files of the output folder; ``results.csv`` is made of all rows.
"""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from ..errors import TraceError
from ..modules import WinogradConv2d
from ..trace import write_whole
from .data import Data
from .importance import measure_importance
from .multiplications import LayerCount, count
from .networks import Form, NetworkName, build, check_size, in_form, moved_layers
from .pruning_steps import alike, by_sensitivity, prune
from .results import COLUMNS
from .training import Recipe, evaluate, fit, settle

Method = Literal["dense", "spatial-pruned", "winograd-pruned", "winograd-relu"]
METHODS: tuple[Method, ...] = get_args(Method)
Shares = Literal["alike", "sensitivity"]
SHARES: tuple[Shares, ...] = get_args(Shares)
COUNTED_IMAGES = 4
RESULTS = "results.csv"

FORMS_OF_METHODS: dict[Method, Form] = {
    "dense": "spatial",
    "spatial-pruned": "spatial",
    "winograd-pruned": "winograd",
    "winograd-relu": "winograd-relu",
}


@dataclass(frozen=True)
class Chain:
    """One method's points. ``densities`` are pruned to in turn; the dense method trains as long and prunes nothing.

    ``tile`` is m of the layers in the Winograd domain; ordinary layers have none.
    """

    network: NetworkName
    method: Method
    densities: tuple[float, ...]
    tile: int = 2
    shares: Shares = "alike"
    seed: int = 1
    recipe: Recipe = field(default_factory=Recipe)

    def check(self) -> None:
        """Raises a TraceError for a chain that cannot be run."""
        self.recipe.check()
        for what, value, known in (("method", self.method, METHODS), ("shares", self.shares, SHARES)):
            if value not in known:
                raise TraceError(f"{what} {value!r}; expected {', '.join(known)}")
        falling = all(after < before for before, after in pairwise(self.densities))
        if not self.densities or not falling or not all(0.0 < density <= 1.0 for density in self.densities):
            raise TraceError(
                f"densities {list(self.densities)}; expected one or more in 0...1, each below the one before"
            )

    @property
    def form(self) -> Form:
        """The form of the network that the method trains."""
        return FORMS_OF_METHODS[self.method]

    @property
    def own_tile(self) -> int | None:
        """The tile of the layers, None where they are ordinary."""
        return None if self.form == "spatial" else self.tile

    def name(self, density: float | None = None) -> str:
        """The name of a point's files; without a density that of the trained ordinary network."""
        if density is None:
            return f"{self.network}-trained-{self.seed}"
        tile = f"-f{self.tile}" if self.own_tile else ""
        return f"{self.network}-{self.method}{tile}-{self.shares}-{density:g}-{self.seed}"


def run(chain: Chain, data: Data, output: Path, say: Callable[[str], None], device: str = "cpu") -> None:
    """Runs the points of a chain that ``output`` does not hold, and writes ``results.csv`` there after each of them."""
    chain.check()
    check_size(chain.network, data.shape)
    if len(data.training.labels) < chain.recipe.batch:
        raise TraceError(
            f"{data.name}: {len(data.training.labels)} training images; expected at least a batch of {chain.recipe.batch}"
        )
    keeper = _Keeper(output, data, chain, device)
    network = in_form(_trained(chain, data, keeper, say), chain.form, chain.tile)
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    recipe = chain.recipe
    if not keeper.has(chain.densities[0], chain.densities[:1]):
        if chain.form == "winograd-relu":
            settle(network, data.training, recipe, _seed(chain, 1))
        _fit(chain, network, data, recipe.moving_epochs, recipe.rate, _seed(chain, 1))
    for step, density in enumerate(chain.densities):
        path = chain.densities[: step + 1]
        if keeper.has(density, path):
            keeper.load(network, density)
            say(f"{chain.name(density)}: already done")
            continue
        if chain.method != "dense" and density < 1.0:
            _prune(chain, network, data, density)
        _fit(chain, network, data, recipe.retraining_epochs, recipe.retraining_rate, _seed(chain, 2 + step))
        epochs = recipe.epochs + recipe.moving_epochs + (step + 1) * recipe.retraining_epochs
        row = measure(chain, network, data, density, epochs)
        keeper.keep(network, density, path, row)
        say(f"{chain.name(density)}: held back {row['validation accuracy']}, test {row['test accuracy']}")
    write_results(output)


def _prune(chain: Chain, network: nn.Module, data: Data, density: float) -> None:
    factors = None
    if chain.recipe.ranking == "effect":
        factors = {name: found.factors for name, found in measure_importance(network, data.training).items()}
    if chain.shares == "sensitivity":
        prune(network, by_sensitivity(network, density, data.held_back, factors), factors)
    else:
        prune(network, alike(network, density), factors)


def _fit(chain: Chain, network: nn.Module, data: Data, epochs: int, rate: float, seed: int) -> None:
    """Trains a moved network; AdamW's steps, which do not depend on the size of a gradient, are scaled by position."""
    if chain.recipe.optimizer == "sgd":
        fit(network, data.training, chain.recipe, epochs, rate, seed)
        return
    steps = {
        name: found.steps
        for name, found in measure_importance(network, data.training).items()
        if found.steps is not None
    }
    fit(network, data.training, chain.recipe, epochs, rate, seed, steps)


def in_float16(network: nn.Module) -> nn.Module:
    """A copy whose multiplied weights, and biases, are rounded to float16, as a trace stores them."""
    rounded = copy.deepcopy(network)
    with torch.no_grad():
        for module in rounded.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | WinogradConv2d):
                for values in (module.weight, module.bias):
                    if values is not None:
                        values.copy_(values.half().float())
    return rounded


def measure(chain: Chain, network: nn.Module, data: Data, density: float, epochs: int) -> dict[str, str]:
    """The row of a point: accuracies in shares of 1, and what four test images multiply, all layers together.

    Accuracies are those of the network with weights in float16, and multiplications those of a run in float16, as its
    trace has them.
    """
    network = in_float16(network)
    layers = count(copy.deepcopy(network).half(), counted_images(data).half())
    moved = set(moved_layers(network))

    def through(tile: int) -> str:
        if chain.form != "spatial":
            return ""
        return str(sum(layer.through_winograd.get(tile, layer.multiplied) for layer in layers))

    def listed(value: Callable[[LayerCount], float]) -> str:
        return " ".join(f"{layer.name}={value(layer):.4f}" for layer in layers if layer.name in moved)

    values = (
        chain.network,
        chain.method,
        "" if chain.own_tile is None else str(chain.own_tile),
        chain.shares,
        f"{density:g}",
        str(chain.seed),
        str(epochs),
        f"{evaluate(network, data.held_back)[0]:.5f}",
        f"{evaluate(network, data.testing)[0]:.5f}",
        listed(lambda layer: layer.weights),
        listed(lambda layer: layer.activations),
        str(sum(layer.dense for layer in layers)),
        str(sum(layer.multiplied for layer in layers)),
        through(2),
        through(4),
    )
    return dict(zip(COLUMNS, values, strict=True))


def counted_images(data: Data) -> Tensor:
    """The test images [4, C, H, W] of which multiplications are counted, and which a trace has."""
    return data.testing.take(torch.arange(min(COUNTED_IMAGES, len(data.testing.labels))))[0]


def write_results(output: Path) -> None:
    """Makes ``results.csv`` of the rows of all points in the folder, in the order of their names."""
    rows = [row for path in sorted(output.glob("*.json")) if (row := _read(path)["row"])]
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole({output / RESULTS: text.getvalue().encode()})


def _trained(chain: Chain, data: Data, keeper: _Keeper, say: Callable[[str], None]) -> nn.Module:
    """The ordinary network of the seed, trained once for all methods."""
    torch.manual_seed(_seed(chain, 0))
    network = build(chain.network, data.shape[0], data.classes)
    network.to(device=keeper.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if keeper.has(None, ()):
        keeper.load(network, None)
        return network
    fit(network, data.training, chain.recipe, chain.recipe.epochs, chain.recipe.rate, _seed(chain, 0))
    keeper.keep(network, None, (), {})
    say(f"{chain.name()}: held back {evaluate(network, data.held_back)[0]:.4f}")
    return network


def _seed(chain: Chain, part: int) -> int:
    """A seed of its own for each part of a chain, so that a part does not depend on those that ran before it."""
    return chain.seed * 1_000 + part


@dataclass(frozen=True)
class _Keeper:
    """The files of a chain: NAME.pt has a point's weights and masks, NAME.json its row and what it was made with."""

    output: Path
    data: Data
    chain: Chain
    device: str

    def has(self, density: float | None, path: tuple[float, ...]) -> bool:
        """Whether a point is there; a TraceError where it was made otherwise."""
        file = self.output / f"{self.chain.name(density)}.json"
        if not file.is_file():
            return False
        found, expected = _read(file)["made"], self._made(path)
        for key, value in expected.items():
            if found.get(key) != value:
                raise TraceError(
                    f"{file}: made with {key} {found.get(key)}; expected {value}: give another output folder, or the same"
                    " settings"
                )
        return True

    def load(self, network: nn.Module, density: float | None) -> None:
        """Puts a point's weights and masks into a network of its form."""
        file = self.output / f"{self.chain.name(density)}.pt"
        try:
            network.load_state_dict(torch.load(file, map_location=self.device, weights_only=True))
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TraceError(f"{file}: {reason}; expected the weights of {self.chain.name(density)}") from None

    def keep(self, network: nn.Module, density: float | None, path: tuple[float, ...], row: Mapping[str, str]) -> None:
        """Writes a point whole or not at all, and the results with it."""
        weights = io.BytesIO()
        torch.save(copy.deepcopy(network).cpu().state_dict(), weights)
        text = json.dumps({"made": self._made(path), "row": row}, indent=1)
        name = self.chain.name(density)
        write_whole({self.output / f"{name}.pt": weights.getvalue(), self.output / f"{name}.json": text.encode()})
        write_results(self.output)

    def _made(self, path: tuple[float, ...]) -> dict[str, Any]:
        """What fixes a point: data, recipe and the densities on the way to it."""
        recipe = asdict(self.chain.recipe)
        sizes = [len(part.labels) for part in (self.data.training, self.data.held_back, self.data.testing)]
        return {"data": self.data.name, "images": sizes, **recipe, "densities": list(path)}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TraceError(f"{path}: {error}; expected the row of a point") from None
    if not isinstance(found, dict) or found.keys() != {"made", "row"}:
        raise TraceError(f"{path}: no row of a point; expected the keys made and row")
    return found
