"""A decomposition plan as markdown, with a graph of the modules."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from exai_audit.report.class_plan import groups
from exai_audit.report.escape import cell_code, code, code_block, prose
from exai_audit.report.plan_tree import crossing, figure, importers, quality, tree
from exai_audit.results.plans import ClassPlan, Plan, PlanModule

Lines = Iterator[str]


def render(plan: Plan | ClassPlan) -> str:
    """Return the plan as a document of its own."""
    if isinstance(plan, ClassPlan):
        lines = [f"# How to divide {code(plan.name)}", "", *class_section(plan)]
        return "\n".join(lines) + "\n"
    lines = [f"# Decomposition plan of {code(plan.path)}", "", *_verdict(plan)]
    if plan.modules:
        lines += ["", *plan_section(plan), "", *_modules(plan)]
    for found in plan.classes:
        lines += ["", f"## How to divide {code(found.name)}", "", *class_section(found)]
    return "\n".join(lines) + "\n"


def class_section(plan: ClassPlan, limit: int | None = None) -> Lines:
    """Yield what stands under a finding of a class: groups, steps, risks, figures.

    Args:
        limit: how many lines a list may have; a plan longer than that is only named.
    """
    command = code(f"exai-audit plan {shlex.quote(plan.path)} --class {shlex.quote(plan.name)}")
    if limit is not None and len(plan.groups) + len(plan.steps) + len(plan.risks) > limit:
        yield f"A plan to divide it into {len(plan.groups)} groups of methods: {command}"
        return
    yield prose(plan.verdict) + f" In full by {command}"
    if not plan.groups:
        return
    yield ""
    yield from code_block(groups(plan), "text")
    yield ""
    yield from _folded("Steps", (f"{n}. {prose(step)}" for n, step in enumerate(plan.steps, 1)))
    if plan.risks:
        yield ""
        yield from _folded("What could break", (f"- {prose(risk)}" for risk in plan.risks))
    yield ""
    yield from (f"- {prose(figure(one))}" for one in plan.figures)


def plan_section(plan: Plan, limit: int | None = None) -> Lines:
    """Yield what stands under a finding: tree, graph, steps, risks, figures.

    Args:
        limit: how many lines a list may have; a plan longer than that is only named.
    """
    if limit is not None and len(plan.modules) + len(plan.steps) + len(plan.risks) > limit:
        yield f"A plan to split it into {len(plan.modules)} modules: {_command(plan)}"
        return
    yield f"**Recommended:** {len(plan.modules)} modules, in full by {_command(plan)}"
    yield ""
    yield from code_block(tree(plan), "text")
    yield ""
    yield from _graph(plan)
    yield ""
    yield from _folded("Steps, each leaves the code runnable", _steps(plan))
    yield ""
    if plan.crossing:
        yield from _folded("What crosses", code_block(crossing(plan), "text"))
        yield ""
    yield from _folded("Who imports it today", code_block(importers(plan), "text"))
    yield ""
    yield from _folded("What could break", (f"- {prose(risk)}" for risk in plan.risks))
    yield ""
    yield from (f"- {prose(figure(one))}" for one in plan.figures)


def _command(plan: Plan) -> str:
    return code(f"exai-audit plan {shlex.quote(plan.path)}")


def _verdict(plan: Plan) -> Lines:
    yield prose(f"{plan.lines:,} lines. {plan.verdict}")


def _steps(plan: Plan) -> Lines:
    yield from (f"{number}. {prose(step)}" for number, step in enumerate(plan.steps, 1))


def _graph(plan: Plan) -> Lines:
    """Yield a Mermaid graph: an arrow from each module to those that it imports.

    Names are identifiers that the plan made: nothing of the scanned code gets in unchecked.
    """
    ids = {module.name: f"m{number}" for number, module in enumerate(plan.modules)}
    yield "```mermaid"
    yield "graph TD"
    for module in plan.modules:
        yield f'    {ids[module.name]}["{module.name}<br/>{module.lines} lines"]'
    for module in plan.modules:
        known = (ids[need] for need in module.needs if need in ids)
        yield from (f"    {ids[module.name]} --> {need}" for need in known)
    yield "```"


def _folded(title: str, content: Lines | list[str]) -> Lines:
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from content
    yield ""
    yield "</details>"


def _modules(plan: Plan) -> Lines:
    yield "## Modules"
    for module in plan.modules:
        yield ""
        yield from _module(module)
    yield ""
    yield f"### The facade {code(plan.facade_path)}"
    yield ""
    yield from code_block(plan.facade.split("\n"), "python")
    for symbol in plan.kept:
        yield ""
        yield f"Lines {symbol.line}-{symbol.end_line} stay: {code(symbol.name)}"


def _module(module: PlanModule) -> Lines:
    yield f"### {code(module.name + '.py')}, about {module.lines:,} lines{quality(module)}"
    yield ""
    yield "| lines | symbol |"
    yield "|---:|---|"
    for symbol in module.symbols:
        yield f"| {symbol.line}-{symbol.end_line} | {cell_code(symbol.name)} |"
    if module.imports:
        yield ""
        lines = [line for statement in module.imports for line in statement.split("\n")]
        yield from code_block(lines, "python")
    for late in module.late:
        yield ""
        said = code(late.statement.replace("\n", " "))
        yield f"In {code(late.function)}, above line {late.line}: {said}"
