"""What the formats of a trend say alike."""

from __future__ import annotations

from collections.abc import Sequence

from exai_audit.trend.alerts import COUNTS
from exai_audit.trend.events import Event
from exai_audit.trend.point import Counts, Point, Seen
from exai_audit.trend.result import Trend

SHALLOW = (
    "The clone is shallow, so the history begins late: git fetch --unshallow "
    "(GitHub: actions/checkout with fetch-depth: 0; GitLab: GIT_DEPTH: 0)."
)
COMPARABLE = "Every commit is judged by the rules and settings of today, so the line is comparable."
_BLOCKS = "▁▂▃▄▅▆▇█"
_GAP = " "


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Draw values as blocks, at most ``width`` of them, each the last value of its stretch."""
    shown = _resampled(values, width)
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(_GAP if v is None else _block(v, low, span) for v in shown)


def score(value: float | None, grade: str | None) -> str:
    """Return a score with its grade."""
    return "n/a" if value is None else f"{value:.1f} ({grade})"


def points(value: float | None) -> str:
    """Return a change of the score."""
    return "n/a" if value is None else f"{value:+.1f}".replace("-", "−")


def span(found: Trend) -> str:
    """Return how many commits there are, and from when to when."""
    first, last = found.points[0].commit, found.points[-1].commit
    number = len(found.points)
    commits = "1 commit" if number == 1 else f"{number:,} commits"
    return f"{commits}, {first.date} to {last.date}"


def named(finding: Seen) -> str:
    """Return a finding in a line: rule, place, message."""
    where = "" if finding.project_wide else f"{finding.path}:{finding.line} "
    return f"{finding.code} {finding.severity.value} {where}{finding.message}"


def eventful(found: Trend) -> list[Event]:
    """Return the events with something new or fixed, the latest first."""
    return [event for event in reversed(found.events) if event.new or event.fixed]


def scored(found: Trend) -> list[Point]:
    """Return the points that have a score."""
    return [point for point in found.points if point.snapshot.score is not None]


def extremes(found: Trend) -> str:
    """Say when the score was lowest and highest, nothing when it never moved."""
    known = scored(found)
    low = min(known, key=lambda p: p.snapshot.score or 0.0, default=None)
    high = max(known, key=lambda p: p.snapshot.score or 0.0, default=None)
    if low is None or high is None or low.snapshot.score == high.snapshot.score:
        return ""
    return (
        f"lowest {low.snapshot.score:.1f} on {low.commit.date},"
        f" highest {high.snapshot.score:.1f} on {high.commit.date}"
    )


def counts_of(counts: Counts) -> dict[str, int]:
    """Return what is counted, by its name, the named limits and bounded caches too."""
    own = {name: of(counts) for name, of in COUNTS.items()}
    return {**own, "named limits": counts.named_limits, "bounded caches": counts.bounded_caches}


def _block(value: float, low: float, span: float) -> str:
    part = (value - low) / span if span else 0.0
    return _BLOCKS[min(len(_BLOCKS) - 1, int(part * len(_BLOCKS)))]


def _resampled(values: Sequence[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return list(values)
    ends = ((number + 1) * len(values) // width for number in range(width))
    return [values[end - 1] for end in ends]
