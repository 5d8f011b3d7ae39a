"""The cases: code before and after the fix of a bug, with the place and rule that are expected.

A folder of cases holds ``log.jsonl``, one line ``{"id", "kind", "verdict"}`` for each, and for each
``ID/before`` and ``ID/after``. A line of ``before`` that ends in ``# expect: EXA405`` (or
``NEW(name)``, a rule by its name) is where the bug must be found; ``# expect: none`` says that no
static tool can be asked to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"# expect: (.+)")
_EXPECTED = re.compile(r"EXA\d{3}|(?<=NEW\()[\w-]+")
AROUND = 2
"""How many lines a finding may stand off the mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a bug is: a path below the case's folder, and a line."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Case:
    """One bug; ``expected`` are codes and names of rules, ``marks`` is empty out of scope."""

    name: str
    kind: str
    before: Path
    after: Path
    marks: tuple[Mark, ...]
    expected: frozenset[str]

    @property
    def in_scope(self) -> bool:
        return bool(self.marks)

    def is_at(self, path: str, line: int) -> bool:
        """Tell whether a place is one of those where the bug is."""
        return any(mark.path == path and abs(mark.line - line) <= AROUND for mark in self.marks)


class CasesError(Exception):
    """A folder that is no folder of cases; the message names the file."""


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Return the cases of a folder in the order of its log.

    Raises:
        CasesError: there is no log, or a case of it is missing.
    """
    log = folder / "log.jsonl"
    if not log.is_file():
        raise CasesError(f"{log}: no such file")
    lines = log.read_text(encoding="utf-8").splitlines()
    return tuple(_case(folder, json.loads(line)) for line in lines if line.strip())


def _case(folder: Path, said: dict[str, str]) -> Case:
    before, after = folder / said["id"] / "before", folder / said["id"] / "after"
    if not before.is_dir():
        raise CasesError(f"{before}: no such folder")
    marked = list(_marked(before))
    expected = frozenset(name for _, text in marked for name in _EXPECTED.findall(text))
    marks = tuple(mark for mark, _ in marked)
    return Case(said["id"], said["kind"], before, after, marks, expected)


def _marked(folder: Path) -> Iterator[tuple[Mark, str]]:
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            found = _MARK.search(line)
            if found is not None and "none" not in found[1]:
                yield Mark(path.relative_to(folder).as_posix(), number), found[1]
