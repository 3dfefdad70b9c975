"""The error and the warning that the package has for what its user gave it."""

from __future__ import annotations


class TraceError(ValueError):
    """A trace that winosim would not accept; the message names the layer, what was found and what was expected."""


class TraceWarning(UserWarning):
    """A trace that winosim accepts, and that does not hold all of the model; the message names what is missing."""
