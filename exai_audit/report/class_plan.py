"""How to divide a class, in words: for the terminal, and its parts for markdown."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.escape import visible
from exai_audit.results.plans import ClassGroup, ClassPlan

_MOST_ATTRIBUTES = 6


def groups(plan: ClassPlan) -> Iterator[str]:
    """Yield the groups of methods as a tree; not escaped as markup."""
    yield f"{visible(plan.name)}, {plan.lines:,} lines"
    width = max((len(group.name) for group in plan.groups), default=0)
    for number, group in enumerate(plan.groups, 1):
        last = number == len(plan.groups)
        yield f"{'└──' if last else '├──'} {group.name:<{width}} {_figures(group)}"
        yield f"{'   ' if last else '│  '} {' ' * width} {visible(group.responsibility)}"


def _figures(group: ClassGroup) -> str:
    count = len({method.name for method in group.methods})
    return f"{group.way}, {count} method{'s' * (count != 1)}, {group.lines:,} lines{own(group)}"


def own(group: ClassGroup) -> str:
    """Return the attributes that only the methods of a group use."""
    if not group.attributes:
        return ""
    shown = ", ".join(map(visible, group.attributes[:_MOST_ATTRIBUTES]))
    more = len(group.attributes) - _MOST_ATTRIBUTES
    return f", its own: {shown}" + (f" and {more} more" if more > 0 else "")
