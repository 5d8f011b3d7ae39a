"""Hashes of lines that survive moves, as GitHub's code scanning knows its alerts again by them.

The same as github/codeql-action computes (``src/fingerprints.ts``): a polynomial over the hundred
characters that follow a line's start, blanks left out, and which line with this hash it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import accumulate
from operator import mul

_CHARACTERS = 100
_FACTOR = 37
_SIXTY_FOUR_BITS = (1 << 64) - 1
_POWERS = [_FACTOR**power & _SIXTY_FOUR_BITS for power in reversed(range(_CHARACTERS))]
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_END = "\uffff" + "\0" * _CHARACTERS


def line_hashes(data: bytes, numbers: Collection[int]) -> dict[int, str]:
    """Return the hashes of the lines ``numbers`` (1-based) of a file; lines past its end have none.

    The file is read as UTF-8 whatever encoding it declares, a byte order mark kept.
    """
    units = _units(data)
    last = max(numbers, default=0)
    lines = units[1:].split("\n", last)[:last]
    starts = list(accumulate(map((1).__add__, map(len, lines[:-1])), initial=1))
    seen: dict[str, tuple[int, int]] = {}
    found: dict[int, str] = {}
    for number in sorted(number for number in numbers if 0 < number <= len(lines)):
        start = starts[number - 1]
        window = units[start : start + _CHARACTERS]
        count, at = seen.get(window, (0, -1))
        while at < start - 1:  # the next line that goes on like this one, at last itself
            count, at = count + 1, units.index("\n" + window, at + 1)
        seen[window] = count, at
        found[number] = f"{_hash(window):x}:{count}"
    return found


def _units(data: bytes) -> str:
    """Return a text without blanks as JavaScript's characters, a newline before each line."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data.isascii():
        text = data.translate(None, b" \t").decode()  # several times faster than the other way
    else:
        text = data.decode("utf-8", "replace").replace(" ", "").replace("\t", "")
        text = _BEYOND.sub(_two_units, text)
    return f"\n{text}{_END}"


def _two_units(found: re.Match[str]) -> str:
    """Return UTF-16's two code units for a character outside the first plane."""
    number = ord(found[0]) - 0x10000
    return chr(0xD800 + (number >> 10)) + chr(0xDC00 + (number & 0x3FF))


def _hash(window: str) -> int:
    whole: int = sum(map(mul, map(ord, window), _POWERS))
    return whole & _SIXTY_FOUR_BITS
