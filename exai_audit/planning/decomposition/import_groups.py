"""Import statements in the groups and the order that import sorters write."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum

from exai_audit.knowledge.standard_library import STANDARD_LIBRARY

_FIRST = re.compile(r"^(?:from\s+(?P<origin>[.\w]+)\s+import|import\s+(?P<module>[.\w]+))")
_WIDTH = 88


class Group(IntEnum):
    """Which statements stand together."""

    FUTURE = 0
    STANDARD = 1
    INSTALLED = 2
    OWN = 3
    BLOCK = 4


def grouped(statements: Iterable[str], own: Collection[str] = ()) -> list[list[str]]:
    """Return statements in groups, sorted; blocks (``try``, ``if``) come last, in their order.

    Args:
        own: the top names of the project's own modules.
    """
    groups: dict[Group, list[str]] = {}
    for text in dict.fromkeys(statements):
        groups.setdefault(_group_of(text, own), []).append(text)
    return [
        found if group is Group.BLOCK else sorted(found, key=_place)
        for group, found in sorted(groups.items())
    ]


def member_key(name: str) -> tuple[int, str, str]:
    """Return what orders imported names: constants, classes, then all else."""
    plain = name.partition(" ")[0]
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[:1].isupper() else 2
    return kind, plain.lower(), plain


def statement(origin: str, names: Iterable[str], comments: Sequence[str] = ()) -> str:
    """Return ``from origin import names``, one name a line when it gets too long.

    Args:
        comments: what stands behind it.
    """
    listed = list(names)
    behind = "".join(f"  {comment}" for comment in comments)
    line = f"from {origin} import {', '.join(listed)}"
    if len(line) <= _WIDTH or listed == ["*"]:
        return line + behind
    return "\n".join([f"from {origin} import ({behind}", *(f"    {name}," for name in listed), ")"])


def _code(text: str) -> str:
    """Return the first line of a statement that is no comment."""
    return next(line for line in text.split("\n") if not line.startswith("#"))


def _group_of(text: str, own: Collection[str]) -> Group:
    found = _FIRST.match(_code(text))
    if found is None:
        return Group.BLOCK
    top = (found["origin"] or found["module"]).partition(".")[0]
    if top == "__future__":
        return Group.FUTURE
    if not top or top in own:
        return Group.OWN
    return Group.STANDARD if top in STANDARD_LIBRARY else Group.INSTALLED


def _place(text: str) -> tuple[bool, int, str, str]:
    found = _FIRST.match(_code(text))
    assert found is not None
    origin = found["origin"] or found["module"]
    bare = origin.lstrip(".")
    return found["origin"] is not None, len(bare) - len(origin), bare.lower(), text
