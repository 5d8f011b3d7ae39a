"""The report on a terminal: the first screen says it all, the rest says where and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from textwrap import wrap

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from exai_audit.finding import Severity
from exai_audit.report import breakdown
from exai_audit.report.bottlenecks import (
    Bottleneck,
    bottlenecks,
    counted,
    evidence,
    hours,
    in_scripts,
    location,
    said_confidence,
    severity_counts,
    steps,
    unsure,
    why_no_score,
    words,
)
from exai_audit.report.escape import shortened, visible
from exai_audit.report.references import reference_notes
from exai_audit.results.advice import Recommendation
from exai_audit.results.result import AuditResult, CategoryScore, Scale

_BAR = 24
_LEAST_BAR = 6
_BESIDE_BAR = 56
_MEMBERS = 5
_COSTLIEST = 4
_FIRST = 3
_RECOMMENDATIONS = 12
_LINES = 6
_MOST_UNREAD = 5
_COLORS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_ASCII = str.maketrans({"█": "#", "░": ".", "│": "|", "…": "...", "−": "-", "·": "-"})


def render(
    result: AuditResult,
    *,
    top: int | None = 10,
    color: bool = False,
    ascii_only: bool = False,
    width: int = 80,
) -> str:
    """Return the report for a terminal of ``width`` columns; ``top`` bottlenecks in full."""
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    groups = bottlenecks(result.findings)
    for part in (*_first_screen(result, groups, width), *_bottlenecks(groups, top, width)):
        console.print(part)
    for part in _closing(result, width):
        console.print(part)
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _first_screen(
    result: AuditResult, groups: tuple[Bottleneck, ...], width: int
) -> Iterator[RenderableType]:
    tool, target = result.tool, result.target
    scopes = ", ".join(scope.value for scope in target.scopes)
    paths = " ".join(target.paths) or "."
    yield Text(visible(f"{tool.name} {tool.version} · {paths} · {scopes}"), style="dim")
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
    shown = "shown: " if result.since or result.baseline else ""
    found = f"{shown}{severity_counts(result.findings)}"
    yield _indented(Text(f"{found} · {_scale(result.scale)}"), 2)
    for note in reference_notes(result):
        yield _indented(Text(visible(note)), 2)
    if result.breakdown is not None:
        yield Text()
        yield Text(breakdown.title(result.breakdown), style="bold")
        yield from (_indented(Text(line), 2) for line in breakdown.lines(result.breakdown))
    worst = [group for group in groups if group.points > 0][:_COSTLIEST]
    if worst:
        yield Text()
        yield Text("What costs most", style="bold")
    for group in worst:
        yield from _cost_line(group, width)
    if result.recommendations:
        yield Text()
        yield Text("What to do first", style="bold")
    yield from _to_do(result.recommendations[:_FIRST], width)


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
        yield _indented(Text(f"{score.standing.sentence}.", style="dim"), 2)
    if score.way_up is not None:
        way = score.way_up
        yield _indented(
            Text(f"{way.grade} takes {hours(way.hours)}: {steps(way)}.", style="dim"), 2
        )


def _to_do(items: Sequence[Recommendation], width: int) -> Iterator[RenderableType]:
    for item in items:
        gain = f"+{item.gain:.1f}"
        start = f"  {item.priority.value}  {hours(item.hours):>11}  {gain:>5}  "
        yield from _hanging(Text(start, style="bold"), item.title, width)


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
    if cap is None or cap.cost <= 0:
        return
    holders = [f for f in result.findings if f.fingerprint in set(cap.findings)]
    named = ", ".join(f"{f.code} {location(f)}" for f in holders[:3])
    more = f" and {len(holders) - 3} more" if len(holders) > 3 else ""
    text = f"−{cap.cost:.1f}: critical findings hold the score at {cap.limit}: {named}{more}"
    yield _indented(Text(visible(text), style="red"), 2)


def _scale(scale: Scale) -> str:
    judged = f"{counted(scale.judged_lines, 'line')} in {counted(scale.judged_files, 'file')}"
    others = scale.files - scale.judged_files
    return f"{judged} judged" + (f", {counted(others, 'more file')} counted" if others else "")


def _cost_line(group: Bottleneck, width: int) -> Iterator[Text]:
    """Yield what a bottleneck costs and where it is; the place on a line of its own if need be."""
    head = group.head
    more = f" (+{len(group.findings) - 1:,} with it)" if len(group.findings) > 1 else ""
    cost = f"  {-group.points:>6.1f}  ".replace("-", "−")
    start = Text.assemble(
        (cost, "bold"), (head.code, _COLORS[group.severity]), f" {head.name}{more}"
    )
    where = visible(f"{head.path}:{head.line}")
    if start.cell_len + 2 + len(where) <= width:
        yield Text.assemble(start, f"  {where}")
    else:
        yield start
        yield Text(" " * len(cost) + where, overflow="fold")


def _bottlenecks(
    groups: tuple[Bottleneck, ...], top: int | None, width: int
) -> Iterator[RenderableType]:
    shown = groups if top is None else groups[:top]
    if shown:
        yield Text()
        yield Text("Bottlenecks, costliest first", style="bold")
    apart = False
    for number, group in enumerate(shown, 1):
        yield Text()
        if group.in_scripts and not apart:
            apart = True
            yield Text("In scripts, one step lower in severity", style="bold")
        yield from _bottleneck(number, group, width)
    if len(groups) > len(shown):
        rest = len(groups) - len(shown)
        yield Text()
        yield Text(f"{counted(rest, 'more bottleneck')}: --top {len(groups)} shows all.")


def _bottleneck(number: int, group: Bottleneck, width: int) -> Iterator[RenderableType]:
    head = group.head
    cost = f"costs {group.points:.1f} points" if group.points else "weighs nothing"
    confidence = said_confidence(head)
    yield Text.assemble(
        (f"{number:>3}. ", "bold"),
        (group.severity.value.upper(), _COLORS[group.severity]),
        (f"  {head.code} {head.name}", "bold"),
        f"  {cost}" + (f", {confidence}" if confidence else ""),
    )
    symbol = f"  in {head.symbol}" if head.symbol else ""
    parts = [
        Text(visible(f"{location(head)}{symbol}"), overflow="fold"),
        Text(visible(head.message)),
    ]
    lines = evidence(head)
    for line in lines[:_LINES]:
        parts.append(Text(f"│ {shortened(line, width - 8)}", style="dim"))
    if head.remedy:
        parts.append(Text.assemble(("Fix: ", "green"), visible(head.remedy)))
    yield _indented(Group(*parts), 5)
    yield from _members(group, width)


def _members(group: Bottleneck, width: int) -> Iterator[RenderableType]:
    members = group.findings[1:]
    for finding in members[:_MEMBERS]:
        same = finding.path == group.head.path
        where = f"line {finding.line}" if same else f"{finding.path}:{finding.line}"
        place = visible(f"+ {where} {finding.code} {finding.severity.value} ")
        room = max(20, width - 6 - len(place))
        yield _indented(Text(place + shortened(finding.message, room), overflow="fold"), 5)
    if len(members) > _MEMBERS:
        yield _indented(Text(f"+ {len(members) - _MEMBERS:,} more"), 5)


def _closing(result: AuditResult, width: int) -> Iterator[RenderableType]:
    if result.strengths:
        yield Text()
        yield Text("Strengths", style="bold")
    for strength in result.strengths:
        where = f"{strength.path}:{strength.line}"
        yield _indented(Text(visible(f"{strength.name}  {where}  {strength.message}")), 2)
    if len(result.recommendations) > _FIRST:
        yield Text()
        yield Text("What to do then: priority, effort, points gained", style="bold")
        yield from _to_do(result.recommendations[_FIRST:_RECOMMENDATIONS], width)
        more = len(result.recommendations) - _RECOMMENDATIONS
        if more > 0:
            yield Text(f"  and {more:,} more: -f markdown has them all, in weeks, with their risks")
    notes = list(_notes(result))
    if notes:
        yield Text()
    for note in notes:
        yield Text(note, style="dim")


def _notes(result: AuditResult) -> Iterator[str]:
    scripts = in_scripts(result)
    if scripts:
        yield f"{counted(scripts, 'finding')} in scripts, one step lower in severity."
    few = unsure(result)
    if few:
        yield f"{counted(few, 'finding')} too unsure to weigh or gate (--min-confidence low)."
    if result.suppressed:
        bare = result.score.unsuppressed
        without = "" if bare is None else f"; without suppressions the score would be {bare:.1f}"
        yield f"{counted(len(result.suppressed), 'finding')} suppressed{without}."
    unread = [skipped.path for skipped in result.skipped if skipped.is_unreadable]
    if unread:
        more = ", ..." if len(unread) > _MOST_UNREAD else ""
        shown = ", ".join(shortened(path, 60, "...") for path in unread[:_MOST_UNREAD])
        yield f"{counted(len(unread), 'path')} could not be read: {shown}{more}"
    if result.scale.left_out:
        yield f"{counted(result.scale.left_out, 'path')} left out (--show-files says why)."
    if result.score.provisional and result.score.value is not None:
        yield "The score's constants are provisional: they are not calibrated yet."


def _indented(part: RenderableType, left: int) -> Padding:
    return Padding(part, (0, 0, 0, left), expand=False)
