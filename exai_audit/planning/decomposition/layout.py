"""Where the symbols of an oversized module go, and what each place needs of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import (
    FunctionBody,
    LineRange,
    ModuleSymbols,
    SymbolFact,
    SymbolKind,
)
from exai_audit.planning.decomposition.effects import comes_first, effects_of
from exai_audit.planning.decomposition.naming import Responsibility, responsibilities
from exai_audit.planning.decomposition.outside import Outside
from exai_audit.planning.decomposition.partition import Partition

MAIN = "__main__"


class Late(Struct, frozen=True):
    """A function that imports ``names`` from the new module ``origin`` before ``line``."""

    function: str
    line: int
    column: int
    origin: str
    names: tuple[str, ...]


class Home(Struct, frozen=True):
    """One new module: the symbols that go there, and the modules whose names they need.

    ``needs`` are names of symbols by new module, ``needs_typed`` those of modules above it, which
    only annotations name; ``reaches`` are names that are assigned anew at run time and have to be
    read and assigned through their module, ``late`` those that functions import when they run.
    ``external`` are names of imports.
    """

    name: str
    summary: str
    symbols: tuple[int, ...]
    needs: dict[str, list[str]] = field(default_factory=dict)
    needs_typed: dict[str, list[str]] = field(default_factory=dict)
    reaches: dict[str, list[str]] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    loggers: tuple[int, ...] = ()
    late: tuple[Late, ...] = ()


class Split(Struct, frozen=True):
    """The new modules, those that others need first, and the symbols that stay.

    ``folder`` is the package that holds them; ``is_package`` tells that the module is one already.
    ``prologue`` are statements that stay and run before the imports below them.
    """

    facts: FileFacts
    module: ModuleSymbols
    found: Partition
    folder: str
    is_package: bool
    homes: tuple[Home, ...]
    kept: tuple[int, ...]
    main: tuple[int, ...]
    prologue: tuple[int, ...] = ()

    @property
    def facade(self) -> str:
        return f"{self.folder}/__init__.py" if self.folder else "__init__.py"

    def maybe(self) -> set[str]:
        """Return the names that are there on some platforms or versions only."""
        return {name for symbol in self.module.symbols for name in symbol.maybe}

    def own_names(self) -> set[str]:
        """Return the top names by which the project's own modules may be imported."""
        return set(self.facts.module.split(".")[:2])

    def runs(self) -> bool:
        """Tell whether anything that moves does something when it is imported."""
        symbols = self.module.symbols
        moved = {number for home in self.homes for number in home.symbols}
        return any(
            symbols[number].kind is SymbolKind.STATEMENT or symbols[number].registers
            for number in moved
        ) or any(effect.changes and effect.symbol in moved for effect in effects_of(symbols))

    def home_of(self) -> dict[str, str]:
        """Return the new module of each name that moves."""
        return {
            name: home.name
            for home in self.homes
            for number in home.symbols
            for name in self.module.symbols[number].names
        }


def is_a_package(facts: FileFacts) -> bool:
    """Tell whether a module is the one of a package."""
    return facts.path.rsplit("/", 1)[-1] == "__init__.py"


def folder_of(facts: FileFacts) -> str:
    """Return the folder of the package that a module becomes, or is."""
    return facts.path.rpartition("/" if is_a_package(facts) else ".")[0]


def split_of(facts: FileFacts, module: ModuleSymbols, found: Partition, outside: Outside) -> Split:
    """Lay out the clusters of a module as modules of a package."""
    is_package, folder = is_a_package(facts), folder_of(facts)
    stem = facts.module.rpartition(".")[2] if is_package else folder.rpartition("/")[2]
    taken = outside.names_in(folder)
    parts = responsibilities(module, found.clusters, stem, taken)
    moved = {number for part in parts for number in part.symbols}
    rest = [number for number in range(len(module.symbols)) if number not in moved]
    main = [n for n in rest if module.symbols[n].kind is SymbolKind.MAIN and not is_package]
    prologue = [n for n in rest if comes_first(module, module.symbols[n])]
    return Split(
        facts,
        module,
        found,
        folder,
        is_package,
        tuple(_home(module, found, part, parts) for part in parts),
        tuple(number for number in rest if number not in (*main, *prologue)),
        tuple(main),
        tuple(prologue),
    )


def _home(
    module: ModuleSymbols, found: Partition, part: Responsibility, parts: Sequence[Responsibility]
) -> Home:
    reader = _Needs(module, found, parts)
    for number in part.symbols:
        reader.read(number)
    return Home(
        part.name,
        part.summary,
        part.symbols,
        _sorted(reader.needs),
        _sorted(reader.typed),
        _sorted(reader.reaches),
        frozenset(reader.external),
        tuple(sorted(reader.loggers)),
        tuple(reader.late),
    )


def _sorted(names: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(found) for name, found in sorted(names.items())}


class _Needs:
    """What the symbols of one part need of the others, and of the module's imports."""

    def __init__(
        self, module: ModuleSymbols, found: Partition, parts: Sequence[Responsibility]
    ) -> None:
        self._symbols = module.symbols
        self._detached = found.detached
        self._parts = parts
        self._rank = {number: at for at, other in enumerate(parts) for number in other.symbols}
        self._at = {name: n for n, symbol in enumerate(module.symbols) for name in symbol.names}
        self.needs: dict[str, set[str]] = {}
        self.typed: dict[str, set[str]] = {}
        self.reaches: dict[str, set[str]] = {}
        self.external: set[str] = set()
        self.loggers: set[int] = set()
        self.late: list[Late] = []

    def read(self, number: int) -> None:
        symbol, own = self._symbols[number], self._rank[number]
        self.external.update(symbol.external)
        for name in symbol.names_used:
            target = self._at.get(name)
            if target is None:  # deleted again: whoever needs it is in the same module
                continue
            if self._symbols[target].kind is SymbolKind.LOGGER:
                self.loggers.add(target)
                self.external.update(self._symbols[target].external)
            elif target in self._rank and self._rank[target] != own:
                self._reach(symbol, name, target, own)
        for body in symbol.functions:
            self._import_late(body, own)

    def _reach(self, symbol: SymbolFact, name: str, target: int, own: int) -> None:
        where = self._parts[self._rank[target]].name
        if self._rank[target] < own:
            found = self.reaches if target in self._detached else self.needs
            found.setdefault(where, set()).add(name)
        elif target not in symbol.uses or target in symbol.annotated:
            self.typed.setdefault(where, set()).add(name)

    def _import_late(self, body: FunctionBody, own: int) -> None:
        above: dict[int, list[str]] = {}
        for name in body.names:
            rank = self._rank.get(self._at.get(name, -1), -1)
            if rank > own:
                above.setdefault(rank, []).append(name)
        for rank, names in sorted(above.items()):
            origin = self._parts[rank].name
            self.late.append(Late(body.name, body.line, body.column, origin, tuple(names)))


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
