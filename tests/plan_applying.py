"""A decomposition plan carried out to the letter, on a copy, to see that the code still runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import audit
from exai_audit.collectors import symbols_of
from exai_audit.config import Settings
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.planning.decomposition import Scene, plan_of
from exai_audit.results.plans import Plan, PlanModule, PlanSymbol

_RELATIVE = re.compile(r"^(\s*from\s+)(\.)")


def plan_and_symbols(folder: Path, path: str, limit: int) -> tuple[Plan, ModuleSymbols]:
    """Return the plan of a module of the project in ``folder``, and its symbols."""
    settings = Settings(rule_options=(("max-module-lines", limit),))
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    facts = next(facts for facts in audited.project.files if facts.path == path)
    read = Sources(audited.discovery.files).get
    source = read(path)
    assert source is not None
    symbols = symbols_of(source)
    assert symbols is not None
    return plan_of(facts, Scene(audited.project, read, lambda path: limit)), symbols


def split(plan: Plan, symbols: ModuleSymbols, folder: Path, *, modules: int | None = None) -> None:
    """Split the module in ``folder`` as the plan says, only the first ``modules`` of the steps."""
    old = folder / plan.path
    lines = old.read_text(encoding="utf-8").split("\n")
    facade = folder / plan.facade_path
    is_package = old == facade
    if not is_package:
        facade.parent.mkdir()
        old.unlink()
        for number in symbols.relative:
            lines[number - 1] = _RELATIVE.sub(r"\1.\2", lines[number - 1])
    moved = plan.modules if modules is None else plan.modules[:modules]
    _import_late(moved, lines)
    homes = {s.name: module.name for module in plan.modules for s in module.symbols}
    for module in moved:
        code = _code(module, lines)
        for name, handle in re.findall(r"from \. import (\w+) as (\w+)", "\n".join(module.imports)):
            reached = [one for one in _assigned_anew(symbols) if homes.get(one) == name]
            code = [_reaching(text, reached, handle) for text in code]
        _write(facade.parent / f"{module.name}.py", [*_licence(plan, lines), *code])
    if modules is None:
        kept = [_text(lines, symbol) for symbol in plan.kept]
        docstring = kept[:1] if plan.kept and plan.kept[0].name == "docstring" else []
        _write(facade, [*_licence(plan, lines), *docstring, plan.facade, *kept[len(docstring) :]])
    else:
        _write(facade, _half_done(symbols, moved, lines, is_package))


def _licence(plan: Plan, lines: Sequence[str]) -> list[str]:
    return [] if plan.licence is None else [_text(lines, plan.licence)]


def _assigned_anew(symbols: ModuleSymbols) -> list[str]:
    numbers = {target for symbol in symbols.symbols for target in symbol.rebinds}
    return sorted(name for number in numbers for name in symbols.symbols[number].names)


def _import_late(moved: Sequence[PlanModule], lines: list[str]) -> None:
    """Put the imports of functions before their first statements, on the lines of these."""
    for module in moved:
        for late in module.late:
            indent = " " * late.column
            text = late.statement.replace("\n", "\n" + indent)
            lines[late.line - 1] = f"{indent}{text}\n{lines[late.line - 1]}"


def _code(module: PlanModule, lines: Sequence[str]) -> list[str]:
    return [*module.imports, *(_text(lines, symbol) for symbol in module.symbols)]


def _reaching(text: str, names: Sequence[str], handle: str) -> str:
    """Write ``handle.`` before names that their module alone holds, as the steps say."""
    for name in names:
        text = re.sub(rf"(?m)^ *global {name}\n", "", text)
        text = re.sub(rf"(?<![\w.]){name}\b", f"{handle}.{name}", text)
    return text


def _half_done(
    symbols: ModuleSymbols, moved: Sequence[PlanModule], lines: Sequence[str], is_package: bool
) -> list[str]:
    """Return the old module without what moved, which it imports."""
    loggers = {s.names[0] for s in symbols.symbols if s.kind.value == "logger"}
    maybe = {name for symbol in symbols.symbols for name in symbol.maybe}
    gone: set[int] = set()
    imports = []
    for module in moved:
        names: list[str] = []
        for symbol in module.symbols:
            if symbol.name not in loggers:
                gone.update(range(symbol.line, symbol.end_line + 1))
                names.extend(n for n in symbol.name.split(", ") if n != "statement")
        for name in names:
            imported = f"from .{module.name} import {name}"
            tried = f"try:\n    {imported}\nexcept ImportError:\n    pass"
            imports.append(tried if name in maybe else imported)
    outside = {number for fact in symbols.imports for number in _numbers(fact.lines)}
    rest = [
        _RELATIVE.sub(r"\1.\2", line) if number in outside and not is_package else line
        for number, line in enumerate(lines, 1)
        if number not in gone
    ]
    top = symbols.docstring.last if symbols.docstring else 0
    ahead = [n for n, line in enumerate(rest, 1) if line.startswith("from __future__")]
    top = max([top, *ahead])
    return ["\n".join([*rest[:top], *imports, *rest[top:]])]


def _numbers(lines: object) -> Iterable[int]:
    return range(lines.first, lines.last + 1)  # type: ignore[attr-defined]


def _text(lines: Sequence[str], symbol: PlanSymbol) -> str:
    return "\n".join(lines[symbol.line - 1 : symbol.end_line])


def _write(path: Path, parts: Iterable[str]) -> None:
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def missing_names(folder: Path, module: str, names: Sequence[str]) -> list[str]:
    """Import a module in a process of its own and return those of ``names`` that it lacks."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import {module} as found\n"
        f"print(*[name for name in {list(names)!r} if not hasattr(found, name)])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def public_names(symbols: ModuleSymbols) -> list[str]:
    """Return the public names that a module defines on every platform when it is imported."""
    defined = (s for s in symbols.symbols if s.kind is not SymbolKind.MAIN)
    names = (name for symbol in defined for name in symbol.names if name not in symbol.maybe)
    return [name for name in names if not name.startswith("_")]
