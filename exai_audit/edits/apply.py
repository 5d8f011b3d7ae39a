"""Edits of text applied to bytes: what no edit names stays as it is, byte for byte."""

from __future__ import annotations

import io
import re
import tokenize
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from exai_audit.edits.edit import Edit, FileChange, RefusedEditError
from exai_audit.location import Span

_NEWLINE = re.compile(r"\r\n|\r|\n")


class _Decoded(Struct, frozen=True):
    """The text of a file with its newlines as they are; ``starts`` are where its lines begin."""

    mark: bytes
    encoding: str
    text: str
    newline: str
    starts: Sequence[int]

    def offset(self, line: int, column: int) -> int:
        """Return where a 1-based line and column are, as far as the file and the line reach.

        Raises:
            ValueError: there is no such place.
        """
        if not 0 < line <= len(self.starts) or column < 1:
            raise ValueError
        start = self.starts[line - 1]
        at = start + column - 1
        found = _NEWLINE.search(self.text, start)
        if at > (found.start() if found else len(self.text)):
            raise ValueError
        return at


def changes(edits: Iterable[Edit], read: Callable[[str], bytes | None]) -> tuple[FileChange, ...]:
    """Return what all edited files become, by path; one that comes out the same is left out.

    Args:
        read: returns what a file says, None where there is none.

    Raises:
        RefusedEditError: see `edited`.
    """
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    found = []
    for path in sorted(by_path):
        before = read(path)
        after = edited(before or b"", by_path[path])
        if after != before:
            found.append(FileChange(path, before, after))
    return tuple(found)


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a file's content after all edits of it, in its own encoding and newline.

    Edits that are the same are one; those that insert at one place do so in the order given.

    Raises:
        RefusedEditError: two edits overlap, one lies outside of the file, the file mixes newlines,
            or its encoding lacks a character.
    """
    if not edits:
        return data
    decoded = _decode(edits[0].path, data)
    pieces, at = [], 0
    for start, end, text in _replacements(decoded, edits):
        if start < at:
            raise RefusedEditError(f"{edits[0].path}: two edits overlap")
        pieces += [decoded.text[at:start], text.replace("\n", decoded.newline)]
        at = end
    pieces.append(decoded.text[at:])
    made = _encoded(edits[0].path, decoded, "".join(pieces))
    if _encoded(edits[0].path, decoded, decoded.text) != data:
        raise RefusedEditError(f"{edits[0].path}: its encoding {decoded.encoding} is ambiguous")
    return made


def _replacements(decoded: _Decoded, edits: Sequence[Edit]) -> list[tuple[int, int, str]]:
    found = []
    for edit in dict.fromkeys(edits):
        try:
            found.append((*_offsets(decoded, edit.span), edit.text))
        except ValueError as error:
            place = f"{edit.path}:{edit.span.line}:{edit.span.column}"
            raise RefusedEditError(f"{place}: the edit lies outside of the file") from error
    return sorted(found, key=lambda piece: piece[:2])


def _offsets(decoded: _Decoded, span: Span) -> tuple[int, int]:
    start = decoded.offset(span.line, span.column)
    end = decoded.offset(span.end_line, span.end_column)
    if end < start:
        raise ValueError
    return start, end


def _decode(path: str, data: bytes) -> _Decoded:
    mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        text = data[len(mark) :].decode(encoding)
    except (SyntaxError, LookupError, ValueError) as error:
        raise RefusedEditError(f"{path}: cannot be decoded: {error}") from error
    newlines = set(_NEWLINE.findall(text))
    if len(newlines) > 1:
        raise RefusedEditError(f"{path}: mixes newlines: give it one kind, then try again")
    starts = [0, *(found.end() for found in _NEWLINE.finditer(text))]
    return _Decoded(mark, encoding, text, next(iter(newlines), "\n"), starts)


def _encoded(path: str, decoded: _Decoded, text: str) -> bytes:
    try:
        made = text.encode(decoded.encoding)
    except UnicodeEncodeError as error:
        raise RefusedEditError(f"{path}: its encoding lacks a character: {error}") from error
    return decoded.mark + made
