"""Where the symbols of an oversized module go, and what each place needs of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import LineRange, ModuleSymbols, SymbolKind
from exai_audit.project.responsibilities import Responsibility, responsibilities

MAIN = "__main__"


@dataclass(frozen=True, slots=True)
class Home:
    """One new module: the symbols that go there, and the modules whose names they need.

    ``needs`` are names of symbols by new module, ``needs_typed`` those of modules above it, which
    only annotations name; ``reaches`` are names that are assigned anew at run time and have to be
    read and assigned through their module. ``external`` are names of imports.
    """

    name: str
    summary: str
    symbols: tuple[int, ...]
    needs: dict[str, list[str]] = field(default_factory=dict)
    needs_typed: dict[str, list[str]] = field(default_factory=dict)
    reaches: dict[str, list[str]] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    loggers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """The new modules, those that others need first, and the symbols that stay.

    ``folder`` is the package that holds them; ``is_package`` tells that the module is one already.
    """

    facts: FileFacts
    module: ModuleSymbols
    folder: str
    is_package: bool
    homes: tuple[Home, ...]
    kept: tuple[int, ...]
    main: tuple[int, ...]

    @property
    def facade(self) -> str:
        return f"{self.folder}/__init__.py" if self.folder else "__init__.py"

    def maybe(self) -> set[str]:
        """Return the names that are there on some platforms or versions only."""
        return {name for symbol in self.module.symbols for name in symbol.maybe}

    def home_of(self) -> dict[str, str]:
        """Return the new module of each name that moves."""
        return {
            name: home.name
            for home in self.homes
            for number in home.symbols
            for name in self.module.symbols[number].names
        }


def split_of(facts: FileFacts, module: ModuleSymbols, siblings: Iterable[str]) -> Split:
    """Lay out the clusters of a module as modules of a package.

    Args:
        siblings: paths of the project's files.
    """
    is_package = facts.path.rsplit("/", 1)[-1] == "__init__.py"
    folder = facts.path.rpartition("/")[0] if is_package else facts.path.rpartition(".")[0]
    stem = facts.module.rpartition(".")[2] if is_package else folder.rpartition("/")[2]
    parts = responsibilities(module, stem, _names_in(folder, siblings))
    moved = {number for part in parts for number in part.symbols}
    rest = [number for number in range(len(module.symbols)) if number not in moved]
    main = [n for n in rest if module.symbols[n].kind is SymbolKind.MAIN and not is_package]
    return Split(
        facts,
        module,
        folder,
        is_package,
        tuple(_home(module, part, parts) for part in parts),
        tuple(number for number in rest if number not in main),
        tuple(main),
    )


def _names_in(folder: str, paths: Iterable[str]) -> set[str]:
    """Return the modules and packages that stand directly in a folder."""
    start = f"{folder}/" if folder else ""
    inside = (path[len(start) :] for path in paths if path.startswith(start))
    return {path.partition("/")[0].partition(".")[0] for path in inside}


def _home(module: ModuleSymbols, part: Responsibility, parts: tuple[Responsibility, ...]) -> Home:
    rank = {number: at for at, other in enumerate(parts) for number in other.symbols}
    own = rank[part.symbols[0]]
    needs: dict[str, set[str]] = {}
    typed: dict[str, set[str]] = {}
    reaches: dict[str, set[str]] = {}
    at = {name: number for number, symbol in enumerate(module.symbols) for name in symbol.names}
    loggers: set[int] = set()
    external: set[str] = set()
    for number in part.symbols:
        symbol = module.symbols[number]
        external.update(symbol.external)
        for name in symbol.names_used:
            target = at.get(name)
            if target is None:  # deleted again: whoever needs it is in the same module
                continue
            if module.symbols[target].kind is SymbolKind.LOGGER:
                loggers.add(target)
            elif target in rank and rank[target] != own:
                where = needs if rank[target] < own else typed
                if target in module.detached and where is needs:
                    where = reaches
                where.setdefault(parts[rank[target]].name, set()).add(name)
    for number in loggers:
        external.update(module.symbols[number].external)
    return Home(
        part.name,
        part.summary,
        part.symbols,
        {name: sorted(names) for name, names in sorted(needs.items())},
        {name: sorted(names) for name, names in sorted(typed.items())},
        {name: sorted(names) for name, names in sorted(reaches.items())},
        frozenset(external),
        tuple(sorted(loggers)),
    )


def handle_of(name: str) -> str:
    """Return what a module is called where names are reached through it."""
    return f"{name}_module"


def ranges_of(module: ModuleSymbols, numbers: Iterable[int]) -> list[tuple[str, LineRange]]:
    """Return the lines of symbols with their names, in source order."""
    found = []
    for number in numbers:
        symbol = module.symbols[number]
        for lines in symbol.ranges:
            found.append((", ".join(symbol.names) or "statement", lines))
    return sorted(found, key=lambda pair: pair[1].first)
