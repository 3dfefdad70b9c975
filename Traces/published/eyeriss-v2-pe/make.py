"""Makes trace.yaml and tensors.safetensors from the masks that Sparseloop's artifact publishes.

    PYTHONPATH=Traces/exporter python Traces/published/eyeriss-v2-pe/make.py MASKS

MASKS is the folder ``actual_data_masks`` of fig12_eyerissv2_pe_setup in the repository
Accelergy-Project/micro22-sparseloop-artifact: two text files a layer, a character an operand, 0 where it is zero.

Channels are innermost in both: a file of weights is [K, C], one of inputs [pixels, C]. So read, the pairs without a
zero are as many as the published cycles in all seven layers; with channels outermost they are not.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from winograd_trace import TraceWriter
from winograd_trace.winograd import Array

# Channels, edge of the map, filters.
LAYERS = {
    "L07": (64, 32, 64),
    "L09": (64, 16, 128),
    "L13": (128, 8, 256),
    "L19": (256, 8, 256),
    "L21": (256, 8, 256),
    "L23": (256, 8, 256),
    "L27": (512, 4, 512),
}

COMMENT = """Made by: PYTHONPATH=Traces/exporter python Traces/published/eyeriss-v2-pe/make.py MASKS
Masks: github.com/Accelergy-Project/micro22-sparseloop-artifact, fig12_eyerissv2_pe_setup, actual_data_masks;
Wu et al., "Sparseloop", MICRO 2022, figure 12. Only zeros are known of the operands: others are 1."""


def read(path: Path, shape: tuple[int, ...]) -> Array:
    """The characters of a file of masks as numbers 0 and 1."""
    flags = np.frombuffer(path.read_bytes(), np.uint8) - ord("0")
    if flags.size != np.prod(shape) or flags.max() > 1:
        raise SystemExit(f"{path}: expected {np.prod(shape)} characters 0 or 1")
    return flags.reshape(shape)


def make(masks: Path) -> TraceWriter:
    """The trace of all layers."""
    writer = TraceWriter(
        model="eyeriss-v2-pe",
        description="Seven pointwise layers of a pruned MobileNet 0.5 with their real zeros, for one PE of Eyeriss v2",
    )
    for name, (channels, edge, filters) in LAYERS.items():
        weights = read(masks / f"{name}_weights.txt", (filters, channels, 1, 1))
        inputs = read(masks / f"{name}_iacts.txt", (1, edge, edge, channels))
        writer.convolution(name, weights=weights, activations=inputs.transpose(0, 3, 1, 2), relu="spatial")
    return writer


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes the trace of Eyeriss v2's PE.")
    parser.add_argument("masks", type=Path, help="the folder of the published masks")
    make(parser.parse_args().masks).write(Path(__file__).with_name("trace.yaml"), comment=COMMENT)


if __name__ == "__main__":
    main()
