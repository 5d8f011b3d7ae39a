"""Text of the scanned code, made visible: on one line, with nothing hidden in it."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    """Return ``text`` on one line: tabs as spaces, control and invisible characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char == "\t":
        return "    "
    if unicodedata.category(char) in _HIDDEN:
        return char.encode("unicode_escape").decode("ascii")
    return char


def shortened(text: str, width: int, ellipsis: str = "…") -> str:
    """Return ``visible(text)``, cut to ``width`` characters."""
    shown = visible(text)
    return shown if len(shown) <= width else shown[: max(0, width - len(ellipsis))] + ellipsis
