"""Where files that are no Python name a module or its path: lists of packages, settings, pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

_LISTS_PACKAGES = re.compile(r"^\s*packages\s*=\s*\[")


class Mention(Struct, frozen=True):
    """A line to look at after a split, with what it says."""

    path: str
    line: int
    what: str


def mentions(
    module: str, path: str, texts: Mapping[str, str], *, becomes_package: bool
) -> tuple[Mention, ...]:
    """Return where texts name a module by its dotted name or its path.

    Args:
        module: the dotted name.
        texts: of files that are no Python, and of ``setup.py``, by path.
        becomes_package: whether lists of packages need another name.
    """
    short = path.partition("/")[2] if path.startswith(("src/", "lib/")) else path
    dotted, file = re.escape(module), re.escape(short)
    pattern = re.compile(rf"(?<![\w.])(?:{dotted})(?![\w-])|(?<![\w-]){file}(?![\w-])")
    parent = module.rpartition(".")[0]
    found: list[Mention] = []
    for name, text in sorted(texts.items()):
        lines = text.splitlines()
        if becomes_package and parent:
            found += _lists(name, lines, parent, module)
        found += (
            Mention(name, number, f"names {match[0]}")
            for number, line in enumerate(lines, 1)
            if (match := pattern.search(line))
        )
    return tuple(found)


def _lists(path: str, lines: Iterable[str], parent: str, module: str) -> Iterator[Mention]:
    """Yield an explicit list of packages that has the parent of a new package."""
    is_open, start = False, 0
    for number, line in enumerate(lines, 1):
        if _LISTS_PACKAGES.match(line):
            is_open, start = True, number
        if is_open and re.search(rf"['\"]{re.escape(parent)}['\"]", line):
            yield Mention(path, start, f"lists packages: add {module}")
        if "]" in line:
            is_open = False
