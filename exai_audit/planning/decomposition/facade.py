"""What is left of a module that was split: every name stays importable from where it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from exai_audit.facts.file import FileFacts
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.imports import facade_imports, prologue_imports, reexports
from exai_audit.planning.decomposition.layout import Split
from exai_audit.project.project import Project
from exai_audit.results.plans import Importer

Read = Callable[[str], SourceFile | None]


def importers_of(facts: FileFacts, project: Project, read: Read) -> tuple[Importer, ...]:
    """Return which files import the module, and which names they take of it.

    Both those that they import and those that they reach as attributes of the module.
    """
    found = []
    for file in project.files:
        names = {
            name.removeprefix(facts.module + ".").partition(".")[0]
            for name in file.imports
            if name.startswith(facts.module + ".")
        }
        has_module = facts.module in file.imports
        if file.path != facts.path and (names or has_module):
            if has_module:
                names |= _reached(facts.module, read(file.path))
            found.append(Importer(file.path, tuple(sorted(names))))
    return tuple(found)


def _reached(module: str, source: SourceFile | None) -> set[str]:
    """Return what a text seems to look up in a module; too much does no harm."""
    if source is None:
        return set()
    stem = re.escape(module.rpartition(".")[2])
    handles = {stem, *re.findall(rf"\b{stem}\s+as\s+(\w+)", source.text)}
    pattern = rf"\b(?:{'|'.join(sorted(handles))})\.([A-Za-z_]\w*)"
    return set(re.findall(pattern, source.text))


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
) -> str:
    """Return the code of the facade, without the docstring and the statements that stay."""
    symbols = split.module.symbols
    imported = {name for fact in split.module.imports for name in fact.names}
    passed_on = {*wanted, *(split.module.exported or ())}
    own = {name for number in split.kept for name in symbols[number].external}
    lines = [*prologue_imports(split)]
    for number in split.prologue:
        for found in symbols[number].ranges:
            lines += source.lines[found.first - 1 : found.last]
    lines += [line for line in facade_imports(split, exported) if line not in lines]
    lines += [line for line in reexports(split, (passed_on & imported) - own) if line not in lines]
    without_names = [name for name, names in exported.items() if not names]
    if without_names:
        lines.append("from . import " + ", ".join(sorted(without_names)))
    if rebound:
        lines += ["", *_lookup(rebound)]
    return "\n".join(lines)


def _lookup(rebound: Mapping[str, str]) -> Iterable[str]:
    """Yield a module ``__getattr__`` for the names that are assigned anew at run time."""
    yield ""
    yield "def __getattr__(name):"
    yield f"    homes = {dict(sorted(rebound.items()))!r}"
    yield "    if name in homes:"
    yield "        from importlib import import_module"
    yield ""
    yield '        return getattr(import_module("." + homes[name], __name__), name)'
    yield '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")'
