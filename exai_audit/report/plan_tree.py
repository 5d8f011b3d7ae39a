"""A decomposition plan in words: as a tree for the terminal, and its parts for markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from exai_audit.report.escape import visible
from exai_audit.results.advice import Impact
from exai_audit.results.result import Plan, PlanModule

_ASCII = str.maketrans({"├": "|", "└": "`", "─": "-", "│": "|", "→": ">", "…": "...", "·": "-"})
_MOST_IMPORTERS = 12


def render(plan: Plan, *, width: int = 80, ascii_only: bool = False) -> str:
    """Return the plan for a terminal of ``width`` columns."""
    text = "\n".join(_lines(plan, width)) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _lines(plan: Plan, width: int) -> Iterator[str]:
    yield from _wrapped(f"{plan.path}: {plan.lines:,} lines. {plan.verdict}", width, "")
    if not plan.modules:
        return
    yield ""
    yield from tree(plan)
    for module in plan.modules:
        yield ""
        yield from _module(module, width)
    yield ""
    yield "Facade: every public name stays importable from where it was"
    yield from (f"    {visible(line)}" for line in plan.facade.split("\n"))
    for symbol in plan.kept:
        yield f"    (lines {symbol.line}-{symbol.end_line} stay: {visible(symbol.name)})"
    yield ""
    yield "Steps, each leaves the code runnable"
    for number, step in enumerate(plan.steps, 1):
        yield from _wrapped(f"{number:>3}. {step}", width, "     ")
    yield ""
    yield "Who imports it today"
    yield from (f"  {line}" for line in importers(plan))
    yield ""
    yield "What could break"
    for risk in plan.risks:
        yield from _wrapped(f"  - {risk}", width, "    ")
    yield ""
    yield "Before → after"
    yield from (f"  {figure(one)}" for one in plan.figures)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        visible(text.replace("`", "")),
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _module(module: PlanModule, width: int) -> Iterator[str]:
    yield f"{module.name}.py, about {module.lines:,} lines"
    for symbol in module.symbols:
        yield f"    {symbol.line:>5}-{symbol.end_line:<5} {visible(symbol.name)}"
    for statement in module.imports:
        yield from (f"    | {visible(line)}" for line in statement.split("\n"))


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
        yield f"and {more:,} more files"
    if not plan.importers:
        yield "no file that was scanned"


def figure(one: Impact) -> str:
    """Return one figure before and after."""
    return f"{one.label}: {one.before:,.0f} → {one.after:,.0f}"
