"""Places of findings as editors count: from 0, in the units that the client chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from lsprotocol.types import Position, Range, TextEdit
from pygls.workspace import PositionCodec

from exai_audit.finding import Finding

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LineOf = Callable[[int], str]
"""Returns a line of a file by its number, from 1; empty past the end."""


def range_of(finding: Finding, line_of: LineOf, codec: PositionCodec) -> Range:
    """Return where a finding is; one of a whole file is at its start."""
    if not finding.evidence:
        return Range(Position(0, 0), Position(0, 0))
    start = position(finding.line, finding.column, line_of, codec)
    end = position(finding.end_line, finding.end_column, line_of, codec)
    return Range(start, end)


def position(line: int, column: int, line_of: LineOf, codec: PositionCodec) -> Position:
    """Return a 1-based place, whose column counts characters, as the client counts."""
    return Position(line - 1, codec.client_num_units(line_of(line)[: column - 1]))


def line_range(number: int, line_of: LineOf, codec: PositionCodec) -> Range:
    """Return the whole of a line, by its number from 1."""
    end = codec.client_num_units(line_of(number))
    return Range(Position(max(number, 1) - 1, 0), Position(max(number, 1) - 1, end))


def text_edits(before: str, after: str, codec: PositionCodec) -> Iterator[TextEdit]:
    """Yield the edits of whole lines that make one text of another."""
    old, new = _LINE.findall(before), _LINE.findall(after)

    def at(index: int) -> Position:
        if index < len(old) or not old or old[-1].endswith(("\n", "\r")):
            return Position(index, 0)
        return Position(len(old) - 1, codec.client_num_units(old[-1]))

    for kind, first, last, start, end in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind != "equal":
            yield TextEdit(Range(at(first), at(last)), "".join(new[start:end]))
