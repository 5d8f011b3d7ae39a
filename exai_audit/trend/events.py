"""What each commit brought and removed, and how long what is left has been there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from exai_audit.git.history import Commit
from exai_audit.trend.point import Point, Seen


class Event(Struct, frozen=True):
    """What changed from one point to the next; findings come with what costs most first.

    A finding that got graver is ``new``. ``before`` and ``after`` are scores.
    """

    commit: Commit
    before: float | None
    after: float | None
    new: tuple[Seen, ...]
    fixed: tuple[Seen, ...]

    @property
    def gained(self) -> float | None:
        """The points gained, None where one of the points has no score."""
        if self.before is None or self.after is None:
            return None
        return round(self.after - self.before, 1)


class OpenFinding(Struct, frozen=True):
    """A finding of the newest point; ``since`` is the commit that brought it.

    ``from_start`` tells that the first point had it already, so that it may be older.
    """

    finding: Seen
    since: Commit
    from_start: bool


class Story(Struct, frozen=True):
    """The events in order, one for each point but the first, and what is open at the end."""

    events: tuple[Event, ...]
    open: tuple[OpenFinding, ...]


def story(points: Sequence[Point]) -> Story:
    """Follow the findings of points in their order."""
    first = points[0]
    left = [
        OpenFinding(finding, first.commit, from_start=True) for finding in first.snapshot.findings
    ]
    events = []
    for before, point in pairwise(points):
        left, new, fixed = _followed(left, point)
        scores = before.snapshot.score, point.snapshot.score
        events.append(Event(point.commit, *scores, _costliest(new), _costliest(fixed)))
    ranked = sorted(left, key=lambda one: (-one.finding.points, one.finding.path, one.finding.line))
    return Story(tuple(events), tuple(ranked))


def _followed(
    left: Sequence[OpenFinding], point: Point
) -> tuple[list[OpenFinding], list[Seen], list[Seen]]:
    """Return what is open at a point, with what is new of it and what is fixed."""
    waiting: dict[tuple[str, str], list[OpenFinding]] = defaultdict(list)
    for one in reversed(left):
        waiting[one.finding.key, "" if one.finding.project_wide else one.finding.path].append(one)
    now, new = [], []
    for finding in point.snapshot.findings:
        known = _known(waiting, finding, point.renamed)
        if known is None or finding.severity.rank > known.finding.severity.rank:
            new.append(finding)
        since = (point.commit, False) if known is None else (known.since, known.from_start)
        now.append(OpenFinding(finding, *since))
    fixed = [one.finding for rest in waiting.values() for one in rest]
    return now, new, fixed


def _known(
    waiting: Mapping[tuple[str, str], list[OpenFinding]], finding: Seen, renamed: Mapping[str, str]
) -> OpenFinding | None:
    then = "" if finding.project_wide else renamed.get(finding.path, finding.path)
    same = waiting.get((finding.key, then))
    return same.pop() if same else None


def _costliest(findings: Sequence[Seen]) -> tuple[Seen, ...]:
    return tuple(sorted(findings, key=lambda f: (-f.points, -f.severity.rank, f.path, f.line)))
