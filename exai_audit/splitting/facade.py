"""The text of what is left of a module: the facade, or the module with some of it moved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind
from exai_audit.planning.decomposition.forwarding import FORWARDING_IMPORTS, forwarding, lookup
from exai_audit.planning.decomposition.import_groups import member_key, statement
from exai_audit.results.plans import Plan, PlanModule
from exai_audit.splitting.handles import Reached
from exai_audit.splitting.texts import spaced, starts_definition, text_of
from exai_audit.splitting.tokens import one_level_deeper

_DOCSTRING = "docstring"
_DEFINES = re.compile(r"@|(?:async\s+)?def\s|class\s")


def facade_text(plan: Plan, lines: Sequence[str], more: str = "") -> str:
    """Return the text of the facade: licence, docstring, imports, ``more``, what stays."""
    head = [] if plan.licence is None else [text_of(lines, plan.licence)]
    head += [text_of(lines, symbol) for symbol in plan.kept if symbol.name == _DOCSTRING]
    kept = spaced([symbol for symbol in plan.kept if symbol.name != _DOCSTRING], lines)
    top = "\n\n".join([*head, plan.facade.strip("\n"), *([more.rstrip("\n")] if more else [])])
    gap = "\n\n\n" if starts_definition(kept) else "\n\n"
    return top + (f"{gap}{kept}" if kept else "") + "\n"


def old_module_names(
    made: Sequence[PlanModule], module: ModuleSymbols, lines: Sequence[str]
) -> str:
    """Return code by which moved classes and functions name the module that they came from.

    What a decorator makes of them may take no other name, and stays as it is.
    """
    live = _live(module, dict(_moved(made, module)))
    names = [
        symbol.names[0]
        for symbol, _ in _moved(made, module)
        if symbol.kind in (SymbolKind.CLASS, SymbolKind.FUNCTION)
        and symbol.names[0] not in live
        and _is_plain(symbol, lines)
    ]
    if not names:
        return ""
    each = "".join(f"    {name},\n" for name in sorted(names, key=member_key))
    return f"for _moved in (\n{each}):\n    _moved.__module__ = __name__\ndel _moved\n"


def _is_plain(symbol: SymbolFact, lines: Sequence[str]) -> bool:
    place = symbol.ranges[0]
    starts = (line for line in lines[place.first - 1 : place.last] if _DEFINES.match(line))
    return len(symbol.ranges) == 1 and not next(starts, "@").startswith("@")


def half_done_text(
    plan: Plan, made: Sequence[PlanModule], module: ModuleSymbols, reached: Reached
) -> str:
    """Return the text of the old module without what has moved, which it imports.

    Args:
        made: the new modules that there are.
    """
    lines = reached.lines
    moved = dict(_moved(made, module))
    gone = {n for symbol in moved for r in symbol.ranges for n in range(r.first, r.last + 1)}
    place = _first_named(module, len(lines))
    parts = [_without(lines, 1, place, gone), _without(lines, place, len(lines) + 1, gone)]
    if plan.path != plan.facade_path:
        parts = [one_level_deeper(part) for part in parts]
    live = _live(module, moved)
    imports = [*_imports(made, moved, live), *reached.handles, ""]
    code = [*lookup(live)] if live else []
    if plan.replaced:
        names = [part.name for part in made]
        imports += [*FORWARDING_IMPORTS, statement(".", sorted(names)), ""]
        code += ["", "", *forwarding(names, live)]
    return "\n".join([parts[0], *imports, parts[1].rstrip("\n"), *code]) + "\n"


def _moved(
    made: Sequence[PlanModule], module: ModuleSymbols
) -> Iterator[tuple[SymbolFact, PlanModule]]:
    at = {r.first: symbol for symbol in module.symbols for r in symbol.ranges}
    for part in made:
        for found in part.symbols:
            symbol = at[found.line]
            if symbol.kind is not SymbolKind.LOGGER:
                yield symbol, part


def _first_named(module: ModuleSymbols, end: int) -> int:
    """Return the line of the first symbol with a name: what stands above may have to run first."""
    return min((symbol.line for symbol in module.symbols if symbol.names), default=end)


def _without(lines: Sequence[str], first: int, end: int, gone: set[int]) -> str:
    return "\n".join(lines[n - 1] for n in range(first, end) if n not in gone)


def _live(module: ModuleSymbols, moved: dict[SymbolFact, PlanModule]) -> dict[str, str]:
    """Return the names that are assigned anew at run time with the new module that holds them."""
    if any("__getattr__" in symbol.names for symbol in module.symbols):
        return {}
    numbers = {target for symbol in module.symbols for target in symbol.rebinds}
    again = [module.symbols[number] for number in numbers]
    return {name: moved[s].name for s in again if s in moved for name in s.names}


def _imports(
    made: Sequence[PlanModule], moved: dict[SymbolFact, PlanModule], live: dict[str, str]
) -> Iterator[str]:
    for part in made:
        inside = [symbol for symbol, home in moved.items() if home is part]
        maybe = {name for symbol in inside for name in symbol.maybe}
        names = {name for symbol in inside for name in symbol.names} - live.keys()
        sure = sorted(names - maybe, key=member_key)
        yield statement(f".{part.name}", sure) if sure else f"from . import {part.name}"
        for name in sorted(names & maybe):
            tried = statement(f".{part.name}", [name])
            yield f"try:\n    {tried}\nexcept ImportError:\n    pass"
