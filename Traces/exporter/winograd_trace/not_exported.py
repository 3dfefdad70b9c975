"""Multiplications of a model that are not in its trace: the manifest's list ``not_exported``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import TraceError
from .manifest import flow, known_keys
from .shape import is_integer, is_name

LARGEST_COUNT = 2**63 - 1
SHOWN = 12


@dataclass(frozen=True)
class NotExported:
    """Multiplications of the model that are in no layer of the trace.

    ``name`` is the module in which they run, ``operation`` its type or the call (``ConvTranspose2d``, ``matmul``), and
    ``multiplications`` is their number with dense operands; None if it is unknown.
    """

    name: str
    operation: str
    multiplications: int | None = None

    def __str__(self) -> str:
        count = "an unknown number" if self.multiplications is None else f"{self.multiplications:,}"
        return f"{self.name} ({self.operation}, {count})"

    def check(self) -> None:
        """Raises a TraceError where winosim would not accept the entry."""
        for what, text in (("name", self.name), ("operation", self.operation)):
            if not is_name(text) or not text.strip():
                raise TraceError(
                    f"not_exported: {what} is {text!r}; expected a line of text without control characters"
                )
        count = self.multiplications
        if count is not None and not (is_integer(count) and 0 <= count <= LARGEST_COUNT):
            raise TraceError(f"not_exported: '{self.name}' has {count!r} multiplications; expected 0 to 2^63 - 1")


def summarize(entries: Iterable[NotExported]) -> str:
    """A text that lists what is missing: the sum, then the entries, largest first."""
    ordered = sorted(entries, key=lambda entry: -1 if entry.multiplications is None else -entry.multiplications)
    known = [entry.multiplications for entry in ordered if entry.multiplications is not None]
    number = (
        f"{sum(known):,}"
        if len(known) == len(ordered)
        else f"at least {sum(known):,}"
        if known
        else "an unknown number of"
    )
    shown = [str(entry) for entry in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        shown.append(f"and {len(ordered) - SHOWN} more")
    return f"{number} multiplications are not in the trace: {', '.join(shown)}"


def render_not_exported(entries: Iterable[NotExported]) -> str:
    """The manifest's list; empty if there is no entry."""
    lines = [f"  - {flow(_describe(entry))}\n" for entry in entries]
    return "not_exported:\n" + "".join(lines) if lines else ""


def read_not_exported(given: object) -> tuple[NotExported, ...]:
    """The entries of a manifest's list."""
    if not isinstance(given, list):
        raise TraceError(f"not_exported is {given!r}; expected a list")
    return tuple(_read(entry) for entry in given)


def _describe(entry: NotExported) -> dict[str, Any]:
    described: dict[str, Any] = {"name": entry.name, "operation": entry.operation}
    if entry.multiplications is not None:
        described["multiplications"] = entry.multiplications
    return described


def _read(given: object) -> NotExported:
    if not isinstance(given, Mapping):
        raise TraceError(f"not_exported holds {given!r}; expected mappings")
    known_keys(given, ("name", "operation"), ("multiplications",), "not_exported")
    return NotExported(given["name"], given["operation"], given.get("multiplications"))
