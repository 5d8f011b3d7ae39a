"""Facts about names that a file gives as strings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferenceFact:
    """A dotted name that a file replaces (``patch("a.b.name")``) or imports by a string."""

    name: str
    line: int
