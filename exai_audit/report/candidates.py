"""What can be split: the modules and classes of a code base for which there is a plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from shlex import quote

from exai_audit.report.bottlenecks import hours
from exai_audit.report.escape import cell_code, visible
from exai_audit.report.members import Json, members
from exai_audit.results.plans import ClassPlan, Plan

_NONE = "Nothing is oversized of which there is a plan."


def render(
    plans: Sequence[Plan],
    class_plans: Sequence[ClassPlan],
    name: str,
    named: Callable[[str], str] = str,
) -> str:
    """Render plans as a list in the format ``name``: ``terminal``, ``markdown`` or ``json``.

    Args:
        named: returns how a command line names a path, from where it is called.
    """
    if name == "json":
        document: dict[str, Json] = {
            "plans": [members(plan) for plan in plans],
            "class_plans": [members(plan) for plan in class_plans],
        }
        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    lines = _markdown if name == "markdown" else _terminal
    return "\n".join(lines(list(_rows(plans, class_plans, named)))) + "\n"


_Row = tuple[str, str, str, str]
"""What can be split, its lines, into what, and the arguments of ``exai-audit plan``."""


def _rows(
    plans: Sequence[Plan], class_plans: Sequence[ClassPlan], named: Callable[[str], str]
) -> Iterator[_Row]:
    for plan in (plan for plan in plans if plan.modules):
        work = f", {hours(plan.hours)}" if plan.hours else ""
        into = f"{len(plan.modules)} modules{work}"
        yield plan.path, f"{plan.lines:,}", into, quote(named(plan.path))
    for one in class_plans:
        name = f"{one.path}, class {one.name}"
        into = f"{len(one.groups)} groups of methods"
        yield name, f"{one.lines:,}", into, f"{quote(named(one.path))} --class {quote(one.name)}"


def _terminal(rows: Sequence[_Row]) -> Iterator[str]:
    if not rows:
        yield _NONE
        return
    yield "What can be split, the worst first; `exai-audit plan FILE` says how:"
    yield ""
    for _, lines, into, arguments in rows:
        yield visible(f"{lines:>7} lines  into {into:<28}  exai-audit plan {arguments}")


def _markdown(rows: Sequence[_Row]) -> Iterator[str]:
    if not rows:
        yield _NONE
        return
    yield "| what can be split | lines | into | how |"
    yield "|---|---:|---|---|"
    for name, lines, into, arguments in rows:
        how = cell_code(f"exai-audit plan {arguments}")
        yield f"| {cell_code(name)} | {lines} | {into} | {how} |"
