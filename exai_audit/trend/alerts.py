"""Alerts: what somebody wants to hear of, in a line each, and what has happened.

    drop > 2 in 7d                  the score fell by more than 2 points within 7 days
    score < 80                      the score is below 80
    new high [in 7d]                a finding of this severity or a graver one came
    unlimited calls rise [in 7d]    there are more of them; other counts: see ``COUNTS``
    suppression expires in 14d      one ends within 14 days

Days are counted back from the newest commit; without them the newest point is compared with the one
before. A suppression's days are counted from today.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from msgspec import Struct

from exai_audit.errors import UsageError
from exai_audit.finding import Severity
from exai_audit.rulebook.registry import nearest
from exai_audit.trend.events import Event
from exai_audit.trend.point import Counts, Point

COUNTS: Mapping[str, Callable[[Counts], int]] = {
    "literal limits": lambda counts: counts.literal_limits,
    "unlimited calls": lambda counts: counts.unlimited_calls,
    "unbounded caches": lambda counts: counts.unbounded_caches,
    "oversized modules": lambda counts: counts.oversized_modules,
    "longest module": lambda counts: counts.longest_module,
}
"""What an alert may say that it rises."""
_NUMBER = r"(?P<number>\d{1,6}(?:\.\d{1,3})?)"
_DAYS = r"(?P<days>\d{1,5})\s*d(?:ays?)?"
_WITHIN = rf"(?:\s+in\s+{_DAYS})?"
_GRAVITY = "|".join(severity.value for severity in Severity)
_FORMS = "drop > 2 in 7d, score < 80, new high, unlimited calls rise, suppression expires in 14d"


class Alarm(Struct, frozen=True):
    """An alert that has gone off, and what happened, a sentence each."""

    alert: str
    happened: tuple[str, ...]


class Course(Struct, frozen=True):
    """What alerts look at: points and events in their order, and the day that it is."""

    points: Sequence[Point]
    events: Sequence[Event]
    today: date

    def since(self, days: str | None) -> int:
        """Return the position of the point to compare the newest with."""
        newest = len(self.points) - 1
        if days is None:
            return max(0, newest - 1)
        begin = self.points[newest].commit.day - timedelta(days=int(days))
        before = [i for i, point in enumerate(self.points[:newest]) if point.commit.day <= begin]
        return before[-1] if before else 0


Watch = Callable[[Course], Iterator[str]]


def alarms(alerts: Sequence[str], course: Course) -> tuple[Alarm, ...]:
    """Return the alerts that have gone off.

    Raises:
        UsageError: an alert has none of the known forms.
    """
    watches = [(alert, watch_of(alert)) for alert in alerts]
    found = (Alarm(alert, tuple(watch(course))) for alert, watch in watches)
    return tuple(alarm for alarm in found if alarm.happened)


def watch_of(alert: str) -> Watch:
    """Read an alert.

    Raises:
        UsageError: it has none of the known forms.
    """
    text = " ".join(alert.lower().split())
    for form, watch in _WATCHES:
        found = re.fullmatch(form, text)
        if found is not None:
            return partial(watch, found)
    rising = re.fullmatch(rf"(?P<count>[a-z ]+?) rises?{_WITHIN}", text)
    if rising is None:
        raise UsageError(f"alert {alert!r}: expected a form such as {_FORMS}")
    if rising["count"] not in COUNTS:
        hint = nearest(rising["count"], sorted(COUNTS))
        raise UsageError(f"alert {alert!r}: choose from {', '.join(COUNTS)}{hint}")
    return partial(_rising, rising)


def _drop(found: re.Match[str], course: Course) -> Iterator[str]:
    window = course.points[course.since(found["days"]) :]
    scored = [p for p in window if p.snapshot.score is not None]
    if len(scored) < 2 or scored[-1] is not window[-1]:
        return
    best = max(scored, key=lambda p: p.snapshot.score or 0.0)
    fallen = round((best.snapshot.score or 0.0) - (scored[-1].snapshot.score or 0.0), 1)
    if fallen > float(found["number"]):
        then, now = best.snapshot.score, scored[-1].snapshot.score
        where = f"{best.commit.name[:10]} of {best.commit.date}"
        yield f"the score fell by {fallen:.1f} points, from {then:.1f} ({where}) to {now:.1f}"


def _below(found: re.Match[str], course: Course) -> Iterator[str]:
    score = course.points[-1].snapshot.score
    if score is not None and score < float(found["number"]):
        yield f"the score is {score:.1f}"


def _new(found: re.Match[str], course: Course) -> Iterator[str]:
    least = Severity(found["severity"]).rank
    for event in course.events[course.since(found["days"]) :]:
        for finding in event.new:
            if finding.severity.rank >= least:
                where = f"{finding.path}:{finding.line}" if not finding.project_wide else "project"
                yield (
                    f"{where}: {finding.code} {finding.severity.value}: {finding.message}"
                    f" (commit {event.commit.name[:10]})"
                )


def _expiring(found: re.Match[str], course: Course) -> Iterator[str]:
    last = (course.today + timedelta(days=int(found["days"]))).isoformat()
    for one in course.points[-1].snapshot.dated:
        if one.until <= last:
            codes = ", ".join(one.codes)
            verb = "expired" if one.until < course.today.isoformat() else "expires"
            yield f"{one.path}:{one.line}: the suppression of {codes} {verb} on {one.until}"


def _rising(found: re.Match[str], course: Course) -> Iterator[str]:
    count = COUNTS[found["count"]]
    before = count(course.points[course.since(found["days"])].snapshot.counts)
    now = count(course.points[-1].snapshot.counts)
    if now > before:
        yield f"{found['count']}: {before:,} → {now:,}"


_WATCHES: tuple[tuple[str, Callable[[re.Match[str], Course], Iterator[str]]], ...] = (
    (rf"drop > {_NUMBER}{_WITHIN}", _drop),
    (rf"score < {_NUMBER}", _below),
    (rf"new (?P<severity>{_GRAVITY}){_WITHIN}", _new),
    (rf"suppression expires in {_DAYS}", _expiring),
)
