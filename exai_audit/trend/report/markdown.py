"""A trend as markdown: for an issue, a step's summary, a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_audit.report.escape import cell_code, code, markdown, prose
from exai_audit.report.folding import details
from exai_audit.trend.report import words
from exai_audit.trend.result import Trend

_EVENTS = 30
_OF_EVENT = 5
_OLDEST = 10
_LINE = 40


def render(found: Trend) -> str:
    """Return the trend as markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Trend) -> Iterator[str]:
    first, last = found.points[0].snapshot, found.points[-1].snapshot
    yield f"# Trend of {markdown(found.target)}"
    yield ""
    before, after = words.score(first.score, first.grade), words.score(last.score, last.grade)
    yield f"**Score {before} → {after}** over {words.span(found)}."
    between = words.extremes(found)
    if between:
        yield ""
        yield f"{between[:1].upper()}{between[1:]}."
    yield from _alarms(found)
    yield ""
    yield from _series(found)
    yield from _events(found)
    yield from _hotspots(found)
    yield from _open(found)
    yield from _weeks(found)
    yield ""
    for mark in found.marks:
        yield f"From `{mark.commit[:10]}` on stored results were judged otherwise: {mark.text}."
    yield words.COMPARABLE
    if found.cut:
        yield words.SHALLOW


def _alarms(found: Trend) -> Iterator[str]:
    for alarm in found.alarms:
        yield ""
        yield f"> **Alert: {markdown(alarm.alert)}**"
        for sentence in alarm.happened:
            yield f"> - {prose(sentence)}"


def _series(found: Trend) -> Iterator[str]:
    yield "| | course | first | last |"
    yield "|---|---|---:|---:|"
    yield _row("score", [p.snapshot.score for p in found.points], "{:.1f}")
    losses = [dict(point.snapshot.losses) for point in found.points]
    for family, _ in found.points[-1].snapshot.losses:
        yield _row(f"points lost: {family.value}", [o.get(family) for o in losses], "{:.1f}")
    counts = [words.counts_of(point.snapshot.counts) for point in found.points]
    for name in counts[-1]:
        yield _row(name, [one[name] for one in counts], "{:,.0f}")


def _row(name: str, values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    ends = (form.format(known[0]), form.format(known[-1])) if known else ("n/a", "n/a")
    return f"| {name} | {words.sparkline(values, _LINE)} | {ends[0]} | {ends[1]} |"


def _events(found: Trend) -> Iterator[str]:
    events = words.eventful(found)
    if events:
        yield ""
        yield "## Events, the latest first"
        yield ""
    for event in events[:_EVENTS]:
        commit = event.commit
        tags = "".join(f" {cell_code(tag)}" for tag in commit.tags)
        moved = words.points(event.gained)
        title = f"{commit.date} `{commit.name[:10]}`{tags} {markdown(commit.subject)}"
        yield f"- **{moved}** {title}: {len(event.new):,} new, {len(event.fixed):,} fixed"
        for sign, findings in (("new", event.new), ("fixed", event.fixed)):
            for finding in findings[:_OF_EVENT]:
                yield f"  - {sign}: {prose(words.named(finding))}"
            if len(findings) > _OF_EVENT:
                yield f"  - {sign}: {len(findings) - _OF_EVENT:,} more"
    if len(events) > _EVENTS:
        yield f"- {len(events) - _EVENTS:,} earlier ones"


def _hotspots(found: Trend) -> Iterator[str]:
    if not found.hotspots:
        return
    yield ""
    yield "## Hotspots: changed often and costly"
    yield ""
    yield "| file | changes | points | what to do first |"
    yield "|---|---:|---:|---|"
    for spot in found.hotspots:
        remedy = f"{spot.worst.code} line {spot.worst.line}: {prose(spot.worst.remedy)}"
        yield f"| {cell_code(spot.path)} | {spot.changes:,} | {spot.points:.1f} | {remedy} |"


def _open(found: Trend) -> Iterator[str]:
    aged = sorted(found.open, key=lambda one: (not one.from_start, one.since.date))
    if aged:
        yield ""
        yield "## Open longest"
        yield ""
    for one in aged[:_OLDEST]:
        since = f"{'before ' if one.from_start else ''}{one.since.date}"
        yield f"- since {since}: {prose(words.named(one.finding))}"
    dated = sorted(found.points[-1].snapshot.dated, key=lambda one: one.until)
    if dated:
        yield ""
        yield "## Suppressions that end"
        yield ""
    for ending in dated:
        where = code(f"{ending.path}:{ending.line}")
        yield f"- {ending.until}: {markdown(', '.join(ending.codes))} in {where}"


def _weeks(found: Trend) -> Iterator[str]:
    if not found.weeks:
        return
    yield ""
    lines = [f"{week.begins}  {week.new:>5} new  {week.fixed:>5} fixed" for week in found.weeks]
    yield from details(f"New and fixed by week ({len(lines):,})", lines, None)
