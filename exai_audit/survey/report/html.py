"""A survey as one HTML page, with links to the page of each repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from exai_audit.report.page.charts.bars import Block, divided_bar, meter
from exai_audit.report.page.frame import page, page_assets
from exai_audit.score.formula import SHARES
from exai_audit.survey.report import words
from exai_audit.survey.table import Row, Survey

_HERE = Path(__file__).parent
_NAMED = 12


def render(found: Survey, links: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        links: where the page of a repository is, by its name, relative to this one.
    """
    assets = page_assets(_asset("survey.css"), (_asset("survey.js"),))
    return page((_HERE / "templates",), "survey.html", _values(found, links), assets)


def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text(encoding="utf-8")


def _values(found: Survey, links: Mapping[str, str]) -> Mapping[str, object]:
    rows = words.worst_first(found)
    return {
        "survey": found,
        "rows": rows,
        "links": links,
        "owners": sorted({row.owner for row in rows if row.owner}),
        "tags": sorted({tag for row in rows for tag in row.tags}),
        "families": list(SHARES),
        "headline": words.headline(found),
        "grades": _grades(rows),
        "changes": any(row.change is not None for row in rows),
        "named": _NAMED,
        "meter": meter,
        "losses": _losses,
        "change": words.change,
        "percent": words.percent,
        "spread": words.spread,
        "subject": words.subject,
        "work": words.work,
    }


def _losses(row: Row) -> list[str]:
    lost = dict(row.losses)
    return [f"{lost[family]:.1f}" if family in lost else "" for family in SHARES]


def _grades(rows: Sequence[Row]) -> object:
    """Return how many repositories have which letter, as a bar."""
    counts = Counter(row.grade[0] for row in rows if row.grade)
    blocks = [
        Block(counts[letter], f"{letter}\n{counts[letter]}", _said(letter, counts[letter]), tone)
        for letter, tone in zip("ABCDF", ("kept", "heat1", "heat2", "heat3", "heat4"), strict=True)
        if counts[letter]
    ]
    return divided_bar("Repositories by grade", blocks, height=56) if blocks else ""


def _said(letter: str, number: int) -> str:
    return f"{number} {'repository' if number == 1 else 'repositories'} with grade {letter}"
