"""Layers for PyTorch that can be pruned, and ``record``, which traces a model. Importing this module needs PyTorch."""

from .modules import Prunable, SpatialConv2d, WinogradConv2d
from .recording import record

__all__ = ["Prunable", "SpatialConv2d", "WinogradConv2d", "record"]
