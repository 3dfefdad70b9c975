"""``python -m winograd_trace``: the package's commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from .errors import TraceError

USAGE, BAD_DATA, MISSING = 64, 65, 69


class Parser(argparse.ArgumentParser):
    """A parser whose usage errors have the exit code of winosim's."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = Parser(prog="python -m winograd_trace", description="Makes traces for winosim.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    onnx = commands.add_parser("onnx", help="an ONNX file as a trace", description="Writes an ONNX file as a trace.")
    if given[:1] != ["onnx"]:
        parser.parse_args(given)
    try:
        from .onnx import command
    except ModuleNotFoundError as error:
        print(
            f"winograd_trace onnx: {error.name} is not installed: pip install 'winograd-trace[onnx]'", file=sys.stderr
        )
        return MISSING
    command.add_arguments(onnx)
    try:
        return command.run(parser.parse_args(given), onnx)
    except TraceError as error:
        print(f"winograd_trace onnx: {error}", file=sys.stderr)
        return BAD_DATA
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
