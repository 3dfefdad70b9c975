"""What ships of the experiment: results, and for each chosen point its weights and a trace of four test images.

A point's weights are a safetensors file: weights and biases in float16, batch norms in float32. Pruned weights are zeros
there, and their masks are made of them. The trace is that of the network in float16. ``int8.csv`` has the accuracies with
8-bit operands.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from ..errors import TraceError
from ..exporting import export
from ..modules import Prunable
from ..trace import write_whole
from .data import Data
from .int8 import SCALES, Scales, in_int8
from .networks import NETWORK_NAMES, Form, NetworkName, build, in_form
from .points import FORMS_OF_METHODS, RESULTS, Chain, Method, Shares, counted_images, in_float16
from .results import Summary, Variant
from .training import evaluate

INT8 = "int8.csv"
INT8_COLUMNS = ("point", "scales", "validation accuracy", "test accuracy")


def file_name(variant: Variant) -> str:
    """The name of a variant's files, without an ending."""
    tile = f"-f{variant.tile}" if variant.tile else ""
    shares = "" if variant.shares == "alike" else f"-by-{variant.shares}"
    return f"{variant.network}-{variant.method}{tile}{shares}"


def ship(points: Iterable[Summary], data: Data, folder: Path, output: Path) -> list[Path]:
    """Writes the tables and the files of the chosen points, of ``folder``, for the first seed of each; the manifests."""
    written: list[Path] = []
    accuracies: list[tuple[str, ...]] = []
    for point in points:
        variant, seed = point.variant, point.seeds[0]
        chain = Chain(
            cast(NetworkName, variant.network),
            cast(Method, variant.method),
            (point.density,),
            int(variant.tile or 2),
            cast(Shares, variant.shares),
            seed,
        )
        network = form_of(variant, data)
        file = folder / f"{chain.name(point.density)}.pt"
        try:
            network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError) as error:
            raise TraceError(f"{file}: {str(error).splitlines()[0]}; expected the weights of this point") from None
        network = in_float16(network).eval()
        name = file_name(variant)
        write_whole({output / f"{name}.weights.safetensors": save(_stored(network))})
        kept = (
            f", {point.density:.0%} of the weights of its 3x3 layers but the first" if variant.method != "dense" else ""
        )
        description = f"{variant} on {data.name}{kept}, seed {seed}: four test images"
        path = output / f"{name}.yaml"
        export(
            copy.deepcopy(network).half(),
            counted_images(data).half(),
            path,
            name=name,
            description=description,
            tensors=f"{name}.safetensors",
            comment="Made by: python -m winograd_trace.experiment ship",
        )
        written.append(path)
        accuracies += [_int8_row(name, network, scales, data) for scales in SCALES]
    table = "".join(f"{','.join(row)}\n" for row in (INT8_COLUMNS, *accuracies))
    write_whole({output / RESULTS: (folder / RESULTS).read_bytes(), output / INT8: table.encode()})
    return written


def _int8_row(name: str, network: nn.Module, scales: Scales, data: Data) -> tuple[str, ...]:
    quantized = in_int8(network, scales, data.training)
    accuracies = (evaluate(quantized, part)[0] for part in (data.held_back, data.testing))
    return name, scales, *(f"{accuracy:.5f}" for accuracy in accuracies)


def form_of(variant: Variant, data: Data) -> nn.Module:
    """A variant's network, with fresh weights."""
    if variant.network not in NETWORK_NAMES or variant.method not in FORMS_OF_METHODS:
        raise TraceError(f"{variant}; expected one of {', '.join(NETWORK_NAMES)}, {', '.join(FORMS_OF_METHODS)}")
    form: Form = FORMS_OF_METHODS[variant.method]
    return in_form(build(variant.network, data.shape[0], data.classes), form, int(variant.tile or 2))


def read_network(variant: Variant, data: Data, path: Path) -> nn.Module:
    """A network of a weights file of ``ship``, in evaluation mode; arithmetic is in float32."""
    network = form_of(variant, data)
    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TraceError(f"{path}: {error}; expected the weights of {variant}") from None
    for name, module in network.named_modules():
        if isinstance(module, Prunable) and f"{name}.weight" in stored:
            stored[f"{name}.mask"] = (stored[f"{name}.weight"] != 0).float()
    try:
        network.load_state_dict(stored)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise TraceError(f"{path}: {reason}; expected the weights of {variant}") from None
    return network.eval()


def _stored(network: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a network in float16, without its masks."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    for name, module in network.named_modules():
        prefix = f"{name}." if name else ""
        if isinstance(module, Prunable):
            state[f"{prefix}weight"] = module.kept_weight.detach().cpu().contiguous()
            del state[f"{prefix}mask"]
        if isinstance(module, Prunable | nn.Conv2d | nn.Linear):
            for key in (f"{prefix}weight", f"{prefix}bias"):
                if key in state:
                    state[key] = state[key].half()
    return state
