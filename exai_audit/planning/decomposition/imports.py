"""The import statements of the new modules and of the facade."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exai_audit.facts.symbols import ImportFact, ModuleSymbols
from exai_audit.planning.decomposition.import_groups import grouped, member_key, statement
from exai_audit.planning.decomposition.layout import Home, Split, handle_of

_RELATIVE = re.compile(r"^(\s*from\s+)(\.)", re.MULTILINE)


def imports_of(split: Split, home: Home) -> tuple[str, ...]:
    """Return the statements that a new module begins with, one a string."""
    module = split.module
    maybe = split.maybe()
    typed = [statement("." + name, names) for name, names in home.needs_typed.items()]
    needed = _needed(module.imports, home.external)
    later = [fact for fact in needed if fact.typing_only]
    lines = [
        *_features(module),
        *_outside([fact for fact in needed if not fact.typing_only], split.is_package),
        *_siblings(home.needs, maybe),
        *(f"from . import {name} as {handle_of(name)}" for name in home.reaches),
    ]
    typed += _outside(later, split.is_package)
    if typed:
        lines += _checking(lines)
    return (*_sorted(lines, split), *_typed_block(typed, later, split))


def _checking(lines: Iterable[str]) -> list[str]:
    """Return the import of ``TYPE_CHECKING``, unless a statement has it."""
    has_it = any(re.search(r"\bTYPE_CHECKING\b", line) for line in lines)
    return [] if has_it else ["from typing import TYPE_CHECKING"]


def _typed_block(typed: Sequence[str], facts: Iterable[ImportFact], split: Split) -> Iterator[str]:
    """Yield the block of imports that only type checkers run, if there are any."""
    if typed:
        comment = next((f"  {fact.header}" for fact in facts if fact.header), "")
        inside = "\n".join(_sorted(typed, split)).replace("\n", "\n    ")
        yield f"if TYPE_CHECKING:{comment}\n    {inside}"


def _sorted(statements: Iterable[str], split: Split) -> list[str]:
    return [text for group in grouped(statements, split.own_names()) for text in group]


def facade_imports(
    split: Split,
    exported: Mapping[str, Sequence[str]],
    passed_on: Collection[str] = (),
    more: Iterable[str] = (),
) -> list[list[str]]:
    """Return the statements of the facade in groups: its own needs, names from the new modules.

    The new modules stand in the order in which they have to run, if anything runs in them.

    Args:
        exported: names to import from each new module.
        passed_on: imported names that others reach through the module.
        more: statements of its own.
    """
    module = split.module
    external = {name for number in split.kept for name in module.symbols[number].external}
    needed = _needed(module.imports, {*external, *passed_on})
    now = [fact for fact in needed if not fact.typing_only]
    later = [fact for fact in needed if fact.typing_only and not external.isdisjoint(fact.names)]
    outside = [*_features(module), *_outside(now, split.is_package), *more]
    typed = _outside(later, split.is_package)
    outside += _checking(outside) if typed else []
    siblings = [*_siblings(exported, split.maybe())]
    if not split.runs():
        siblings = _sorted(siblings, split)
    groups = grouped(outside, split.own_names())
    return [*groups, siblings, [*_typed_block(typed, later, split)]]


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
    lines = [
        *_features(module),
        *_outside(_needed(module.imports, external), split.is_package),
        *(statement("." + name, sorted(names, key=member_key)) for name, names in needs.items()),
    ]
    return tuple(_sorted(lines, split))


def _siblings(names: Mapping[str, Sequence[str]], maybe: Collection[str]) -> Iterator[str]:
    """Yield the imports from other new modules; what may not be there is tried for."""
    for module, listed in names.items():
        sure = sorted((name for name in listed if name not in maybe), key=member_key)
        if sure:
            yield statement("." + module, sure)
        for name in listed:
            if name in maybe:
                tried = statement("." + module, [name])
                yield f"try:\n    {tried}\nexcept ImportError:\n    pass"


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


@dataclass(slots=True)
class _Joined:
    """What is imported from one place, with the comments around it."""

    names: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    def add(self, name: str, fact: ImportFact) -> None:
        for found, new in (
            (self.names, (name,)),
            (self.above, fact.above),
            (self.beside, fact.beside),
        ):
            found += [one for one in new if one not in found]


def _outside(facts: Iterable[ImportFact], is_package: bool) -> list[str]:
    """Return the statements of imports, those from one place joined, with their comments."""
    found: dict[str, _Joined] = {}
    for fact in facts:
        if fact.module is None:
            text = fact.text if is_package else _RELATIVE.sub(r"\1.\2", fact.text)
            found[text] = _Joined()
        elif not fact.attribute:
            found.setdefault(f"import {fact.module}", _Joined()).add("", fact)
        else:
            dots = fact.level + (1 if fact.level and not is_package else 0)
            origin = "." * dots + fact.module
            name = fact.names[0]
            renamed = name if name in (fact.attribute, "*") else f"{fact.attribute} as {name}"
            found.setdefault(origin if name != "*" else f"{origin}*", _Joined()).add(renamed, fact)
    return [_written(origin, joined) for origin, joined in found.items()]


def _written(origin: str, joined: _Joined) -> str:
    if joined.names == [""]:
        text = origin + "".join(f"  {comment}" for comment in joined.beside)
    elif joined.names:
        names = sorted(joined.names, key=member_key)
        text = statement(origin.rstrip("*"), names, joined.beside)
    else:
        text = origin
    return "\n".join([*joined.above, text])
