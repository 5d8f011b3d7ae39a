"""The decomposition plan of a module: what goes where, in which order, at what risk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import MOSTLY, ModuleSymbols
from exai_audit.files.source import SourceFile
from exai_audit.finding import Finding
from exai_audit.planning.decomposition.condensing import crowding
from exai_audit.planning.decomposition.crossing import crossings, share
from exai_audit.planning.decomposition.facade import (
    exported_names,
    facade_code,
    importers_of,
)
from exai_audit.planning.decomposition.figures import (
    can_be_measured,
    complexity_in,
    figures_of,
    measured,
)
from exai_audit.planning.decomposition.import_groups import statement
from exai_audit.planning.decomposition.imports import imports_of, main_imports
from exai_audit.planning.decomposition.layout import MAIN, Home, Split, ranges_of, split_of
from exai_audit.planning.decomposition.partition import (
    Partition,
    described,
    next_groups,
)
from exai_audit.planning.decomposition.reach import NO_REACH, reach_of
from exai_audit.planning.decomposition.refusal import refusal_reason
from exai_audit.planning.decomposition.risks import risks_of
from exai_audit.planning.decomposition.scene import Scene
from exai_audit.planning.decomposition.steps import steps_of
from exai_audit.planning.effort import efforts, hours, sizes
from exai_audit.results.plans import ClassPlan, Importer, LateImport, Plan, PlanModule, PlanSymbol

_BLANK_LINES = 2
_DOCSTRING_LINES = 2
_LARGE = 0.4
_UNREADABLE = "No split: the module cannot be read."
_MODULES, _CLASSES = ("EXA101", "EXA105"), "EXA104"


def plans(findings: Iterable[Finding], scene: Scene, most: int | None = None) -> tuple[Plan, ...]:
    """Return the plans of the modules that EXA101 or EXA105 speaks of, the worst first.

    A module that cannot be split has none. Radon, which is slow, reads none of them.

    Args:
        most: how many plans are made; all when None.
    """
    findings = list(findings)
    spoken = [f for f in findings if f.code in _MODULES]
    classes: dict[str, list[str]] = {}
    for finding in findings:
        if finding.code == _CLASSES and most is None:
            classes.setdefault(finding.path, []).append(finding.symbol)
    files = {facts.path: facts for facts in scene.project.files}
    worst = sorted(spoken, key=lambda f: (-f.severity.rank, -files[f.path].lines.physical, f.path))
    made: list[Plan] = []
    for path in dict.fromkeys(finding.path for finding in worst):
        if len(made) == most:
            break
        plan = plan_of(files[path], scene, in_full=False)
        _divide(files[path], classes.get(path, ()), scene)
        if plan.modules or plan.classes:
            about = [finding for finding in spoken if finding.path == path]
            work = efforts(about, sizes([files[path]]))
            made.append(replace(plan, hours=hours(work)))
    return tuple(made)


def _divide(facts: FileFacts, names: Iterable[str], scene: Scene) -> None:
    """Make the plans of classes for `class_plans` while the tree of their module is at hand."""
    for name in names:
        source = scene.read(facts.path)
        if source is not None:
            scene.division(facts, source, name)


def class_plans(
    findings: Iterable[Finding], scene: Scene, most: int | None = None
) -> tuple[ClassPlan, ...]:
    """Return how to divide the classes that EXA104 speaks of, the gravest first.

    Args:
        most: how many plans are made; all when None.
    """
    spoken = [finding for finding in findings if finding.code == _CLASSES]
    spoken.sort(key=lambda f: (-f.severity.rank, -(f.measured or 0), f.path, f.line))
    files = {facts.path: facts for facts in scene.project.files}
    found: list[ClassPlan] = []
    for finding in spoken:
        source = scene.read(finding.path) if len(found) != most else None
        if source is not None:
            plan = scene.division(files[finding.path], source, finding.symbol)
            found += [plan] if plan is not None and plan.groups else []
    return tuple(found)


def plan_of(facts: FileFacts, scene: Scene, *, in_full: bool = True, forwards: bool = True) -> Plan:
    """Return how to split a module; a plan without modules says why it cannot be.

    Args:
        in_full: whether radon measures it, and all files are read for what they reach of it.
        forwards: whether what tests replace on the facade is replaced in the new modules.
    """
    source = None if facts.failure is not None else scene.read(facts.path)
    if source is None:
        return _unreadable(facts)
    importers = importers_of(facts, scene.outside, scene.read)

    def make() -> Plan:
        return _of_module(facts, source, importers, scene, in_full=in_full, forwards=forwards)

    plan = make() if in_full else scene.remembered(facts, source, importers, make)
    if plan.verdict == _UNREADABLE or facts.generated:
        return plan
    least = MOSTLY if plan.modules else _LARGE
    return replace(plan, classes=tuple(_main_classes(facts, source, scene, least)))


def _of_module(
    facts: FileFacts,
    source: SourceFile,
    importers: tuple[Importer, ...],
    scene: Scene,
    *,
    in_full: bool,
    forwards: bool,
) -> Plan:
    """Return the plan without those of classes."""
    module = scene.symbols(source)
    if module is None:
        return _unreadable(facts)
    reason = refusal_reason(facts, module)
    if reason:
        return _refused(facts, reason)
    found = scene.partition(module, source, facts)
    reason = refusal_reason(facts, module, found)
    if reason:
        return _refused(facts, reason)
    return decomposed(
        facts, module, found, source, importers, scene, in_full=in_full, forwards=forwards
    )


def _unreadable(facts: FileFacts) -> Plan:
    return replace(_refused(facts, ""), verdict=_UNREADABLE)


def _refused(facts: FileFacts, reason: str) -> Plan:
    verdict = f"No split: {reason}"
    return Plan(facts.path, facts.lines.physical, 0.0, (), "", (), (), verdict=verdict)


def _main_classes(
    facts: FileFacts, source: SourceFile, scene: Scene, least: float
) -> Iterator[ClassPlan]:
    """Yield the plans of the classes that are more than a share of a module's lines."""
    for found in facts.size.classes:
        if found.lines > least * facts.lines.physical and "." not in found.place.symbol:
            plan = scene.division(facts, source, found.name)
            if plan is not None:
                yield plan


def decomposed(
    facts: FileFacts,
    module: ModuleSymbols,
    found: Partition,
    source: SourceFile,
    importers: tuple[Importer, ...],
    scene: Scene,
    *,
    in_full: bool = False,
    forwards: bool = True,
) -> Plan:
    """Return the plan that the clusters of a module give, however loosely they hang together."""
    split = split_of(facts, module, found, scene.outside)
    wanted = {name for importer in importers for name in importer.names}
    reach = reach_of(facts, module, scene.project, scene.read) if in_full else NO_REACH
    wanted |= reach.looked_up
    replaced = reach.set if forwards else frozenset()
    exported, rebound = exported_names(split, wanted)
    facade = facade_code(split, exported, rebound, wanted, source, forwards=bool(replaced))
    limit = scene.limit_of(facts.path)
    modules = [*(_module(split, home, limit) for home in split.homes), *_main(split)]
    with_radon = in_full and can_be_measured(facts)
    if with_radon:
        modules = [measured(one, source) for one in modules]
    kept = tuple(_kept(split))
    left = _facade_lines(facade, kept)
    crossing = crossings(split)
    return Plan(
        path=facts.path,
        lines=facts.lines.physical,
        clarity=found.clarity,
        modules=tuple(modules),
        facade=facade,
        steps=steps_of(split, exported, left, importers, modules),
        risks=risks_of(split, scene.outside, sorted(rebound)),
        verdict=_verdict(split, [one.name for one in crossing if len(one.users) > 1]),
        facade_path=split.facade,
        facade_lines=left,
        kept=kept,
        importers=importers,
        figures=figures_of(split, modules, left, share(split), source if with_radon else None),
        crossing=crossing,
        licence=_licence(module),
        replaced=tuple(sorted(replaced)),
    )


def _verdict(split: Split, crossing: Sequence[str]) -> str:
    clarity = split.found.clarity
    across = ", ".join(f"`{name}`" for name in crossing[:3])
    crosses = f" Most used across them: {across}." if across else ""
    crowded = crowding(sum(len(home.symbols) for home in split.homes), "names")
    verdict = f"{len(split.homes)} modules, {described(clarity)} (clarity {clarity:.2f})."
    return verdict + crosses + crowded


def _licence(module: ModuleSymbols) -> PlanSymbol | None:
    found = module.licence
    return None if found is None else PlanSymbol("licence", found.first, found.last)


# The new modules


def _module(split: Split, home: Home, limit: int) -> PlanModule:
    imports = imports_of(split, home)
    symbols = tuple(_symbols(split.module, (*home.loggers, *home.symbols)))
    lines = _lines_of(symbols, imports) + len(home.late)
    then = next_groups(split.module, home.symbols, limit) if lines > limit else ()
    return PlanModule(
        name=home.name,
        lines=lines,
        responsibility=home.summary,
        symbols=symbols,
        imports=imports,
        needs=tuple(sorted({*home.needs, *home.reaches})),
        late=tuple(
            LateImport(one.function, one.line, one.column, statement("." + one.origin, one.names))
            for one in home.late
        ),
        complexity=complexity_in(split.facts, symbols),
        then=tuple(
            tuple(name for number in group for name in split.module.symbols[number].names)
            for group in then
        ),
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


def _facade_lines(facade: str, kept: Sequence[PlanSymbol]) -> int:
    code = sum(symbol.end_line - symbol.line + 1 for symbol in kept)
    return facade.count("\n") + 1 + code + _BLANK_LINES
