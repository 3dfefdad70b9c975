"""Image sets from the files that their authors publish: Fashion-MNIST, CIFAR-10, CIFAR-100, and folders as of ImageNet.

Every loader checks what it reads: a TraceError names the folder or file, what was found and what was expected. Some
training images are held back, chosen by a seed, so that methods can be compared without the test set.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
import torch
from torch import Tensor

from ..errors import TraceError
from ..winograd import Array

DataName = Literal["fashion-mnist", "cifar-10", "cifar-100", "imagenet"]
DATA_NAMES: tuple[DataName, ...] = get_args(DataName)
HELD_BACK = 5_000
IMAGENET_EDGE = 224


class Images(Protocol):
    """Labelled images that can be taken by their indices."""

    @property
    def labels(self) -> Tensor:
        """The class of every image, int64 [N]."""

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Normalized images, float32 [n, C, H, W], and their labels [n], of indices [n]."""


@dataclass(frozen=True)
class Data:
    """A set in three parts; ``held_back`` is a part of the published training images. ``shape`` is (C, H, W)."""

    name: DataName
    classes: int
    shape: tuple[int, int, int]
    training: Images
    held_back: Images
    testing: Images


@dataclass(frozen=True)
class StoredImages:
    """Images in memory: pixels uint8 [N, C, H, W], normalized when they are taken; ``mean`` and ``scale`` are [C, 1, 1]."""

    pixels: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Images``."""
        return (self.pixels[chosen].float() - self.mean) / self.scale, self.labels[chosen]


@dataclass(frozen=True)
class First:
    """The first ``count`` of some images."""

    images: Images
    count: int

    @property
    def labels(self) -> Tensor:
        """See ``Images``."""
        return self.images.labels[: self.count]

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Images``."""
        return self.images.take(chosen)


@dataclass(frozen=True)
class ImageFiles:
    """Image files, read when they are taken: the shorter side becomes 8/7 of the edge, of which the middle is cut out."""

    paths: tuple[Path, ...]
    labels: Tensor
    mean: Tensor
    scale: Tensor
    edge: int = IMAGENET_EDGE

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Images``."""
        pixels = torch.stack([self._read(self.paths[index]) for index in chosen.tolist()])
        return (pixels - self.mean) / self.scale, self.labels[chosen]

    def _read(self, path: Path) -> Tensor:
        from PIL import Image

        try:
            with Image.open(path) as image:
                ratio = self.edge * 8 / 7 / min(image.size)
                width, height = (max(self.edge, round(side * ratio)) for side in image.size)
                left, top = (width - self.edge) // 2, (height - self.edge) // 2
                cut = image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
                cut = cut.crop((left, top, left + self.edge, top + self.edge))
        except OSError as error:
            raise TraceError(f"{path}: {error}; expected an image file that is complete") from None
        return torch.from_numpy(np.asarray(cut, np.float32).transpose(2, 0, 1).copy())


def load(name: DataName, folder: str | Path, seed: int = 1, held_back: int = HELD_BACK) -> Data:
    """Reads a set from its folder; ``held_back`` training images, chosen by ``seed``, are kept for choosing."""
    folder = Path(folder)
    if not folder.is_dir():
        raise TraceError(f"{folder}: there is no such folder; expected the files of {name}")
    if name == "imagenet":
        return _load_folder(folder, seed, held_back)
    classes = 100 if name == "cifar-100" else 10
    if name == "fashion-mnist":
        training, testing = _read_idx_pair(folder, "train"), _read_idx_pair(folder, "t10k")
    elif name in DATA_NAMES:
        parts = [f"data_batch_{part}.bin" for part in range(1, 6)] if name == "cifar-10" else ["train.bin"]
        test = "test_batch.bin" if name == "cifar-10" else "test.bin"
        training, testing = _read_cifar(folder, parts, classes), _read_cifar(folder, [test], classes)
    else:
        raise TraceError(f"data {name!r}; expected {', '.join(DATA_NAMES)}")
    kept, held = split(len(training[1]), held_back, seed, folder)
    pixels, labels = training
    mean, scale = _statistics(pixels[kept.numpy()])

    def stored(images: Array, classes: Array) -> StoredImages:
        return StoredImages(torch.from_numpy(images), torch.from_numpy(classes.astype(np.int64)), mean, scale)

    return Data(
        name,
        classes,
        (int(pixels.shape[1]), int(pixels.shape[2]), int(pixels.shape[3])),
        stored(pixels[kept.numpy()], labels[kept.numpy()]),
        stored(pixels[held.numpy()], labels[held.numpy()]),
        stored(*testing),
    )


def split(count: int, held_back: int, seed: int, where: Path) -> tuple[Tensor, Tensor]:
    """Indices of the images to train with and of those held back, each in their order, by a seed."""
    if not 0 < held_back < count:
        raise TraceError(
            f"{where}: {held_back} of {count} training images are to be held back; expected fewer, at least 1"
        )
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return order[held_back:].sort().values, order[:held_back].sort().values


def _statistics(pixels: Array) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel, [C, 1, 1], from counts of the 256 values."""
    values = np.arange(256, dtype=np.float64)
    counts = [np.bincount(pixels[:, channel].reshape(-1), minlength=256) for channel in range(pixels.shape[1])]
    mean = np.array([count @ values / count.sum() for count in counts])
    square = np.array([count @ values**2 / count.sum() for count in counts])
    deviation = np.sqrt(np.maximum(square - mean**2, 1.0))
    return tuple(torch.from_numpy(array.astype(np.float32)).reshape(-1, 1, 1) for array in (mean, deviation))  # type: ignore[return-value]


def _require(folder: Path, names: Sequence[str]) -> None:
    if missing := [name for name in names if not (folder / name).is_file()]:
        found = sorted(path.name for path in folder.iterdir())
        listed = ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
        raise TraceError(
            f"{folder}: there is no {missing[0]}; found {listed or 'nothing'}; expected {', '.join(names)}"
        )


def _read_idx_pair(folder: Path, part: str) -> tuple[Array, Array]:
    """Pixels [N, 1, 28, 28] and labels [N] of one part of Fashion-MNIST."""
    names = [f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"]
    _require(folder, names)
    images, labels = _read_idx(folder / names[0], 3), _read_idx(folder / names[1], 1)
    if images.shape[1:] != (28, 28):
        raise TraceError(f"{folder / names[0]}: images of {list(images.shape[1:])}; expected [28, 28]")
    if len(images) != len(labels):
        raise TraceError(f"{folder / names[1]}: {len(labels)} labels; expected {len(images)}, one an image")
    _check_labels(labels, 10, folder / names[1])
    return images[:, None], labels


def _read_idx(path: Path, dimensions: int) -> Array:
    """An idx file of bytes: two zeros, the type 8, the number of dimensions, their sizes (big-endian), the values."""
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise TraceError(f"{path}: {error}; expected a complete gzip file") from None
    header = 4 + 4 * dimensions
    expected = bytes((0, 0, 8, dimensions))
    if data[:4] != expected or len(data) < header:
        raise TraceError(
            f"{path}: begins with {data[:4].hex(' ') or 'nothing'}; expected an idx file, {expected.hex(' ')}"
        )
    sizes = np.frombuffer(data, ">u4", dimensions, 4).astype(int).tolist()
    if len(data) - header != int(np.prod(sizes)) or 0 in sizes:
        raise TraceError(
            f"{path}: {len(data) - header} bytes of values; expected {int(np.prod(sizes))}, of sizes {sizes}"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(sizes).copy()


def _read_cifar(folder: Path, names: Sequence[str], classes: int) -> tuple[Array, Array]:
    """Pixels [N, 3, 32, 32] and labels [N] of CIFAR's binary files; CIFAR-100 has a coarse label before the fine one."""
    _require(folder, names)
    heading = 1 if classes == 10 else 2
    record = heading + 3 * 32 * 32
    images, labels = [], []
    for name in names:
        data = np.fromfile(folder / name, np.uint8)
        if data.size == 0 or data.size % record:
            raise TraceError(
                f"{folder / name}: {data.size} bytes; expected a multiple of {record}, one record an image"
            )
        rows = data.reshape(-1, record)
        _check_labels(rows[:, heading - 1], classes, folder / name)
        labels.append(rows[:, heading - 1])
        images.append(rows[:, heading:].reshape(-1, 3, 32, 32))
    return np.concatenate(images), np.concatenate(labels)


def _check_labels(labels: Array, classes: int, path: Path) -> None:
    if int(labels.max()) >= classes:
        raise TraceError(
            f"{path}: image {int(labels.argmax())} has label {int(labels.max())}; expected 0 to {classes - 1}"
        )


def _load_folder(folder: Path, seed: int, held_back: int) -> Data:
    """``train/CLASS/IMAGE`` and ``val/CLASS/IMAGE``, as torchvision reads it; classes are in the order of their names."""
    try:
        import PIL  # noqa: F401
    except ModuleNotFoundError:
        raise TraceError(f"{folder}: images of a folder need Pillow: pip install pillow") from None
    parts = []
    for part in ("train", "val"):
        root = folder / part
        classes = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
        if not classes:
            raise TraceError(f"{root}: found no folder of a class; expected {part}/CLASS/IMAGE.JPEG")
        files = [
            (path, label)
            for label, name in enumerate(classes)
            for path in sorted((root / name).iterdir())
            if path.suffix.lower() in (".jpeg", ".jpg", ".png")
        ]
        if missing := set(range(len(classes))) - {label for _, label in files}:
            raise TraceError(f"{root / classes[min(missing)]}: found no image; expected .JPEG, .jpg or .png files")
        parts.append((classes, files))
    (known, training), (others, testing) = parts
    if known != others:
        differing = sorted(set(known) ^ set(others))
        raise TraceError(f"{folder}: class {differing[0]} is in one of train and val only; expected the same classes")
    kept, held = split(len(training), held_back, seed, folder)
    mean = torch.tensor([123.675, 116.28, 103.53]).reshape(-1, 1, 1)
    scale = torch.tensor([58.395, 57.12, 57.375]).reshape(-1, 1, 1)

    def chosen(files: Sequence[tuple[Path, int]]) -> ImageFiles:
        return ImageFiles(tuple(path for path, _ in files), torch.tensor([label for _, label in files]), mean, scale)

    return Data(
        "imagenet",
        len(known),
        (3, IMAGENET_EDGE, IMAGENET_EDGE),
        chosen([training[index] for index in kept.tolist()]),
        chosen([training[index] for index in held.tolist()]),
        chosen(testing),
    )
