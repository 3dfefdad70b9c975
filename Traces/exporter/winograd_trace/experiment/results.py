"""The rows of ``results.csv`` and what they say together: losses against the dense network, over the seeds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from scipy.stats import t as student

from ..errors import TraceError

COLUMNS = (
    "network",
    "method",
    "tile",
    "shares",
    "density",
    "seed",
    "epochs",
    "validation accuracy",
    "test accuracy",
    "weight densities",
    "activation densities",
    "dense multiplications",
    "multiplications",
    "multiplications through F(2x2)",
    "multiplications through F(4x4)",
)
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Variant:
    """A way to run a network: its method and, for layers in the Winograd domain, their tile. ``shares`` as in a chain."""

    network: str
    method: str
    tile: str
    shares: str

    def __str__(self) -> str:
        tile = f" F({self.tile}x{self.tile})" if self.tile else ""
        shares = "" if self.shares == "alike" else f", densities by {self.shares}"
        return f"{self.network} {self.method}{tile}{shares}"


@dataclass(frozen=True)
class Row:
    """One row. Accuracies are shares of 1; ``through`` has the multiplications through F(2x2) and F(4x4), by tile."""

    variant: Variant
    density: float
    seed: int
    epochs: int
    validation: float
    test: float
    dense: int
    multiplied: int
    through: Mapping[int, int]


@dataclass(frozen=True)
class Mean:
    """A mean over seeds, and half the width of its interval of 95 % (Student's t); None for one seed."""

    value: float
    interval: float | None

    @staticmethod
    def of(values: Iterable[float]) -> Mean:
        """The mean of some values."""
        values = list(values)
        if len(values) == 1:
            return Mean(values[0], None)
        half = float(student.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * stdev(values) / sqrt(len(values))
        return Mean(fmean(values), half)


@dataclass(frozen=True)
class Summary:
    """A point over its seeds. Losses are points of accuracy (shares of 100) below the dense network of the same seed and
    epochs. ``reduction`` is how many times fewer multiplications it has than the dense direct network, all layers
    together; ``through`` the same where a spatial network runs through F(2x2) and F(4x4), by tile.
    """

    variant: Variant
    density: float
    seeds: tuple[int, ...]
    held_back_loss: Mean
    test_loss: Mean
    test_accuracy: Mean
    reduction: float
    through: Mapping[int, float]


def read_rows(path: str | Path) -> list[Row]:
    """Reads ``results.csv``; a TraceError names the line of what is not such a table."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise TraceError(f"{path}: there is no column '{missing[0]}'; expected the table of the experiment")
            return [_row(entry, f"{path}:{table.line_num}") for entry in table]
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"{path}: {error}; expected the table of the experiment") from None


def summarize(rows: Iterable[Row]) -> list[Summary]:
    """The points, each over the seeds for which the dense network trained as many epochs, the densest first."""
    rows = list(rows)
    dense = {(row.variant.network, row.seed, row.epochs): row for row in rows if row.variant.method == "dense"}
    points: dict[tuple[Variant, float], list[tuple[Row, Row]]] = {}
    for row in rows:
        base = dense.get((row.variant.network, row.seed, row.epochs))
        if base is not None:
            points.setdefault((row.variant, row.density), []).append((row, base))
    return [
        Summary(
            variant,
            density,
            tuple(sorted(row.seed for row, _ in pairs)),
            Mean.of(100 * (base.validation - row.validation) for row, base in pairs),
            Mean.of(100 * (base.test - row.test) for row, base in pairs),
            Mean.of(100 * row.test for row, _ in pairs),
            fmean(row.dense / row.multiplied for row, _ in pairs),
            {tile: fmean(row.dense / row.through[tile] for row, _ in pairs) for tile in pairs[0][0].through},
        )
        for (variant, density), pairs in sorted(points.items(), key=lambda point: (str(point[0][0]), -point[0][1]))
    ]


def choose(summaries: Iterable[Summary], most_loss: float) -> list[Summary]:
    """Of each variant but the dense one the point with the fewest multiplications that loses at most ``most_loss`` points.

    The loss is that on the images that were held back, the mean of the seeds. A variant without such a point has none.
    """
    chosen: dict[Variant, Summary] = {}
    for point in summaries:
        if point.variant.method == "dense" or point.held_back_loss.value > most_loss:
            continue
        best = chosen.get(point.variant)
        if best is None or point.reduction > best.reduction:
            chosen[point.variant] = point
    return list(chosen.values())


def baselines(summaries: Iterable[Summary]) -> list[Summary]:
    """Of each network the dense point that trained longest, which is the last one of its chain."""
    last: dict[Variant, Summary] = {}
    for point in summaries:
        if point.variant.method == "dense" and point.density <= last.get(point.variant, point).density:
            last[point.variant] = point
    return list(last.values())


def _row(entry: dict[str, str], where: str) -> Row:
    try:
        through = {tile: entry[f"multiplications through F({tile}x{tile})"] for tile in (2, 4)}
        row = Row(
            Variant(entry["network"], entry["method"], entry["tile"], entry["shares"]),
            float(entry["density"]),
            int(entry["seed"]),
            int(entry["epochs"]),
            float(entry["validation accuracy"]),
            float(entry["test accuracy"]),
            int(entry["dense multiplications"]),
            int(entry["multiplications"]),
            {tile: int(count) for tile, count in through.items() if count},
        )
    except (TypeError, ValueError) as error:
        raise TraceError(f"{where}: {error}; expected a row of the experiment") from None
    if not (0 <= row.validation <= 1 and 0 <= row.test <= 1 and row.multiplied > 0 and row.dense > 0):
        raise TraceError(f"{where}: expected accuracies of 0 to 1 and multiplications above 0")
    return row
