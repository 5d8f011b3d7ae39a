"""The decomposition plan of an oversized module: what goes where, in which order, at what risk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from exai_audit.config import Settings
from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.finding import Finding
from exai_audit.planning.decomposition.imports import (
    facade_imports,
    imports_of,
    main_imports,
    reexports,
)
from exai_audit.planning.decomposition.layout import MAIN, Home, Split, ranges_of, split_of
from exai_audit.planning.decomposition.refusal import refusal_reason
from exai_audit.planning.decomposition.risks import risks_of
from exai_audit.planning.decomposition.steps import steps_of
from exai_audit.project.project import Project
from exai_audit.project.responsibilities import is_mixed
from exai_audit.results.advice import Impact
from exai_audit.results.result import Importer, Plan, PlanModule, PlanSymbol
from exai_audit.rulebook.registry import rules

_MOST_PLANS = 5
_BLANK_LINES = 2
_DOCSTRING_LINES = 2


def plans(findings: Iterable[Finding], project: Project, settings: Settings) -> tuple[Plan, ...]:
    """Return the plans of the modules that EXA101 or EXA105 speaks of, the worst few first.

    A module that should stay whole has none.
    """
    spoken = [f for f in findings if f.code in ("EXA101", "EXA105")]
    files = {facts.path: facts for facts in project.files}
    worst = sorted(spoken, key=lambda f: (-f.severity.rank, -files[f.path].lines.physical, f.path))
    made: list[Plan] = []
    for path in dict.fromkeys(finding.path for finding in worst):
        plan = plan_of(files[path], project, settings)
        if plan.modules:
            made.append(plan)
        if len(made) == _MOST_PLANS:
            break
    return tuple(made)


def plan_of(facts: FileFacts, project: Project, settings: Settings) -> Plan:
    """Return how to split a module; a plan without modules says why it should stay whole."""
    rule = next(rule for rule in rules() if rule.code == "EXA105")
    options = settings.rules.options(rule).at(facts.path)
    reason = ""
    if facts.generated:
        reason = "No split: a program wrote this module. Change what it is generated from."
    elif facts.lines.physical <= options.max_module_lines or facts.symbols is None:
        reason = f"No split: the module is within the limit of {options.max_module_lines:,} lines."
    elif not is_mixed(facts.symbols, options.min_modularity):
        reason = refusal_reason(facts, facts.symbols, options.min_modularity)
    if reason or facts.symbols is None:
        lines = facts.lines.physical
        clarity = facts.symbols.modularity if facts.symbols else 0.0
        return Plan(facts.path, lines, clarity, (), "", (), (), verdict=reason)
    return decomposed(facts, facts.symbols, project)


def decomposed(facts: FileFacts, module: ModuleSymbols, project: Project) -> Plan:
    """Return the plan that the clusters of a module give, however loosely they hang together."""
    split = split_of(facts, module, (file.path for file in project.files))
    importers = _importers(facts, project)
    wanted = {name for importer in importers for name in importer.names}
    exported, rebound = _exported(split, wanted)
    facade = _facade(split, exported, rebound, wanted)
    modules = (*(_module(split, home) for home in split.homes), *_main(split))
    kept = tuple(_kept(split))
    left = _facade_lines(facade, kept)
    return Plan(
        path=facts.path,
        lines=facts.lines.physical,
        modularity=module.modularity,
        modules=modules,
        facade=facade,
        steps=steps_of(split, exported, left, importers),
        risks=risks_of(split, project, sorted(rebound)),
        verdict=_verdict(split, module),
        facade_path=split.facade,
        facade_lines=left,
        kept=kept,
        importers=importers,
        figures=_figures(split, modules, left),
    )


def _verdict(split: Split, module: ModuleSymbols) -> str:
    return (
        f"{len(split.homes)} responsibilities, modularity {module.modularity:.2f};"
        f" {module.coupling:.0%} of the uses among its symbols cross from one to another."
    )


# The new modules


def _module(split: Split, home: Home) -> PlanModule:
    imports = imports_of(split, home)
    symbols = tuple(_symbols(split.module, (*home.loggers, *home.symbols)))
    return PlanModule(
        name=home.name,
        lines=_lines_of(symbols, imports),
        responsibility=home.summary,
        symbols=symbols,
        imports=imports,
        needs=tuple(sorted({*home.needs, *home.reaches})),
    )


def _main(split: Split) -> Iterable[PlanModule]:
    if split.main:
        symbols = tuple(_symbols(split.module, split.main))
        imports = main_imports(split)
        summary = "what runs as a script"
        yield PlanModule(MAIN, _lines_of(symbols, imports), summary, symbols, imports)


def _symbols(module: ModuleSymbols, numbers: Iterable[int]) -> Iterable[PlanSymbol]:
    for name, lines in ranges_of(module, numbers):
        yield PlanSymbol(name, lines.first, lines.last)


def _kept(split: Split) -> Iterable[PlanSymbol]:
    """Yield what stays in the facade, in source order: docstring, ``__all__``, metadata."""
    module = split.module
    found = list(_symbols(module, split.kept))
    for name, lines in (("docstring", module.docstring), ("__all__", module.exported_at)):
        if lines is not None:
            found.append(PlanSymbol(name, lines.first, lines.last))
    return sorted(found, key=lambda symbol: symbol.line)


def _lines_of(symbols: Sequence[PlanSymbol], imports: Sequence[str]) -> int:
    """Return the lines of a module, with a line of docstring and blank lines between symbols."""
    code = sum(symbol.end_line - symbol.line + 1 + _BLANK_LINES for symbol in symbols)
    return code + sum(text.count("\n") + 1 for text in imports) + _DOCSTRING_LINES


# The facade


def _importers(facts: FileFacts, project: Project) -> tuple[Importer, ...]:
    """Return which files import the module, and which names they take from it by name."""
    found = []
    for file in project.files:
        names = sorted(
            {
                name.removeprefix(facts.module + ".").partition(".")[0]
                for name in file.imports
                if name.startswith(facts.module + ".")
            }
        )
        if file.path != facts.path and (names or facts.module in file.imports):
            found.append(Importer(file.path, tuple(names)))
    return tuple(found)


def _exported(split: Split, wanted: Collection[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the names that the facade imports by new module, and those that it looks up."""
    symbols = split.module.symbols
    reassigned = {target for symbol in symbols for target in symbol.rebinds}
    used_here = {n for number in split.kept for n in symbols[number].names_used}
    public = set(split.module.exported or ()) | set(wanted) | used_here
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


def _facade(
    split: Split,
    exported: Mapping[str, Sequence[str]],
    rebound: Mapping[str, str],
    wanted: Collection[str],
) -> str:
    """Return the code of the facade, without the docstring and the statements that stay."""
    imported = {name for fact in split.module.imports for name in fact.names}
    passed_on = set(wanted) | set(split.module.exported or ())
    own = {name for number in split.kept for name in split.module.symbols[number].external}
    lines = list(facade_imports(split, exported))
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


def _facade_lines(facade: str, kept: Sequence[PlanSymbol]) -> int:
    code = sum(symbol.end_line - symbol.line + 1 for symbol in kept)
    return facade.count("\n") + 1 + code + _BLANK_LINES


# What it brings


def _figures(split: Split, modules: Sequence[PlanModule], facade_lines: int) -> tuple[Impact, ...]:
    symbols = split.module.symbols
    longest = max([facade_lines, *(module.lines for module in modules)])
    most = max(len(home.symbols) for home in split.homes)
    named = sum(s.kind is not SymbolKind.STATEMENT for s in symbols)
    figures = (
        ("longest-module", "largest module, lines", split.facts.lines.physical, longest),
        ("modules", "modules, the facade included", 1, len(modules) + 1),
        ("symbols", "symbols in one module at most", named, most),
        (
            "coupling",
            "uses among symbols that cross modules, percent",
            0,
            100 * split.module.coupling,
        ),
        ("cycles", "import cycles among the modules", 0, 0),
    )
    return tuple(
        Impact(name, label, float(before), float(round(after)))
        for name, label, before, after in figures
    )
