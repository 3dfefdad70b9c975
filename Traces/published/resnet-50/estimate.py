"""Estimates NVDLA's frames a second on ResNet-50 in the way that its primer describes, beside the primer's figures.

    python Traces/published/resnet-50/estimate.py

A layer takes the longer of its multiplications and its transfers, the network the sum of its layers. Inputs are read
once for each block of weights. The size of a block is not published; an eighth of the convolution buffer fits best.
"""

from __future__ import annotations

import csv
from math import ceil
from pathlib import Path

# Multipliers, KB of the convolution buffer, GB/s, frames a second: nvdla/doc, doc/primer.rst at 04a0133c.
PUBLISHED = (
    (2048, 512, 20, 269),
    (1024, 256, 15, 153),
    (512, 256, 10, 93),
    (256, 256, 5, 46),
    (128, 256, 2, 20),
    (64, 128, 1, 7.3),
    (32, 128, 0.5, 3.6),
)
BLOCKS = 8


def microseconds(layer: dict[str, str], multipliers: int, block: float, gigabytes: float) -> tuple[float, float]:
    """The time of a layer at 1 GHz and its megabytes. The last layer of a residual block also reads the shortcut."""
    channels, filters, kernel = int(layer["C"]), int(layer["K"]), int(layer["kernel"])
    outputs = filters * int(layer["H_out"]) ** 2
    weights = channels * filters * kernel**2
    read = channels * int(layer["H_in"] if kernel > 1 else layer["H_out"]) ** 2
    shortcut = outputs if layer["layer"].endswith("branch2c") else 0
    transfers = read * ceil(weights / block) + weights + outputs + shortcut
    # Pooling the first layer's outputs reads them and writes a quarter.
    pooling = 1.25 * outputs if layer["layer"] == "conv1" else 0
    compute = channels * kernel**2 * outputs / multipliers
    return max(compute, transfers / gigabytes) / 1e3 + pooling / gigabytes / 1e3, (transfers + pooling) / 1e6


def main() -> None:
    """Prints the table."""
    with Path(__file__).with_name("layers.csv").open(newline="", encoding="utf-8") as file:
        layers = list(csv.DictReader(file))
    print("multipliers  published  estimate  difference     MB")
    for multipliers, kilobytes, gigabytes, published in PUBLISHED:
        costs = [microseconds(layer, multipliers, kilobytes * 1024 / BLOCKS, gigabytes) for layer in layers]
        frames = 1e6 / sum(time for time, _ in costs)
        print(
            f"{multipliers:11}  {published:9}  {frames:8.2f}  {frames / published - 1:+10.1%}  "
            f"{sum(size for _, size in costs):5.1f}"
        )


if __name__ == "__main__":
    main()
