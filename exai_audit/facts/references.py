"""Facts about names that a file gives as strings."""

from __future__ import annotations

from msgspec import Struct


class ReferenceFact(Struct, frozen=True):
    """A dotted name that a file replaces (``patch("a.b.name")``) or imports by a string."""

    name: str
    line: int
