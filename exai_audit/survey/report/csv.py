"""The rows of a survey for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from exai_audit.files.visible import visible
from exai_audit.finding import Family
from exai_audit.score.formula import SHARES
from exai_audit.survey.table import Row, Survey

_COLUMNS = (
    "repository", "owner", "tags", "revision", "score", "grade", "change", "better_than_percent",
    "reference_percent", "lines", "files", "findings",
    *(f"lost_{family.value}" for family in SHARES),
    "worst_rule", "worst_severity", "worst_place", "reason",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(found: Survey) -> str:
    """Return a row for each repository, in the order of the manifest, below a row of names."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in found.rows:
        writer.writerow(list(_cells(row)))
    return stream.getvalue()


def _cells(row: Row) -> Iterator[str]:
    losses: dict[Family, float] = dict(row.losses)
    yield from map(_text, (row.name, row.owner, " ".join(row.tags), row.revision or ""))
    yield _number(row.score)
    yield row.grade or ""
    yield from map(_number, (row.change, row.better_than, row.reference))
    yield from map(str, (row.lines, row.files, row.findings))
    yield from (_number(losses.get(family)) for family in SHARES)
    worst = row.worst
    place = f"{worst.path}:{worst.line}" if worst else ""
    yield from (worst.code, worst.severity.value, _text(place)) if worst else ("", "", "")
    yield _text(row.reason)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
