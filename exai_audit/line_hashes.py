"""Hashes of lines that survive moves, as GitHub's code scanning knows its alerts again by them.

The same as github/codeql-action computes (``src/fingerprints.ts``): a polynomial over the hundred
characters that follow a line's start, blanks left out, and which line with this hash it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from struct import iter_unpack

_CHARACTERS = 100
_FACTOR = 37
_SIXTY_FOUR_BITS = (1 << 64) - 1
_UNIT = 2  # bytes of a UTF-16 code unit, JavaScript's character
_END = "\uffff" + "\0" * _CHARACTERS


def line_hashes(data: bytes, numbers: Collection[int]) -> dict[int, str]:
    """Return the hashes of the lines ``numbers`` (1-based) of a file; lines past its end have none.

    The file is read as UTF-8 whatever encoding it declares, a byte order mark kept.
    """
    last = max(numbers, default=0)
    seen: Counter[bytes] = Counter()
    found: dict[int, str] = {}
    for number, window in _windows(data):
        if number > last:
            break
        seen[window] += 1
        if number in numbers:
            found[number] = f"{_hash(window):x}:{seen[window]}"
    return found


def _windows(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each line's number and the characters that its hash is of."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    units = (text.replace(" ", "").replace("\t", "") + _END).encode("utf-16-le")
    newline, start, number = "\n".encode("utf-16-le"), 0, 1
    while start >= 0:
        yield number, units[start : start + _CHARACTERS * _UNIT]
        start, number = _next_line(units, newline, start), number + 1


def _next_line(units: bytes, newline: bytes, start: int) -> int:
    at = units.find(newline, start)
    while at % _UNIT and at >= 0:  # the halves of two characters
        at = units.find(newline, at + 1)
    return at + _UNIT if at >= 0 else -1


def _hash(window: bytes) -> int:
    value = 0
    for (unit,) in iter_unpack("<H", window):
        value = (value * _FACTOR + unit) & _SIXTY_FOUR_BITS
    return value
