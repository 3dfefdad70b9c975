"""The package's error and warning about its input."""

from __future__ import annotations


class TraceError(ValueError):
    """A trace that winosim would not accept; the message names the layer, what was found and what was expected."""


class TraceWarning(UserWarning):
    """A trace that winosim accepts but that omits a part of the model; the message names what is missing."""
