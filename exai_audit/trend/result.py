"""The way a project goes, as data: what every format of it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from msgspec import Struct

from exai_audit import __version__
from exai_audit.results.result import AuditResult
from exai_audit.score.formula import FORMULA_VERSION
from exai_audit.trend.alerts import Alarm, Course, alarms
from exai_audit.trend.events import Event, OpenFinding, story
from exai_audit.trend.places import Hotspot, PlaceTrend, folder_trends, hotspots, owner_trends
from exai_audit.trend.point import Point
from exai_audit.trend.weeks import Week, weeks

SCHEMA_VERSION = 1


class _Judge(NamedTuple):
    """What judged a stored result."""

    version: str
    formula: int


class Mark(Struct, frozen=True):
    """A commit from which on stored results were judged by another version; ``text`` says so."""

    commit: str
    text: str


class Trend(Struct, frozen=True):
    """The points of a project's history, oldest first, and what follows from them.

    All are judged by this version and the settings of today. ``cut`` tells that a shallow clone
    lacks what was before. ``events`` has one for each point but the first; ``open`` is what the
    newest point has, the costliest first. ``marks`` say where stored results were judged otherwise.
    """

    target: str
    version: str
    formula_version: int
    points: tuple[Point, ...]
    events: tuple[Event, ...]
    open: tuple[OpenFinding, ...]
    weeks: tuple[Week, ...]
    hotspots: tuple[Hotspot, ...]
    folders: tuple[PlaceTrend, ...]
    owners: tuple[PlaceTrend, ...]
    marks: tuple[Mark, ...]
    alarms: tuple[Alarm, ...]
    cut: bool = False


def trend(
    points: Sequence[Point],
    target: str,
    alerts: Sequence[str],
    today: date,
    stored: Iterable[AuditResult] = (),
    owners_of: Callable[[str], Sequence[str]] = lambda path: (),
    *,
    cut: bool = False,
) -> Trend:
    """Return what points, at least one, tell.

    Args:
        target: what was audited, as shown.
        alerts: what somebody wants to hear of; see `exai_audit.trend.alerts`.
        stored: results of earlier scans.
        owners_of: who owns a path below the root today.

    Raises:
        UsageError: an alert has none of the known forms.
    """
    told = story(points)
    return Trend(
        target,
        __version__,
        FORMULA_VERSION,
        tuple(points),
        told.events,
        told.open,
        weeks(told.events),
        hotspots(points),
        folder_trends(points),
        owner_trends(points, owners_of),
        tuple(_marks(points, stored)),
        alarms(alerts, Course(points, told.events, today)),
        cut,
    )


def _marks(points: Iterable[Point], stored: Iterable[AuditResult]) -> Iterator[Mark]:
    """Yield where, in the order of the points, the version or the formula of results changed."""
    judges: Mapping[str | None, _Judge] = {
        result.target.revision: _Judge(result.tool.version, result.tool.formula_version)
        for result in stored
    }
    last: _Judge | None = None
    for point in points:
        now = judges.get(point.commit.name)
        if now is None:
            continue
        if last is not None and now.formula != last.formula:
            yield Mark(point.commit.name, f"formula {last.formula} → {now.formula}")
        elif last is not None and now.version != last.version:
            yield Mark(point.commit.name, f"exai-audit {last.version} → {now.version}")
        last = now
