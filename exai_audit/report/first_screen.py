"""The first screen of the terminal report: the score, what costs most, what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from exai_audit.finding import Severity
from exai_audit.report import breakdown
from exai_audit.report.bottlenecks import (
    Bottleneck,
    counted,
    hours,
    location,
    severity_counts,
    steps,
    why_no_score,
    words,
)
from exai_audit.report.escape import visible
from exai_audit.report.places import Places
from exai_audit.report.references import reference_notes
from exai_audit.results.advice import Recommendation
from exai_audit.results.result import AuditResult, CategoryScore, Scale

_BAR = 24
_NEAR_THE_CAP = 3.0
_LEAST_BAR = 6
_BESIDE_BAR = 56
_COSTLIEST = 4
FIRST = 3
"""How many recommendations stand on the first screen."""
COLORS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def first_screen(
    result: AuditResult, groups: tuple[Bottleneck, ...], places: Places, width: int
) -> Iterator[RenderableType]:
    """Yield the lines that say most, each part with an empty line before it."""
    yield Text(visible(_target(result, places)), style="dim")
    yield Text()
    yield _grade(result)
    yield from _ahead(result)
    yield Text()
    categories = result.score.categories if result.score.value is not None else ()
    for category in categories:
        yield _category(category, min(_BAR, max(_LEAST_BAR, width - _BESIDE_BAR)))
    yield from _cap(result)
    if categories:
        yield Text()
    yield from _found(result)
    if result.breakdown is not None:
        parts = (indented(Text(line), 2) for line in breakdown.lines(result.breakdown))
        yield from _titled(breakdown.title(result.breakdown), parts)
    worst = [group for group in groups if group.points > 0][:_COSTLIEST]
    costs = (line for group in worst for line in _cost_line(group, places, width))
    yield from _titled("What costs most", costs)
    first = result.recommendations[:FIRST]
    yield from _titled("What to do first", to_do(first, places, width))


def _target(result: AuditResult, places: Places) -> str:
    """Return what was scanned; what all paths have in common is said here and nowhere below."""
    tool, target = result.tool, result.target
    paths = [path for path in target.paths if path != "."]
    below = f"below {places.prefix}" if places.prefix and result.findings else ""
    if len(paths) == 1 and below and places.prefix.startswith(f"{paths[0]}/"):
        paths = []
    scopes = ", ".join(scope.value for scope in target.scopes)
    said = (f"{tool.name} {tool.version}", target.project, " ".join(paths), below, scopes)
    return " · ".join(filter(None, said))


def _found(result: AuditResult) -> Iterator[RenderableType]:
    shown = "shown: " if result.since or result.baseline else ""
    found = f"{shown}{severity_counts(result.findings)}"
    yield indented(Text(f"{found} · {_scale(result.scale)}"), 2)
    for note in reference_notes(result):
        yield indented(Text(visible(note)), 2)


def _titled(title: str, lines: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """Yield a title and what stands below it; nothing where that is nothing."""
    shown = list(lines)
    if shown:
        yield Text()
        yield Text(title, style="bold")
        yield from shown


def _grade(result: AuditResult) -> Text:
    score = result.score
    if score.shown is None or score.grade is None:
        return Text.assemble("  ", ("n/a", "bold"), f"  {why_no_score(result)}")
    good = {"A": "bold green", "B": "bold green", "C": "bold yellow"}
    style = good.get(score.grade[0], "bold red")
    number = f"  {score.shown:.1f} of 100"
    return Text.assemble("  ", (score.grade, style), (number, "bold"), f"  {words(result)}")


def _ahead(result: AuditResult) -> Iterator[RenderableType]:
    """Say how far the next grade is, and where the score stands."""
    score = result.score
    if score.standing is not None:
        yield indented(Text(f"{score.standing.sentence}.", style="dim"), 2)
    if score.way_up is not None:
        way = score.way_up
        yield indented(Text(f"{way.grade} takes {hours(way.hours)}: {steps(way)}.", style="dim"), 2)


def to_do(items: Sequence[Recommendation], places: Places, width: int) -> Iterator[RenderableType]:
    for item in items:
        gain = f"+{item.gain:.1f}"
        start = f"  {item.priority.value}  {hours(item.hours):>11}  {gain:>5}  "
        yield from _hanging(Text(start, style="bold"), places.shortened(item.title), width)


def _hanging(start: Text, text: str, width: int) -> Iterator[Text]:
    """Yield ``start`` and behind it the text, whose further lines are indented; no word is cut."""
    room = max(20, width - start.cell_len)
    lines = wrap(visible(text), room, break_long_words=False, break_on_hyphens=False) or [""]
    yield Text.assemble(start, lines[0], overflow="fold")
    for line in lines[1:]:
        yield Text(" " * start.cell_len + line, overflow="fold")


def _category(category: CategoryScore, bar: int) -> Text:
    name = f"  {category.name.value:<12} "
    if not category.judged:
        return Text(f"{name}not judged", style="dim")
    left = category.points - category.lost
    part = left / category.points if category.points else 1.0
    full = min(bar, int(part * bar + 0.5))
    style = "green" if part >= 0.8 else "yellow" if part >= 0.6 else "red"
    numbers = f"  {left:5.1f} of {category.points:5.1f}  {counted(category.findings, 'finding')}"
    return Text.assemble(name, ("█" * full, style), ("░" * (bar - full), "dim"), numbers)


def _cap(result: AuditResult) -> Iterator[RenderableType]:
    cap = result.score.cap
    if cap is None or (result.score.value or 0.0) < cap.limit - _NEAR_THE_CAP:
        return
    holders = [f for f in result.findings if f.fingerprint in set(cap.findings)]
    named = ", ".join(f"{f.code} {location(f)}" for f in holders[:3])
    more = f" and {len(holders) - 3} more" if len(holders) > 3 else ""
    cost = f"−{cap.cost:.1f}: critical findings hold the score at {cap.limit}"
    text = cost if cap.cost > 0 else f"No more than {cap.limit} with critical findings"
    text = f"{text}: {named}{more}"
    yield indented(Text(visible(text), style="red"), 2)


def _scale(scale: Scale) -> str:
    judged = f"{counted(scale.judged_lines, 'line')} in {counted(scale.judged_files, 'file')}"
    others = scale.files - scale.judged_files
    return f"{judged} judged" + (f", {counted(others, 'more file')} counted" if others else "")


def _cost_line(group: Bottleneck, places: Places, width: int) -> Iterator[Text]:
    """Yield what a bottleneck costs and where it is; the place on a line of its own if need be."""
    head = group.head
    more = f" (+{len(group.findings) - 1:,} with it)" if len(group.findings) > 1 else ""
    cost = f"  {-group.points:>6.1f}  ".replace("-", "−")
    code = places.rule(head.code, COLORS[group.severity])
    start = Text.assemble((cost, "bold"), code, f" {head.name}{more}")
    where = places.place(f"{places.short(head.path)}:{head.line}", head.path, head.line)
    if start.cell_len + 2 + where.cell_len <= width:
        yield Text.assemble(start, "  ", where)
    else:
        yield start
        yield Text.assemble(" " * len(cost), where, overflow="fold")


def indented(part: RenderableType, left: int) -> Padding:
    return Padding(part, (0, 0, 0, left), expand=False)
