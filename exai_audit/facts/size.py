"""Facts about length, complexity and shape."""

from __future__ import annotations

from msgspec import Struct

from exai_audit.location import Place


class LineCounts(Struct, frozen=True):
    """Lines of a file; ``source`` is what is neither blank nor only a comment."""

    physical: int
    blank: int
    comment: int

    @property
    def source(self) -> int:
        return self.physical - self.blank - self.comment


class FunctionFact(Struct, frozen=True):
    """A function or method; ``lines`` from ``def`` to its last line, decorators left out.

    ``complexity`` is radon's cyclomatic complexity with nested functions left out, or None where
    the interpreter's own parser cannot read the file.
    """

    place: Place
    name: str
    lines: int
    docstring_lines: int
    is_async: bool
    complexity: int | None


class ClassFact(Struct, frozen=True):
    """A class; ``methods`` leaves out properties, overloads and dunder methods."""

    place: Place
    name: str
    lines: int
    docstring_lines: int
    methods: int


class SizeFacts(Struct, frozen=True):
    """Functions and classes of a file, and the lines of its top-level tables: its long literals."""

    functions: tuple[FunctionFact, ...] = ()
    classes: tuple[ClassFact, ...] = ()
    literal_lines: int = 0
