"""Small made images of two classes that differ in where they are bright, for tests that train."""

from __future__ import annotations

import torch
from winograd_trace.experiment.data import Data, StoredImages


def made(count: int, seed: int) -> StoredImages:
    """Images [count, 1, 12, 12]."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    pixels = torch.randint(0, 120, (count, 1, 12, 12), generator=generator)
    pixels[labels == 1, :, :6] += 100
    ones = torch.ones(1, 1, 1)
    return StoredImages(pixels.to(torch.uint8), labels, 100 * ones, 60 * ones)


def small_data() -> Data:
    """96 images to train with, and 40 of each other part."""
    return Data("fashion-mnist", 2, (1, 12, 12), made(96, 1), made(40, 2), made(40, 3))
