"""The networks of Liu, Pool, Han and Dally (ICLR 2018, arXiv:1802.06367) as densities, calibrated to their totals.

    python -m winograd_trace.calibrated Traces

reads ``layers.csv`` in each network's folder and writes one manifest per method into it. The paper publishes the saved
multiplications of each network, but no densities per layer. So all 3x3 layers after the first have one weight density
and one activation density, chosen to give the published total: a calibration, not a measurement.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import TraceError
from .layers import Layer
from .operands import Density, Domain, Relu
from .shape import Shape
from .trace import Trace, write_whole

Method = Literal["dense", "spatial-pruned", "winograd-pruned", "winograd-relu"]
METHODS: tuple[Method, ...] = ("dense", "spatial-pruned", "winograd-pruned", "winograd-relu")

FIRST_WEIGHTS = 0.8


@dataclass(frozen=True)
class Densities:
    """Densities of weights and of activations in the 3x3 layers after the first."""

    weights: float
    activations: float


@dataclass(frozen=True)
class Network:
    """One of the paper's networks. ``first`` names the 3x3 layer that reads the image, if there is one."""

    folder: str
    title: str
    published: float
    shapes: str
    spatial_pruned: Densities
    winograd_pruned: Densities
    winograd_relu: Densities
    first: str | None = None
    uncounted: tuple[str, ...] = ()
    note: str = ""

    def densities(self, method: Method) -> Densities:
        """The densities of a method's 3x3 layers after the first."""
        return {
            "dense": Densities(1.0, 1.0),
            "spatial-pruned": self.spatial_pruned,
            "winograd-pruned": self.winograd_pruned,
            "winograd-relu": self.winograd_relu,
        }[method]


NETWORKS = (
    Network(
        folder="vgg-nagadomi",
        title="VGG-nagadomi (CIFAR-10)",
        published=10.4,
        shapes="the VGG model of github.com/nagadomi/kaggle-cifar10-torch7",
        spatial_pruned=Densities(0.60, 0.319),
        winograd_pruned=Densities(0.60, 1.0),
        winograd_relu=Densities(0.40, 0.411),
        first="conv0",
    ),
    Network(
        folder="convpool-cnn-c",
        title="ConvPool-CNN-C (CIFAR-100)",
        published=6.8,
        shapes="Springenberg et al., Striving for Simplicity (2015), with 100 classes",
        spatial_pruned=Densities(0.60, 0.471),
        winograd_pruned=Densities(0.70, 1.0),
        winograd_relu=Densities(0.50, 0.627),
        first="conv0",
        note="conv6 circulates with padding 1 and 0; padding 1 comes closer to the published total (6.74 against 6.89)",
    ),
    Network(
        folder="resnet-18",
        title="ResNet-18 (ImageNet)",
        published=10.8,
        shapes="ResNet-18-var of github.com/xingyul/sparse-winograd-cnn: stride-1 3x3 layers, pooling, res5 at 14x14",
        spatial_pruned=Densities(0.50, 0.392),
        winograd_pruned=Densities(0.50, 1.0),
        winograd_relu=Densities(0.35, 0.487),
        uncounted=("conv1",),
        note="the total leaves out conv1, the 7x7 layer, which is dense and direct",
    ),
)


def read_shapes(path: Path) -> list[tuple[str, Shape]]:
    """Names and shapes of a table with the columns layer, C, K, H_in, W_in, kernel, stride and pad."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        return [(row["layer"], _shape(row)) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(f"{path}: a layer lacks a whole number: {error}") from None


def make_trace(network: Network, method: Method, shapes: Iterable[tuple[str, Shape]]) -> Trace:
    """The network's layers under a method."""
    layers = tuple(_layer(network, method, name, shape) for name, shape in shapes)
    description = _describe(network, method, multiply_reduction(layers, network.uncounted))
    source = {"exporter": "winograd_trace.calibrated"}
    return Trace(f"{network.folder}-{method}", layers, description, source)


def make_manifest(network: Network, method: Method, shapes: Iterable[tuple[str, Shape]]) -> str:
    """The text of the network's manifest for a method."""
    lines = [
        "Made by: python -m winograd_trace.calibrated Traces",
        f"Shapes: layers.csv, after {network.shapes}.",
        "Densities: calibrated to the total of Liu, Pool, Han and Dally (ICLR 2018, arXiv:1802.06367), not measured.",
    ]
    if network.note:
        lines.append(f"Note: {network.note}.")
    trace = make_trace(network, method, shapes)
    trace.check()
    return trace.manifest(comment="\n".join(lines))


def multiply_reduction(layers: Iterable[Layer], uncounted: tuple[str, ...] = ()) -> float:
    """Multiplications of the dense direct convolutions over the products expected of two non-zero operands."""
    counted = [layer for layer in layers if layer.name not in uncounted]
    return sum(layer.shape.dense_multiplies for layer in counted) / sum(expected_products(layer) for layer in counted)


def expected_products(layer: Layer) -> float:
    """The expected number of products of a layer of densities, with F(2x2, 3x3) if it is a Winograd layer.

    A Winograd layer has K * C/groups * tiles * n^2 pairs of operands, border tiles included. A direct layer has one
    pair per multiplication.
    """
    weights, activations, shape = layer.weights, layer.activations, layer.shape
    if not isinstance(weights, Density) or not isinstance(activations, Density):
        raise TraceError(f"layer '{layer.name}': an operand is no density; expected products require densities")
    pairs = shape.dense_multiplies
    if layer.is_winograd:
        positions = (layer.tile + shape.kernel[0] - 1) ** 2
        tiles = shape.batch * shape.tiles(layer.tile)
        pairs = shape.filters * (shape.channels // shape.groups) * tiles * positions
    return pairs * weights.density * activations.density


def _shape(row: dict[str, str]) -> Shape:
    kernel, stride, pad = int(row["kernel"]), int(row["stride"]), int(row["pad"])
    return Shape(
        channels=int(row["C"]),
        filters=int(row["K"]),
        height=int(row["H_in"]),
        width=int(row["W_in"]),
        kernel=(kernel, kernel),
        stride=(stride, stride),
        padding=(pad, pad),
    )


def _layer(network: Network, method: Method, name: str, shape: Shape) -> Layer:
    linear = name.startswith("fc")
    dense = Density(1.0)
    if method == "dense" or linear or shape.kernel != (3, 3):
        return Layer(name, shape, dense, dense, "linear" if linear else "convolution")
    domain: Domain = "spatial" if method == "spatial-pruned" else "winograd"
    if name == network.first:
        return Layer(name, shape, Density(FIRST_WEIGHTS, domain), Density(1.0, domain))
    kept = network.densities(method)
    relu: Relu = "winograd" if method == "winograd-relu" else "spatial"
    return Layer(name, shape, Density(kept.weights, domain), Density(kept.activations, domain), relu=relu)


def _describe(network: Network, method: Method, reduction: float) -> str:
    kept = network.densities(method)
    layers = "the 3x3 layers" + (" after the first" if network.first else "")
    without = f" without {', '.join(network.uncounted)}" if network.uncounted else ""
    both = f"weights {kept.weights:.2f} and activations {kept.activations:.3f} in {layers}"
    total = f"the published total of {network.published}x fewer multiplications{without}"
    texts = {
        "dense": f"dense: the baseline of the calibration to {total}; every operand counts as non-zero",
        "spatial-pruned": f"spatially pruned: a calibration beside {total}; {both} stand for the earlier method that "
        f"the paper improves on by 2x to 3x; as direct convolutions they give {reduction:.2f}x",
        "winograd-pruned": f"pruned in the Winograd domain, spatial ReLU: a calibration beside {total}; weights "
        f"{kept.weights:.2f} in {layers} stand for the earlier method, activations are filled in to 1.0; they give "
        f"{reduction:.2f}x",
        "winograd-relu": f"Winograd-ReLU: a calibration to {total}; {both} were chosen to give it and come to "
        f"{reduction:.2f}x",
    }
    return f"{network.title}, {texts[method]}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m winograd_trace.calibrated", description="Makes the manifests of the paper's networks."
    )
    parser.add_argument("traces", type=Path, help="the folder that holds " + ", ".join(n.folder for n in NETWORKS))
    folder: Path = parser.parse_args().traces
    for network in NETWORKS:
        shapes = read_shapes(folder / network.folder / "layers.csv")
        for method in METHODS:
            text = make_manifest(network, method, shapes)
            write_whole({folder / network.folder / f"{method}.yaml": text.encode()})


if __name__ == "__main__":
    main()
