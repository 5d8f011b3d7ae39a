"""A survey on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.files.visible import shortened, visible
from exai_audit.survey.report import words
from exai_audit.survey.table import Row, Survey

_SHARED = 15
_ASCII = str.maketrans({"×": "x", "−": "-", "·": "-", "…": "..."})


def render(found: Survey, *, ascii_only: bool = False, width: int = 80) -> str:
    """Return the survey for a terminal of ``width`` columns."""
    text = "\n".join(visible(line).rstrip() for line in _lines(found, width)) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _lines(found: Survey, width: int) -> Iterator[str]:
    yield f"exai-audit {found.version} · survey · {words.headline(found)}"
    yield ""
    longest = max(len(row.name) for row in found.rows)
    heads = (
        f"{'score':>11}  {'change':>6}  {'here':>5}  {'peers':>5}  {'lines':>9}  {'':<{longest}}"
    )
    yield f"  {heads}  worst"
    for row in words.worst_first(found):
        yield shortened(f"  {_row(row, longest)}", width)
    if found.rules:
        yield ""
        yield "Across repositories, costliest first"
    for shared in found.rules[:_SHARED]:
        cost = f"{shared.points:>6.1f}"
        yield f"  {cost}  {words.spread(shared):<26}  {words.subject(shared)}"
        yield shortened(f"          {shared.remedy}", width)
    if found.tasks:
        yield ""
        yield "The ten hours that gain most"
    for task in found.tasks:
        yield f"  {words.work(task):<26}  {task.repository}: {task.title}"
    yield ""
    yield "here: scores above this part of the survey; peers: of reference services of its size."


def _row(row: Row, longest: int) -> str:
    name = f"{row.name:<{longest}}"
    if row.reason:
        return f"{'n/a':>11}  {'':>6}  {'':>5}  {'':>5}  {'':>9}  {name}  {row.reason}"
    worst = f"{row.worst.code} {row.worst.path}:{row.worst.line}" if row.worst else ""
    part = f"{words.percent(row.better_than):>5}  {words.percent(row.reference):>5}"
    return (
        f"{words.score(row):>11}  {words.change(row):>6}  {part}  {row.lines:>9,}  {name}  {worst}"
    )
