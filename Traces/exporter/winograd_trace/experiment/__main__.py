"""``python -m winograd_trace.experiment``: runs points, compares them, and writes what ships of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..__main__ import BAD_DATA, MISSING, Parser
from ..errors import TraceError

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
EXAMPLE = """example:
  apt-get install dataset-fashion-mnist
  python -m winograd_trace.experiment run --network vgg --method winograd-relu --tile 2 --seed 1 --output points
  python -m winograd_trace.experiment run --network vgg --method dense --seed 1 --output points
  python -m winograd_trace.experiment table points
  python -m winograd_trace.experiment draw points --network vgg --output vgg.svg
  python -m winograd_trace.experiment ship points --output Traces/fashion-mnist
A run that was stopped goes on when it is given again. points/results.csv has a row for each point that is done.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code."""
    try:
        from . import command
    except ModuleNotFoundError as error:
        print(
            f"winograd_trace.experiment: {error.name} is not installed, and training needs it: "
            "pip install -r Traces/exporter/requirements-digits.txt",
            file=sys.stderr,
        )
        return MISSING
    parser = Parser(
        prog="python -m winograd_trace.experiment",
        description="Trains networks, prunes them in steps with one of four methods, and counts their multiplications.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_commands(parser, Path(FASHION_MNIST))
    try:
        return command.run(parser.parse_args(arguments))
    except TraceError as error:
        print(f"winograd_trace.experiment: {error}", file=sys.stderr)
        return BAD_DATA
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
