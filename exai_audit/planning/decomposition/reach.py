"""Which names of a module other files reach, and which they set: all of the project is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.facade import Read
from exai_audit.project.project import Project

_REPLACES = re.compile(r"\b(?:patch|setattr|delattr|mock)\b")
_QUOTED = re.compile(r"['\"{.]((?:\w+\.)*[A-Za-z_]\w*)['\"]")


@dataclass(frozen=True, slots=True)
class Reach:
    """Names of a module, imported ones among them, that others look up, and that they set."""

    looked_up: frozenset[str]
    set: frozenset[str]


NO_REACH = Reach(frozenset(), frozenset())


def reach_of(facts: FileFacts, module: ModuleSymbols, project: Project, read: Read) -> Reach:
    """Return what other files reach of a module; too much does no harm."""
    bound = {name for symbol in module.symbols for name in symbol.names}
    bound |= {name for fact in module.imports if not fact.typing_only for name in fact.names}
    stem = facts.module.rpartition(".")[2]
    looked_up: set[str] = set()
    assigned: set[str] = set()
    for file in project.files:
        source = read(file.path) if file.path != facts.path else None
        if source is None or stem not in source.text:
            continue
        handles = "|".join(sorted(map(re.escape, _handles(source, stem))))
        looked_up |= set(re.findall(rf"\b(?:{handles})\.([A-Za-z_]\w*)", source.text))
        assigned |= set(re.findall(rf"\b(?:{handles})\.(\w+)\s*=(?!=)", source.text))
        if _REPLACES.search(source.text):
            assigned |= set(_replaced(source, bound))
    looked_up |= assigned
    return Reach(frozenset(looked_up & bound), frozenset(assigned & bound))


def _handles(source: SourceFile, stem: str) -> Collection[str]:
    """Return the names by which a file may hold the module."""
    word = re.escape(stem)
    found = {stem, *re.findall(rf"\b{word}\s+as\s+(\w+)", source.text)}
    found.update(re.findall(rf"\b(\w+)\s*=\s*[\w.]*\b{word}\s*$", source.text, re.MULTILINE))
    found.update(re.findall(rf"\b(\w+)\s*=[^=\n]*['\"][\w.]*\b{word}['\"]", source.text))
    return found


def _replaced(source: SourceFile, bound: Collection[str]) -> Iterator[str]:
    """Yield the names that a file which replaces any has in quotes: whole, or at the end."""
    for text in _QUOTED.findall(source.text):
        for name in text.split("."):
            if name in bound:
                yield name
