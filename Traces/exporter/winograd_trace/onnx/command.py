"""The command ``onnx``: an ONNX file in, a trace out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ..errors import TraceError
from ..winograd import Array
from .exporting import Options, export

UNREADABLE, NOT_WRITABLE = 66, 73

EXAMPLE = """\
The trace is DIR/trace.yaml and, where values are kept, DIR/tensors.safetensors. The network runs in onnxruntime; every
layer is checked against the written files, in float64. An export that fails writes nothing.

example:
  python -m winograd_trace onnx resnet50.onnx --input image.npy --output resnet50
  winosim simulate resnet50

exit codes: 0 written, 64 bad usage, 65 bad input data, 66 a file cannot be read, 73 an output cannot be written.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLE
    parser.add_argument("model", type=Path, metavar="MODEL.onnx")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the trace")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="[NAME=]ARRAY.npy",
        help="values of an input; repeated for several",
    )
    parser.add_argument(
        "--random",
        action="store_true",
        help="draw inputs that are not given, and weights that the model generates (ConstantOfShape)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of --random (default: %(default)s)")
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="NAME=1,3,224,224",
        help="shape of an input whose sizes the model leaves open; repeated for several",
    )
    parser.add_argument(
        "--activations",
        choices=("values", "density", "none"),
        default="values",
        help="keep activations and outputs as values (the export says how many bytes that is), measured densities of "
        "the activations (a few vectors a layer), or nothing: dense, which needs no run (default: %(default)s)",
    )
    parser.add_argument(
        "--weights",
        choices=("values", "density"),
        default="values",
        help="keep weights as values, or measured densities of them (a few vectors a layer) (default: %(default)s)",
    )
    parser.add_argument(
        "--skip-unsupported",
        action="store_true",
        help="list multiplications that a trace cannot hold (LSTM, Einsum, ...) in the manifest instead of refusing",
    )
    parser.add_argument("--name", help="the model's name in the trace (default: the file's)")


def run(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Runs the command; the exit code."""
    shapes = dict(_shape(text, parser) for text in arguments.shape)
    if len(shapes) < len(arguments.shape):
        parser.error("--shape names an input twice")
    if arguments.seed < 0:
        parser.error(f"--seed is {arguments.seed}; expected at least 0")
    options = Options(
        activations=arguments.activations,
        weights=arguments.weights,
        random=arguments.random,
        seed=arguments.seed,
        skip_unsupported=arguments.skip_unsupported,
        name=arguments.name,
    )
    try:
        inputs = _arrays(arguments.input, parser)
        arguments.model.open("rb").close()
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}", UNREADABLE)
    try:
        exported = export(
            arguments.model,
            arguments.output,
            inputs,
            shapes,
            options,
            progress=_progress if sys.stderr.isatty() else None,
            announce=lambda line: print(line, flush=True),
        )
    except OSError as error:
        return _fail(f"{error.filename or arguments.output}: {error.strerror}", NOT_WRITABLE)
    print(exported.summary)
    print(f"written: {exported.path}")
    return 0


def _arrays(given: list[str], parser: argparse.ArgumentParser) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for text in given:
        name, separator, path = text.partition("=")
        if not separator or Path(text).exists():
            name, path = "", text
        if name in arrays:
            parser.error(f"--input gives {name or 'the network input'!r} twice")
        try:
            loaded = np.load(path, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise TraceError(f"{path}: not an array of numpy (.npy): {error}") from None
        if not isinstance(loaded, np.ndarray):
            raise TraceError(f"{path}: several arrays; expected one (.npy)")
        arrays[name] = loaded
    return arrays


def _shape(text: str, parser: argparse.ArgumentParser) -> tuple[str, tuple[int, ...]]:
    name, _, sizes = text.rpartition("=")
    try:
        shape = tuple(int(size) for size in sizes.split(","))
    except ValueError:
        shape = ()
    if not name or not shape:
        parser.error(f"--shape is {text!r}; expected NAME=1,3,224,224")
    return name, shape


def _progress(phase: str, done: int, count: int) -> None:
    end = "\n" if done == count else ""
    print(f"\r{phase} {done}/{count} layers", end=end, file=sys.stderr, flush=True)


def _fail(message: str, code: int) -> int:
    print(f"winograd_trace onnx: {message}", file=sys.stderr)
    return code
