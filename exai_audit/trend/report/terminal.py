"""A trend on a terminal: the line, the last events, the hotspots."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.files.visible import shortened, visible
from exai_audit.trend.events import Event
from exai_audit.trend.report import words
from exai_audit.trend.result import Trend

_EVENTS = 5
_OF_EVENT = 3
_OLDEST = 5
_ASCII = str.maketrans(dict(zip("▁▂▃▄▅▆▇█−·", "_.-=oxX#--", strict=True)) | {"→": "->", "…": "..."})


def render(found: Trend, *, ascii_only: bool = False, width: int = 80) -> str:
    """Return the trend for a terminal of ``width`` columns."""
    lines = (visible(line).rstrip() for line in _lines(found, min(width, 200)))
    text = "\n".join(lines) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _lines(found: Trend, width: int) -> Iterator[str]:
    yield f"exai-audit {found.version} · trend of {found.target} · {words.span(found)}"
    yield ""
    yield from _score(found, width)
    yield ""
    yield from _losses(found, width)
    yield ""
    yield from _counts(found, width)
    yield from _events(found, width)
    yield from _hotspots(found, width)
    yield from _places(found, width)
    yield from _oldest(found, width)
    yield from _suppressions(found)
    yield from _notes(found)


def _score(found: Trend, width: int) -> Iterator[str]:
    first, last = found.points[0].snapshot, found.points[-1].snapshot
    line = words.sparkline([p.snapshot.score for p in found.points], _room(width))
    moved = None
    if first.score is not None and last.score is not None:
        moved = round(last.score - first.score, 1)
    yield f"  {'score':<18}{line}"
    before, after = words.score(first.score, first.grade), words.score(last.score, last.grade)
    yield f"  {'':<18}{before} → {after}, {words.points(moved)} points"
    between = words.extremes(found)
    if between:
        yield f"  {'':<18}{between}"


def _losses(found: Trend, width: int) -> Iterator[str]:
    series = [dict(point.snapshot.losses) for point in found.points]
    yield "Points lost"
    for family, _ in found.points[-1].snapshot.losses:
        values = [losses.get(family) for losses in series]
        yield _row(family.value, values, width, "{:.1f}")


def _counts(found: Trend, width: int) -> Iterator[str]:
    series = [words.counts_of(point.snapshot.counts) for point in found.points]
    yield "Counted"
    for name in series[-1]:
        yield _row(name, [counts[name] for counts in series], width, "{:,.0f}")


def _row(name: str, values: list[float | None] | list[int], width: int, form: str) -> str:
    known = [value for value in values if value is not None]
    change = f"{form.format(known[0])} → {form.format(known[-1])}" if known else "n/a"
    return f"  {name:<18}{words.sparkline(values, _room(width))}  {change}"


def _events(found: Trend, width: int) -> Iterator[str]:
    events = words.eventful(found)
    if not events:
        return
    yield ""
    yield "Last events"
    for event in events[:_EVENTS]:
        commit = event.commit
        moved = words.points(event.gained)
        start = f"  {commit.date}  {commit.name[:10]}  {moved:>6}"
        counts = f"{len(event.new):,} new, {len(event.fixed):,} fixed"
        yield shortened(f"{start}  {counts:<17}  {_titled(event)}", width)
        for sign, findings in (("+", event.new), ("−", event.fixed)):
            for finding in findings[:_OF_EVENT]:
                yield shortened(f"      {sign} {words.named(finding)}", width)
            if len(findings) > _OF_EVENT:
                yield f"      {sign} {len(findings) - _OF_EVENT:,} more"
    if len(events) > _EVENTS:
        yield f"  {len(events) - _EVENTS:,} earlier: -f markdown or json has them all"


def _titled(event: Event) -> str:
    tags = "".join(f"[{tag}] " for tag in event.commit.tags)
    return tags + event.commit.subject


def _hotspots(found: Trend, width: int) -> Iterator[str]:
    if not found.hotspots:
        return
    yield ""
    yield "Hotspots: changed often and costly"
    for spot in found.hotspots:
        yield f"  {spot.changes:>4} changes  {spot.points:>5.1f} points  {spot.path}"
        yield shortened(
            f"      {spot.worst.code} line {spot.worst.line}: {spot.worst.remedy}", width
        )


def _places(found: Trend, width: int) -> Iterator[str]:
    for what, places in (("folder", found.folders), ("owner", found.owners)):
        if len(places) < 2:
            continue
        yield ""
        yield f"Points by {what}"
        longest = max(len(place.name) for place in places)
        for place in places:
            line = words.sparkline(place.points, _room(width))
            change = f"{place.points[0]:.1f} → {place.points[-1]:.1f}"
            yield f"  {place.name:<{longest}}  {line}  {change}"


def _oldest(found: Trend, width: int) -> Iterator[str]:
    aged = sorted(found.open, key=lambda one: (not one.from_start, one.since.date))
    if not aged:
        return
    yield ""
    yield "Open longest"
    for one in aged[:_OLDEST]:
        since = f"{'before ' if one.from_start else ''}{one.since.date}"
        yield shortened(f"  {since:<17}  {words.named(one.finding)}", width)


def _suppressions(found: Trend) -> Iterator[str]:
    dated = sorted(found.points[-1].snapshot.dated, key=lambda one: one.until)
    if not dated:
        return
    yield ""
    yield "Suppressions that end"
    for one in dated:
        yield f"  {one.until}  {', '.join(one.codes)}  {one.path}:{one.line}"


def _notes(found: Trend) -> Iterator[str]:
    for alarm in found.alarms:
        yield ""
        yield f"ALERT {alarm.alert}"
        for sentence in alarm.happened:
            yield f"  {sentence}"
    yield ""
    for mark in found.marks:
        yield f"From {mark.commit[:10]} on stored results were judged otherwise: {mark.text}."
    yield words.COMPARABLE
    if found.cut:
        yield words.SHALLOW


def _room(width: int) -> int:
    return max(10, min(60, width - 44))
