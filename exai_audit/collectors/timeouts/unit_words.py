"""What unit a text names: a comment, a docstring, the description of an option."""

from __future__ import annotations

import ast
import re

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import text_of

_SAID = {
    "seconds": 1.0, "second": 1.0, "secs": 1.0, "sec": 1.0, "milliseconds": 1e-3,
    "millisecond": 1e-3, "millis": 1e-3, "msec": 1e-3, "ms": 1e-3, "minutes": 60.0, "hours": 3600.0,
}  # fmt: skip
_UNITS_COUNTED = _SAID | {
    "minute": 60.0, "min": 60.0, "mins": 60.0, "hour": 3600.0, "h": 3600.0, "s": 1.0, "m": 60.0,
    "day": 86400.0, "days": 86400.0,
}  # fmt: skip
_SCALES = (1.0, 1e-3, 60.0, 3600.0)
_COUNTED = re.compile(rf"(?i)(?<![\w.])(\d[\d,.]*)[ -]?({'|'.join(_UNITS_COUNTED)})\b")
_UNIT_WORD = re.compile(rf"(?i)(?<![\w])({'|'.join(_SAID)})\b")
_SHORT_UNIT = re.compile(r"\(s\)|\[s\]|in s\b")


def said_of_amount(comment: str, amount: float | None) -> float | None:
    """Return the unit that a comment beside a number names.

    It may say the number in another unit instead (``300  # 5 minutes``).
    """
    counted = _COUNTED.search(comment)
    if counted is None:
        return _said(comment)
    seconds = float(counted[1].replace(",", "")) * _UNITS_COUNTED[counted[2].lower()]
    return next((s for s in _SCALES if amount and abs(amount * s - seconds) < 1e-6), None)


def _said(text: str | None) -> float | None:
    """Return the one unit that a text names."""
    if not text:
        return None
    text = _COUNTED.sub("", text)  # an amount, not what numbers count in
    found = {_SAID[match[1].lower()] for match in _UNIT_WORD.finditer(text)}
    if not found and _SHORT_UNIT.search(text):
        return 1.0
    return found.pop() if len(found) == 1 else None


def said_of(name: str, text: str) -> float | None:
    """Return the unit that a docstring names where it explains a parameter."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
            found = _said(" ".join(lines[number : number + 2]))
            if found is not None:
                return found
    return None


def unit_in_texts(node: ast.AST, tree: ModuleTree) -> float | None:
    """Return the unit that the description or help among a call's arguments names."""
    if not isinstance(node, ast.Call):
        return None
    texts = (text_of(k.value) for k in node.keywords if k.arg in ("description", "help", "doc"))
    found = {scale for text in texts if (scale := _said(text)) is not None}
    return found.pop() if len(found) == 1 else None
