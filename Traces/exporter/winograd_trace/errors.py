"""The one error that the package raises for what its user gave it."""

from __future__ import annotations


class TraceError(ValueError):
    """A trace that winosim would not accept; the message names the layer, what was found and what was expected."""
