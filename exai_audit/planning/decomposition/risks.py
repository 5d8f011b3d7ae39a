"""What could break when an oversized module is split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind
from exai_audit.planning.decomposition.layout import Home, Split
from exai_audit.planning.decomposition.outside import Outside

_MOST_NAMED = 5
_PICKLERS = frozenset({
    "pickle", "cPickle", "copyreg", "shelve", "multiprocessing", "dill", "cloudpickle", "joblib",
})  # fmt: skip


def risks_of(split: Split, outside: Outside, rebound: Sequence[str]) -> tuple[str, ...]:
    """Return what a maintainer has to watch, gravest first."""
    return (
        *_patched(split, outside),
        *_rebound(rebound),
        *_at_import(split),
        *_registered(split),
        *_typed_only(split),
        *_unknown(split),
        *_own_module(split),
        *_pickled(split),
        *_loggers(split),
        f"Strings in configuration and documentation are not read: search them for"
        f" `{split.facts.module}.` before the last step.",
    )


def patched_names(facts: FileFacts, module: ModuleSymbols, outside: Outside) -> frozenset[str]:
    """Return the symbols of a module that other files replace by name."""
    bound = {name for symbol in module.symbols for name in symbol.names}
    return frozenset(name for name, _, _ in outside.replaced(facts) if name in bound)


def _patched(split: Split, outside: Outside) -> Iterator[str]:
    """Yield what tests and others replace by name: after the move it is looked up elsewhere."""
    home = split.home_of()
    imported = {name for fact in split.module.imports for name in fact.names}
    for name, dotted, place in outside.replaced(split.facts):
        if name in home:
            readers = sorted({one.name for one in split.homes if name in _reads(one)})
            where = f"patch it in `{home[name]}`"
            if readers:
                where += " and where it is imported: " + _listed(readers)
        elif name in imported:
            where = "patch it in each new module that uses it"
        else:
            continue
        yield f"{place} replaces `{dotted}`: {where}."


def _reads(home: Home) -> set[str]:
    return {name for names in home.needs.values() for name in names}


def _rebound(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield (
            f"{_listed(names)}: assigned anew at run time (`global`). The facade looks them up on"
            " each access; `from … import` elsewhere still copies the value of that moment, and"
            " assigning them through the facade has no effect."
        )


def _at_import(split: Split) -> Iterator[str]:
    symbols = split.module.symbols
    kept = [n for n in split.kept if symbols[n].kind is SymbolKind.STATEMENT]
    moved = [
        n for home in split.homes for n in home.symbols if symbols[n].kind is SymbolKind.STATEMENT
    ]
    for numbers, what in (
        (kept, "run at import and stay in the facade, after its imports"),
        (moved, "run at import and move: they run when the facade imports their module"),
    ):
        if numbers:
            lines = [str(symbols[number].line) for number in numbers]
            noun = "Line" if len(lines) == 1 else "Lines"
            yield f"{noun} {_listed(lines)}: {what}; the order against the rest can change."


def _registered(split: Split) -> Iterator[str]:
    found = [s for s in split.module.symbols if s.registers]
    if found:
        decorators = sorted({f"@{name}" for symbol in found for name in symbol.registers})
        yield (
            f"{_listed(_names(found))}: registered by {_listed(decorators)} when imported; keep"
            " every new module imported by the facade, in the order given."
        )


def _typed_only(split: Split) -> Iterator[str]:
    for home in split.homes:
        if home.needs_typed:
            names = sorted(name for names in home.needs_typed.values() for name in names)
            yield (
                f"`{home.name}` imports {_listed(names)} for annotations only, under"
                " TYPE_CHECKING: what evaluates annotations at run time (dataclass libraries,"
                " `get_type_hints`) does not find them there."
            )


def _unknown(split: Split) -> Iterator[str]:
    unknown = split.module.unknown
    if not unknown:
        return
    if any("*" in fact.names or "import *" in fact.text for fact in split.module.imports):
        yield (
            f"{_listed(unknown)}: nothing that can be seen defines it, so that it comes from the"
            " star import, which each new module repeats."
        )
    else:
        yield f"{_listed(unknown)}: used, and nothing that can be seen defines it."


def _own_module(split: Split) -> Iterator[str]:
    symbols = split.module.symbols
    for what in sorted({hazard.what for hazard in split.module.hazards}):
        users = [symbols[h.symbol] for h in split.module.hazards if h.what == what]
        shown = "globals()" if what == "globals" else what
        yield f"{_listed(_names(users))}: `{shown}` is another one in the new module."


def _pickled(split: Split) -> Iterator[str]:
    symbols = split.module.symbols
    roots = {name.partition(".")[0] for name in split.facts.imports}
    classes = [
        symbols[n]
        for home in split.homes
        for n in home.symbols
        if symbols[n].kind is SymbolKind.CLASS
    ]
    if classes and roots & _PICKLERS:
        yield (
            f"{_listed(_names(classes))}: new pickles name the new modules; older versions of the"
            " code cannot load them. Old pickles load as long as the facade stands."
        )


def _loggers(split: Split) -> Iterator[str]:
    if any(home.loggers for home in split.homes):
        yield (
            "Write `getLogger(__package__)` in the new modules: so the logger stays"
            f" `{split.facts.module}`, with its handlers, levels and filters."
        )


def _names(symbols: Iterable[SymbolFact]) -> list[str]:
    return [symbol.names[0] if symbol.names else f"line {symbol.line}" for symbol in symbols]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" if not name.isdigit() else name for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return shown + (f" and {more} more" if more > 0 else "")
