"""Image sets from their published files: what is read, what is held back, and what a wrong folder is told."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from winograd_trace import TraceError

torch = pytest.importorskip("torch", reason="PyTorch is not installed (requirements-digits.txt)")

from winograd_trace.experiment.data import load


def idx(array):
    sizes = np.array(array.shape, ">u4").tobytes()
    return gzip.compress(bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes())


@pytest.fixture
def fashion(tmp_path):
    """30 training and 6 test images in Fashion-MNIST's files; image i has the pixels i, label i % 10."""
    for part, count in (("train", 30), ("t10k", 6)):
        images = np.repeat(np.arange(count, dtype=np.uint8), 784).reshape(count, 28, 28)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(np.arange(count, dtype=np.uint8) % 10))
    return tmp_path


def pixels(images):
    values, labels = images.take(torch.arange(len(images.labels)))
    return (values * images.scale + images.mean).round().long(), labels


def test_every_image_keeps_its_label_and_is_in_one_part(fashion):
    data = load("fashion-mnist", fashion, held_back=10)
    (training, labels), (held, held_labels) = pixels(data.training), pixels(data.held_back)
    assert (data.classes, data.shape) == (10, (1, 28, 28))
    assert sorted([*training[:, 0, 0, 0].tolist(), *held[:, 0, 5, 9].tolist()]) == list(range(30)) and len(held) == 10
    assert torch.equal(training[:, 0, 3, 4] % 10, labels) and torch.equal(held[:, 0, 3, 4] % 10, held_labels)
    values, _ = data.training.take(torch.arange(20))
    assert values.dtype == torch.float32 and abs(float(values.mean())) < 1e-5
    assert float(values.std(correction=0)) == pytest.approx(1, abs=1e-4)
    assert pixels(data.testing)[0][:, 0, 0, 0].tolist() == list(range(6))


def test_a_seed_chooses_what_is_held_back(fashion):
    one, same, other = (pixels(load("fashion-mnist", fashion, seed, 10).held_back)[0] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    with pytest.raises(TraceError, match="30 of 30 training images are to be held back; expected fewer"):
        load("fashion-mnist", fashion, held_back=30)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-images-idx3-ubyte.gz", lambda data: data[: len(data) // 2], "expected a complete gzip file"),
        ("train-images-idx3-ubyte.gz", lambda data: b"<html>", "expected a complete gzip file"),
        (
            "t10k-labels-idx1-ubyte.gz",
            lambda data: data[:10] + b"\xff" * 9 + data[19:],
            "expected a complete gzip file",
        ),
        ("train-labels-idx1-ubyte.gz", lambda _: idx(np.zeros((30, 1), np.uint8)), "begins with 00 00 08 02; expected"),
        ("train-labels-idx1-ubyte.gz", lambda _: gzip.compress(b""), "begins with nothing; expected an idx file"),
        ("train-labels-idx1-ubyte.gz", lambda _: idx(np.zeros(29, np.uint8)), "29 labels; expected 30, one an image"),
        ("train-labels-idx1-ubyte.gz", lambda _: idx(np.full(30, 11, np.uint8)), "label 11; expected 0 to 9"),
        (
            "t10k-images-idx3-ubyte.gz",
            lambda _: idx(np.zeros((6, 32, 32), np.uint8)),
            r"\[32, 32\]; expected \[28, 28\]",
        ),
        (
            "train-images-idx3-ubyte.gz",
            lambda data: gzip.compress(gzip.decompress(data)[:-5]),
            "23515 bytes of values; expected 23520",
        ),
    ],
)
def test_a_wrong_file_is_named(fashion, name, change, message):
    (fashion / name).write_bytes(change((fashion / name).read_bytes()))
    with pytest.raises(TraceError, match=message) as raised:
        load("fashion-mnist", fashion, held_back=10)
    assert name in str(raised.value)


def test_a_wrong_folder_is_named(fashion, tmp_path):
    with pytest.raises(TraceError, match="no data_batch_1.bin; found t10k-images.*expected data_batch_1.bin"):
        load("cifar-10", fashion)
    with pytest.raises(TraceError, match="nowhere: there is no such folder; expected the files of cifar-100"):
        load("cifar-100", tmp_path / "nowhere")
    with pytest.raises(TraceError, match="data 'mnist'; expected fashion-mnist, cifar-10"):
        load("mnist", fashion)


@pytest.mark.parametrize(("name", "heading", "classes"), [("cifar-10", 1, 10), ("cifar-100", 2, 100)])
def test_cifar(name, heading, classes, tmp_path):
    generator = np.random.default_rng(1)
    parts = [f"data_batch_{part}.bin" for part in range(1, 6)] if heading == 1 else ["train.bin"]
    written = []
    for file in [*parts, "test_batch.bin" if heading == 1 else "test.bin"]:
        rows = generator.integers(0, 256, (8, heading + 3072), dtype=np.uint8)
        rows[:, heading - 1] %= classes
        rows[:, 0] %= 20
        rows.tofile(tmp_path / file)
        written.append(rows)
    data = load(name, tmp_path, held_back=3)
    assert (data.classes, data.shape) == (classes, (3, 32, 32))
    assert len(data.training.labels) == 8 * len(parts) - 3 and len(data.held_back.labels) == 3
    values, labels = pixels(data.testing)
    np.testing.assert_array_equal(values.numpy().reshape(8, -1), written[-1][:, heading:])
    assert labels.tolist() == written[-1][:, heading - 1].tolist()
    with (tmp_path / parts[0]).open("ab") as file:
        file.write(b"1")
    size = 8 * (heading + 3072) + 1
    with pytest.raises(TraceError, match=f"{parts[0]}: {size} bytes; expected a multiple of {heading + 3072}"):
        load(name, tmp_path, held_back=3)


def test_a_folder_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    for part, count in (("train", 3), ("val", 1)):
        for label, name in enumerate(("a", "b")):
            (tmp_path / part / name).mkdir(parents=True)
            for number in range(count):
                picture = image.new("RGB", (300 + 40 * number, 260), (100 * label, 50, 7))
                picture.save(tmp_path / part / name / f"{number}.png")
    data = load("imagenet", tmp_path, held_back=2)
    assert (data.classes, data.shape, len(data.training.labels)) == (2, (3, 224, 224), 4)
    values, labels = pixels(data.testing)
    assert values.shape == (2, 3, 224, 224) and values[:, 0, 9, 9].tolist() == [0, 100] and labels.tolist() == [0, 1]
    path = tmp_path / "val" / "a" / "0.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(TraceError, match="0.png: .*; expected an image file that is complete"):
        data.testing.take(torch.tensor([0]))
    (tmp_path / "val" / "b").rename(tmp_path / "val" / "c")
    with pytest.raises(TraceError, match="class b is in one of train and val only"):
        load("imagenet", tmp_path, held_back=2)
    (tmp_path / "val" / "c" / "0.png").unlink()
    with pytest.raises(TraceError, match="c: found no image; expected .JPEG"):
        load("imagenet", tmp_path, held_back=2)
    with pytest.raises(TraceError, match="train: found no folder of a class; expected train/CLASS/IMAGE.JPEG"):
        load("imagenet", tmp_path / "train", held_back=2)
