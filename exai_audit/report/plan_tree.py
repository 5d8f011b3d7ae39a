"""A decomposition plan in words: as a tree for the terminal, and its parts for markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from exai_audit.report import class_plan
from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import visible
from exai_audit.results.advice import Impact
from exai_audit.results.plans import ClassPlan, Plan, PlanModule

_ASCII = str.maketrans({"├": "|", "└": "`", "─": "-", "│": "|", "→": ">", "…": "...", "·": "-"})
_MOST_IMPORTERS = 12
_MOST_CROSSING = 8


def render(plan: Plan | ClassPlan, *, width: int = 80, ascii_only: bool = False) -> str:
    """Return the plan for a terminal of ``width`` columns."""
    lines = _class_lines(plan, width) if isinstance(plan, ClassPlan) else _lines(plan, width)
    text = "\n".join(lines) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _lines(plan: Plan, width: int) -> Iterator[str]:
    yield from _wrapped(f"{plan.path}: {plan.lines:,} lines. {plan.verdict}", width, "")
    if plan.modules:
        yield from _split(plan, width)
    for found in plan.classes:
        yield ""
        yield from _class_lines(found, width)


def _split(plan: Plan, width: int) -> Iterator[str]:
    yield ""
    yield from tree(plan)
    for module in plan.modules:
        yield ""
        yield from _module(module)
    yield ""
    yield "Facade: every public name stays importable from where it was"
    yield from (f"    {visible(line)}" for line in plan.facade.split("\n"))
    for symbol in plan.kept:
        yield f"    (lines {symbol.line}-{symbol.end_line} stay: {visible(symbol.name)})"
    yield from _numbered("Steps, each leaves the code runnable", plan.steps, width)
    if plan.crossing:
        yield ""
        yield "What crosses"
        for line in crossing(plan):
            yield from _wrapped(f"  {line}", width, "    ")
    yield ""
    yield "Who imports it today"
    yield from (f"  {line}" for line in importers(plan))
    yield from _listed("What could break", plan.risks, width)
    yield ""
    yield "Before → after"
    yield from (f"  {figure(one)}" for one in plan.figures)


def _class_lines(plan: ClassPlan, width: int) -> Iterator[str]:
    yield from _wrapped(f"{plan.path}:{plan.line}: {plan.lines:,} lines. {plan.verdict}", width, "")
    if not plan.groups:
        return
    yield ""
    yield from class_plan.groups(plan)
    for group in plan.groups:
        yield ""
        yield f"{group.name}, {group.way}, {group.lines:,} lines"
        for method in group.methods:
            yield f"    {method.line:>5}-{method.end_line:<5} {visible(method.name)}"
    yield from _numbered("Steps", plan.steps, width)
    yield from _listed("What could break", plan.risks, width)
    yield ""
    yield "Before → after"
    yield from (f"  {figure(one)}" for one in plan.figures)


def _numbered(title: str, steps: Sequence[str], width: int) -> Iterator[str]:
    yield ""
    yield title
    for number, step in enumerate(steps, 1):
        yield from _wrapped(f"{number:>3}. {step}", width, "     ")


def _listed(title: str, texts: Sequence[str], width: int) -> Iterator[str]:
    if texts:
        yield ""
        yield title
        for text in texts:
            yield from _wrapped(f"  - {text}", width, "    ")


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        visible(text.replace("`", "")),
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _module(module: PlanModule) -> Iterator[str]:
    yield f"{module.name}.py, about {module.lines:,} lines{quality(module)}"
    for symbol in module.symbols:
        yield f"    {symbol.line:>5}-{symbol.end_line:<5} {visible(symbol.name)}"
    for statement in module.imports:
        yield from (f"    | {visible(line)}" for line in statement.split("\n"))
    for late in module.late:
        for line in late.statement.split("\n"):
            yield f"    | in {visible(late.function)}, above line {late.line}: {visible(line)}"


def quality(module: PlanModule) -> str:
    """Return complexity and maintainability of a new module."""
    index = module.maintainability
    said = "" if index is None else f", maintainability {index:.0f}"
    return f", complexity {module.complexity}{said}"


def crossing(plan: Plan) -> Iterator[str]:
    """Yield the names that cross most, with who needs them; not escaped as markup."""
    for one in plan.crossing[:_MOST_CROSSING]:
        yield f"{visible(one.name)} of {one.module}: used by {', '.join(one.users)}"
    more = len(plan.crossing) - _MOST_CROSSING
    if more > 0:
        yield f"and {counted(more, 'more name')}"


def tree(plan: Plan) -> Iterator[str]:
    """Yield the package as a tree with lines and responsibilities; not escaped as markup."""
    folder, _, facade = plan.facade_path.rpartition("/")
    yield f"{visible(folder) or '.'}/"
    rows = [(facade, plan.facade_lines, "the facade")]
    rows += [(f"{m.name}.py", m.lines, m.responsibility) for m in plan.modules]
    width = max(len(name) for name, _, _ in rows)
    for number, (name, lines, says) in enumerate(rows, 1):
        branch = "└──" if number == len(rows) else "├──"
        yield f"{branch} {name:<{width}} {lines:>6,} lines  {visible(says)}"


def importers(plan: Plan) -> Iterator[str]:
    """Yield the files that import the module and what they take; not escaped as markup."""
    for one in plan.importers[:_MOST_IMPORTERS]:
        taken = ", ".join(one.names) or "the module itself"
        yield f"{visible(one.path)}: {visible(taken)}"
    more = len(plan.importers) - _MOST_IMPORTERS
    if more > 0:
        yield f"and {counted(more, 'more file')}"
    if not plan.importers:
        yield "no file that was scanned"


def figure(one: Impact) -> str:
    """Return one figure before and after."""
    return f"{one.label}: {one.before:,.0f} → {one.after:,.0f}"
