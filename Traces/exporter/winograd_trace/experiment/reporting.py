"""What the experiment's results say, as a table, and as a figure of accuracy lost against multiplications."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import TraceError
from .results import Mean, Summary, Variant

_LINES = {"spatial-pruned": "tab:blue", "winograd-pruned": "tab:orange", "winograd-relu": "tab:green", "dense": "gray"}
_MARKS = {"2": "o", "4": "s", "": "^"}


def table(points: Sequence[Summary]) -> str:
    """A table in Markdown, a row a point. Losses and accuracies are in points, with intervals of 95 % over the seeds."""
    heads = ["network and method", "density", "seeds", "held back, lost", "test, lost", "test", "fewer multiplications"]
    heads += ["through F(2x2)", "through F(4x4)"]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for point in points:
        through = [f"{point.through[tile]:.2f}" if tile in point.through else "" for tile in (2, 4)]
        cells = (
            str(point.variant),
            f"{point.density:g}",
            str(len(point.seeds)),
            _text(point.held_back_loss),
            _text(point.test_loss),
            _text(point.test_accuracy),
            f"{point.reduction:.2f}",
            *through,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw(points: Sequence[Summary], output: Path, network: str) -> None:
    """Draws a network's points, one line a method and tile, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    points = [point for point in points if point.variant.network == network and point.variant.method != "dense"]
    if not points:
        raise TraceError(f"{output}: no point of {network} stands beside a dense one of the same seed and epochs")
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "winosim", "font.size": 9}):
        figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
        for variant, line in _lines(points).items():
            axes.errorbar(
                [point.reduction for point in line],
                [point.test_loss.value for point in line],
                [point.test_loss.interval or 0.0 for point in line],
                color=_LINES[variant.method],
                marker=_MARKS[variant.tile],
                linestyle="-" if variant.shares == "alike" else "--",
                markersize=4,
                capsize=2,
                label=str(variant),
            )
        for tile, style in ((2, ":"), (4, "-.")):
            line = [point for point in points if point.variant.method == "spatial-pruned" and tile in point.through]
            line = [point for point in line if point.variant.shares == "alike"]
            if line:
                axes.plot(
                    [point.through[tile] for point in line],
                    [point.test_loss.value for point in line],
                    color=_LINES["spatial-pruned"],
                    linestyle=style,
                    label=f"{line[0].variant} through F({tile}x{tile})",
                )
        axes.axhline(0.1, color="black", linewidth=0.6)
        axes.set_xscale("log")
        axes.set_xticks([1, 2, 3, 5, 10, 20, 30, 50], ["1", "2", "3", "5", "10", "20", "30", "50"], minor=False)
        axes.minorticks_off()
        axes.set_ylim(-1.0, 3.0)
        axes.set_xlabel("times fewer multiplications than dense direct, all layers")
        axes.set_ylabel("test accuracy lost (points)")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": "winograd_trace.experiment"})
        pyplot.close(figure)


def _lines(points: Sequence[Summary]) -> dict[Variant, list[Summary]]:
    lines: dict[Variant, list[Summary]] = {}
    for point in points:
        lines.setdefault(point.variant, []).append(point)
    return {variant: sorted(line, key=lambda point: point.reduction) for variant, line in lines.items()}


def _text(mean: Mean) -> str:
    return f"{mean.value:.2f}" + ("" if mean.interval is None else f" ± {mean.interval:.2f}")
