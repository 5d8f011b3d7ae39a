"""A survey as markdown."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.escape import cell_code, markdown, prose
from exai_audit.score.formula import SHARES
from exai_audit.survey.report import words
from exai_audit.survey.table import Row, Survey

_NAMED = 8


def render(found: Survey) -> str:
    """Return the survey as markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Survey) -> Iterator[str]:
    yield "# Survey"
    yield ""
    yield f"{words.headline(found)}."
    yield ""
    families = [family.value for family in SHARES]
    lost = " | ".join(families)
    yield f"| repository | owner | score | change | lines | {lost} | here | peers | worst |"
    yield f"|---|---|---:|---:|---:|{'---:|' * len(families)}---:|---:|---|"
    for row in words.worst_first(found):
        yield f"| {' | '.join(_cells(row))} |"
    yield ""
    yield "Categories are points lost; *here* is the part of this survey that scores less, *peers*"
    yield "that of the reference services nearest in size."
    yield from _rules(found)
    yield from _tasks(found)


def _cells(row: Row) -> Iterator[str]:
    losses = dict(row.losses)
    yield markdown(row.name)
    yield markdown(row.owner)
    yield words.score(row)
    yield words.change(row)
    yield f"{row.lines:,}"
    yield from (f"{losses[family]:.1f}" if family in losses else "" for family in SHARES)
    yield words.percent(row.better_than)
    yield words.percent(row.reference)
    if row.reason:
        yield markdown(row.reason)
    else:
        worst = row.worst
        yield f"{worst.code} {cell_code(f'{worst.path}:{worst.line}')}" if worst else ""


def _rules(found: Survey) -> Iterator[str]:
    if not found.rules:
        return
    yield ""
    yield "## Across repositories"
    yield ""
    yield "| points | what | how often | where | remedy |"
    yield "|---:|---|---|---|---|"
    for shared in found.rules:
        names = ", ".join(map(markdown, shared.repositories[:_NAMED]))
        more = len(shared.repositories) - _NAMED
        where = f"{names} and {more:,} more" if more > 0 else names
        what, spread = markdown(words.subject(shared)), words.spread(shared)
        yield f"| {shared.points:.1f} | {what} | {spread} | {where} | {prose(shared.remedy)} |"


def _tasks(found: Survey) -> Iterator[str]:
    if not found.tasks:
        return
    yield ""
    yield "## The ten hours that gain most"
    yield ""
    for task in found.tasks:
        yield f"- {words.work(task)}: {markdown(task.repository)}: {prose(task.title)}"
