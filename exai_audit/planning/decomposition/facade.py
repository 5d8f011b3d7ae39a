"""What is left of a module that was split: every name stays importable from where it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from exai_audit.facts.file import FileFacts
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.forwarding import FORWARDING_IMPORTS, forwarding, lookup
from exai_audit.planning.decomposition.import_groups import statement
from exai_audit.planning.decomposition.imports import facade_imports, prologue_imports
from exai_audit.planning.decomposition.layout import Split
from exai_audit.planning.decomposition.outside import Outside
from exai_audit.results.plans import Importer

Read = Callable[[str], SourceFile | None]


def importers_of(facts: FileFacts, outside: Outside, read: Read) -> tuple[Importer, ...]:
    """Return which files import the module, and which names they take of it.

    Both those that they import and those that they reach as attributes of the module.
    """
    found, below = [], f"{facts.module}."
    for file in outside.importers(facts):
        names = {
            name.removeprefix(below).partition(".")[0]
            for name in file.imports
            if name.startswith(below)
        }
        has_module = facts.module in file.imports
        if has_module:
            names |= _reached(facts.module, read(file.path))
        found.append(Importer(file.path, tuple(sorted(names))))
    return tuple(found)


def _reached(module: str, source: SourceFile | None) -> set[str]:
    """Return what a text seems to look up in a module; too much does no harm."""
    if source is None:
        return set()
    stem, text = module.rpartition(".")[2], source.text
    handles = {stem, *_behind(stem, r"\s+as\s+(\w+)", text)}
    return {name for one in handles for name in _behind(one, r"\.([A-Za-z_]\w*)", text)}


def _behind(word: str, pattern: str, text: str) -> Iterator[str]:
    """Yield what a pattern with one group finds right behind a word.

    A search that begins with letters is many times as fast as one that begins with a boundary.
    """
    wanted, at = re.compile(re.escape(word) + pattern), 0
    while (found := wanted.search(text, at)) is not None:
        before = text[found.start() - 1 : found.start()]
        is_word = not (before.isalnum() or before == "_")
        at = found.end() if is_word else found.start() + 1
        if is_word:
            yield found[1]


def exported_names(
    split: Split, wanted: Collection[str]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the names that the facade imports by new module, and those that it looks up."""
    symbols = split.module.symbols
    reassigned = {target for symbol in symbols for target in symbol.rebinds}
    used_here = {n for number in split.kept for n in symbols[number].names_used}
    public = {*(split.module.exported or ()), *wanted, *used_here}
    exported: dict[str, list[str]] = {home.name: [] for home in split.homes}
    rebound: dict[str, str] = {}
    for home in split.homes:
        for number in home.symbols:
            for name in symbols[number].names:
                if name.startswith("_") and name not in public:
                    continue
                looked_up = number in reassigned and name not in used_here
                if looked_up and not _has_getattr(split):
                    rebound[name] = home.name
                else:
                    exported[home.name].append(name)
    return {name: sorted(names) for name, names in exported.items()}, rebound


def _has_getattr(split: Split) -> bool:
    return any("__getattr__" in symbol.names for symbol in split.module.symbols)


def facade_code(
    split: Split,
    exported: Mapping[str, Sequence[str]],
    rebound: Mapping[str, str],
    wanted: Collection[str],
    source: SourceFile,
    *,
    forwards: bool = False,
) -> str:
    """Return the code of the facade, without the docstring and the statements that stay.

    Args:
        wanted: names that others reach, imported ones among them.
        forwards: whether what is assigned on the facade is to be seen in the new modules.
    """
    used = {name for symbol in split.module.symbols for name in symbol.external}
    used |= {name for fact in split.module.imports for name in fact.needs} | {"TYPE_CHECKING"}
    passed_on = {*wanted, *(split.module.exported or ())}
    passed_on |= {name for fact in split.module.imports for name in fact.names if name not in used}
    without_names = [name for name, names in exported.items() if not names or forwards]
    first = [*_prologue(split, source)]
    groups = [
        first,
        *facade_imports(split, exported, passed_on, FORWARDING_IMPORTS if forwards else ()),
    ]
    if without_names:
        place = len(groups[-2]) if split.runs() else 0
        groups[-2].insert(place, statement(".", sorted(without_names)))
    seen: set[str] = set()
    parts = []
    for group in groups:
        parts.append("\n".join(line for line in group if line not in seen))
        seen.update(group)
    if forwards:
        parts.append("\n".join(forwarding(sorted(exported), rebound)))
    elif rebound:
        parts.append("\n".join(lookup(rebound)))
    return "\n\n".join(part for part in parts if part)


def _prologue(split: Split, source: SourceFile) -> Iterator[str]:
    """Yield the statements that run before other imports, with what they need."""
    yield from prologue_imports(split)
    for number in split.prologue:
        for found in split.module.symbols[number].ranges:
            yield from source.lines[found.first - 1 : found.last]
