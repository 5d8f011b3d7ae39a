"""The import statements of the new modules and of the facade."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from exai_audit.facts.symbols import ImportFact, ModuleSymbols
from exai_audit.planning.decomposition.layout import Home, Split, handle_of

_WIDTH = 88
_RELATIVE = re.compile(r"^(\s*from\s+)(\.)", re.MULTILINE)


def imports_of(split: Split, home: Home) -> tuple[str, ...]:
    """Return the statements that a new module begins with, one a string."""
    module = split.module
    maybe = split.maybe()
    typed = [statement("." + name, names) for name, names in home.needs_typed.items()]
    needed = _needed(module.imports, home.external)
    lines = [
        *_features(module),
        *_outside([fact for fact in needed if not fact.typing_only], split.is_package),
        *_siblings(home.needs, maybe),
        *(f"from . import {name} as {handle_of(name)}" for name in home.reaches),
    ]
    typed += _outside([fact for fact in needed if fact.typing_only], split.is_package)
    if typed:
        checking = "from typing import TYPE_CHECKING"
        lines += [] if checking in lines else [checking]
        block = "\n".join("    " + line.replace("\n", "\n    ") for line in typed)
        lines.append(f"if TYPE_CHECKING:\n{block}")
    return tuple(lines)


def facade_imports(split: Split, exported: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the statements of the facade: names from the new modules, and its own needs.

    Args:
        exported: names to import from each new module.
    """
    module = split.module
    external = {name for number in split.kept for name in module.symbols[number].external}
    needed = _needed(module.imports, external)
    return (
        *_features(module),
        *_outside([fact for fact in needed if not fact.typing_only], split.is_package),
        *_siblings(exported, split.maybe()),
    )


def prologue_imports(split: Split) -> tuple[str, ...]:
    """Return what stands above the statements that run before other imports."""
    module = split.module
    external = {name for number in split.prologue for name in module.symbols[number].external}
    if not split.prologue:
        return ()
    bound = set().union(*(fact.names for fact in module.imports if fact.names))
    needed = [fact for fact in _needed(module.imports, external & bound) if not _brings_all(fact)]
    return (*_features(module), *_outside(needed, split.is_package))


def main_imports(split: Split) -> tuple[str, ...]:
    """Return the statements of ``__main__``, which runs what the old module ran as a script."""
    module, home = split.module, split.home_of()
    needs: dict[str, list[str]] = {}
    external: set[str] = set()
    for number in split.main:
        external.update(module.symbols[number].external)
        for name in module.symbols[number].names_used:
            if name in home:
                needs.setdefault(home[name], []).append(name)
    return (
        *_features(module),
        *_outside(_needed(module.imports, external), split.is_package),
        *(statement("." + name, sorted(names)) for name, names in sorted(needs.items())),
    )


def _siblings(names: Mapping[str, Sequence[str]], maybe: Collection[str]) -> Iterator[str]:
    """Yield the imports from other new modules; what may not be there is tried for."""
    for module, listed in names.items():
        sure = [name for name in listed if name not in maybe]
        if sure:
            yield statement("." + module, sure)
        for name in listed:
            if name in maybe:
                tried = statement("." + module, [name])
                yield f"try:\n    {tried}\nexcept ImportError:\n    pass"


def statement(origin: str, names: Iterable[str]) -> str:
    """Return ``from origin import names``, one name a line when it gets too long."""
    listed = list(names)
    line = f"from {origin} import {', '.join(listed)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"from {origin} import (", *(f"    {name}," for name in listed), ")"])


def reexports(split: Split, names: Collection[str]) -> tuple[str, ...]:
    """Return the imports of the old module that bind ``names``, as the facade writes them."""
    return tuple(_outside(_needed(split.module.imports, names), split.is_package))


def _features(module: ModuleSymbols) -> list[str]:
    names = ", ".join(dict.fromkeys(module.features))
    return [f"from __future__ import {names}"] if names else []


def _needed(imports: Sequence[ImportFact], names: Collection[str]) -> list[ImportFact]:
    """Return the imports that bind any of ``names``, what their blocks read first."""
    wanted = set(names)
    for fact in reversed(imports):
        if fact.needs and wanted & set(fact.names):
            wanted.update(fact.needs)
    return [fact for fact in imports if wanted & set(fact.names) or _brings_all(fact)]


def _brings_all(fact: ImportFact) -> bool:
    """Tell whether an import may bind any name, so that each module has to repeat it."""
    return fact.attribute == "*" or "import *" in fact.text


def _outside(facts: Iterable[ImportFact], is_package: bool) -> list[str]:
    """Return the statements of imports, those from one place joined, in source order."""
    found: dict[str, list[str] | None] = {}
    for fact in facts:
        if fact.module is None:
            text = fact.text if is_package else _RELATIVE.sub(r"\1.\2", fact.text)
            found[text] = None
        elif not fact.attribute:
            found[f"import {fact.module}"] = None
        else:
            dots = fact.level + (1 if fact.level and not is_package else 0)
            name = fact.names[0]
            origin = "." * dots + fact.module
            if name == "*":
                found[statement(origin, "*")] = None
                continue
            renamed = name if name == fact.attribute else f"{fact.attribute} as {name}"
            names = found.setdefault(origin, [])
            if names is not None and renamed not in names:
                names.append(renamed)
    return [text if names is None else statement(text, names) for text, names in found.items()]
