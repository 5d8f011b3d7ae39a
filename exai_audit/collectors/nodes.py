"""libcst's nodes made fit for millions of them: known by identity, unchecked from the parser.

libcst defines equality and hash of a node as its identity, in Python; here they are the
interpreter's own. It checks every node when it is made, also those that its parser has just made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst


def parse_module(text: str) -> cst.Module:
    """Parse a module without checking each node that the parser makes.

    Raises:
        libcst.ParserSyntaxError: the text is not Python.
    """
    base: Any = cst.CSTNode
    check, base.__post_init__ = base.__post_init__, _no_check
    try:
        return cst.parse_module(text)
    finally:
        base.__post_init__ = check


def _no_check(node: cst.CSTNode) -> None:
    pass


def _kinds(kind: Any) -> Iterator[Any]:  # noqa: ANN401 - classes, abstract ones too
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


for _kind in set(_kinds(cst.CSTNode)):
    _kind.__hash__, _kind.__eq__ = object.__hash__, object.__eq__
