"""What tokens say of a text: its comments, and its relative imports."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterator

_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT})
_DOTS = (".", "...")


def comments(text: str) -> Counter[str]:
    """Return how often each comment stands in a text."""
    return Counter(token.string for token in _tokens(text) if token.type == tokenize.COMMENT)


def one_level_deeper(text: str) -> str:
    """Return a text whose relative imports have one more dot, wherever they stand."""
    lines = text.split("\n")
    for line, column in sorted(_dots(text), reverse=True):
        found = lines[line - 1]
        lines[line - 1] = f"{found[:column]}.{found[column:]}"
    return "\n".join(lines)


def _dots(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the first dot of each relative import stands."""
    starts, before = True, ""
    for token in _tokens(text):
        if token.type in _LAYOUT:
            continue
        if before == "from" and token.string in _DOTS:
            yield token.start
        before = token.string if starts and token.type == tokenize.NAME else ""
        starts = token.type == tokenize.NEWLINE or token.string in (":", ";")


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text).readline)
