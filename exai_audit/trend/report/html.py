"""A trend as one HTML page, which holds its own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.members import Json, json_value
from exai_audit.report.page.charts.course import (
    Band,
    Layer,
    Note,
    columns,
    course,
    spark,
    stack,
)
from exai_audit.report.page.frame import data_block, page, page_assets
from exai_audit.score.grades import GRADES
from exai_audit.trend.events import Event, OpenFinding
from exai_audit.trend.places import PlaceTrend
from exai_audit.trend.point import Dated
from exai_audit.trend.report import words
from exai_audit.trend.result import Trend

_TEMPLATES = Path(__file__).parent / "templates"
_ASSETS = Path(__file__).parent / "assets"
_STYLES, _SCRIPTS = ("uplot/uPlot.min.css", "trend.css"), ("uplot/uPlot.iife.min.js", "trend.js")
_EVENTS, _OLDEST = 25, 15
_MOST_NOTES = 12
_LEAST_RANGE = 10


class Count(Struct, frozen=True):
    """Something that is counted: its name, its line, its first and its last number."""

    name: str
    line: Markup
    first: str
    last: str


def render(found: Trend) -> str:
    """Return the page."""
    assets = page_assets("".join(map(_asset, _STYLES)), tuple(map(_asset, _SCRIPTS)))
    return page((_TEMPLATES,), "trend.html", _values(found), assets)


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _values(found: Trend) -> Mapping[str, object]:
    scores = [point.snapshot.score for point in found.points]
    first, last = found.points[0], found.points[-1]
    aged = sorted(found.open, key=lambda one: (not one.from_start, one.since.date))
    moved = None
    if first.snapshot.score is not None and last.snapshot.score is not None:
        moved = round(last.snapshot.score - first.snapshot.score, 1)
    return {
        "trend": found,
        "first": first.snapshot,
        "last": last.snapshot,
        "span": words.span(found),
        "moved": words.points(moved),
        "extremes": words.extremes(found),
        "comparable": words.COMPARABLE,
        "shallow": words.SHALLOW,
        "chart": course(_said(found), scores, _bands(scores), _notes(found), _ends(found)),
        "lost": stack("Points lost, by category", _layers(found)),
        "layers": [(layer.tone, layer.name) for layer in _layers(found)],
        "weeks": columns(
            "New and fixed findings, by week", [(w.new, w.fixed) for w in found.weeks]
        ),
        "counts": _counts(found),
        "folders": _places(found.folders),
        "owners": _places(found.owners),
        "events": words.eventful(found)[:_EVENTS],
        "more_events": max(0, len(words.eventful(found)) - _EVENTS),
        "oldest": aged[:_OLDEST],
        "dated": _dated(last.snapshot.dated),
        "data": data_block("trend-data", _data(found)),
        "change": words.points,
        "age": _age,
    }


def _said(found: Trend) -> str:
    last = found.points[-1].snapshot
    return f"Score over {words.span(found)}; now {words.score(last.score, last.grade)}"


def _ends(found: Trend) -> tuple[str, str]:
    return found.points[0].commit.date, found.points[-1].commit.date


def _bands(scores: Sequence[float | None]) -> list[Band]:
    """Return the bands of the letters that the scores are in, and their neighbours' edges."""
    known = [score for score in scores if score is not None] or [0.0, 100.0]
    low = max(0.0, min(min(known) - 2, max(known) + 2 - _LEAST_RANGE))
    high = min(100.0, max(known) + 2)
    bands = []
    most = 100.0
    for letter, least in _letters().items():
        if most > low and least < high:
            bands.append(Band(max(least, low), min(most, high), letter, f"band-{letter}"))
        most = least
    return bands[::-1]


def _letters() -> dict[str, float]:
    """Return the least score of each letter, the best first."""
    return {name[0]: float(least) for name, least in GRADES}


def _notes(found: Trend) -> list[Note]:
    """Return tags and marks; of many the last ones."""
    marks = {mark.commit: mark.text for mark in found.marks}
    notes = []
    for position, point in enumerate(found.points):
        text = marks.get(point.commit.name) or ", ".join(point.commit.tags)
        if text:
            notes.append(Note(position, text[:24]))
    return notes[-_MOST_NOTES:]


def _layers(found: Trend) -> list[Layer]:
    families = [family for family, _ in found.points[-1].snapshot.losses]
    losses = [dict(point.snapshot.losses) for point in found.points]
    return [
        Layer(family.value, tuple(one.get(family, 0.0) for one in losses), family.value)
        for family in families
    ]


def _counts(found: Trend) -> list[Count]:
    series = [words.counts_of(point.snapshot.counts) for point in found.points]
    return [
        Count(
            name,
            spark(
                f"{name}: {series[0][name]:,} to {series[-1][name]:,}", [s[name] for s in series]
            ),
            f"{series[0][name]:,}",
            f"{series[-1][name]:,}",
        )
        for name in series[-1]
    ]


def _places(places: Sequence[PlaceTrend]) -> list[Count]:
    return [
        Count(
            place.name,
            spark(f"{place.name}: points lost", place.points),
            f"{place.points[0]:.1f}",
            f"{place.points[-1]:.1f}",
        )
        for place in places
    ]


def _age(one: OpenFinding) -> str:
    return f"before {one.since.date}" if one.from_start else one.since.date


def _dated(dated: Sequence[Dated]) -> list[Dated]:
    return sorted(dated, key=lambda one: (one.until, one.path, one.line))


def _data(found: Trend) -> Json:
    """Return what the page's script needs: the line, and what happened at each commit."""
    events: list[Event | None] = [None, *found.events]
    return {
        "bands": [[letter, least] for letter, least in _letters().items()],
        "points": [
            {
                "commit": point.commit.name[:10],
                "date": point.commit.date,
                "subject": point.commit.subject,
                "tags": list(point.commit.tags),
                "score": point.snapshot.score,
                "grade": point.snapshot.grade,
                "losses": {family.value: lost for family, lost in point.snapshot.losses},
                "counts": json_value(words.counts_of(point.snapshot.counts)),
                "new": len(event.new) if event else 0,
                "fixed": len(event.fixed) if event else 0,
            }
            for point, event in zip(found.points, events, strict=True)
        ],
    }
