"""The report on a terminal: the first screen says it all, the rest says where and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from exai_audit.report.bottlenecks import (
    Bottleneck,
    bottlenecks,
    counted,
    evidence,
    in_scripts,
    location,
    said_confidence,
    unsure,
)
from exai_audit.report.escape import shortened, visible
from exai_audit.report.first_screen import COLORS, FIRST, first_screen, indented, to_do
from exai_audit.report.places import Places
from exai_audit.results.result import AuditResult

_WIDE = 1000
_MEMBERS = 5
_RECOMMENDATIONS = 12
_LINES = 6
_MOST_UNREAD = 5
_LINK_ID = re.compile(r"\x1b\]8;id=[^;]*;")
"""Rich numbers links at random; without a number they do the same."""
_ASCII = str.maketrans({"█": "#", "░": ".", "│": "|", "…": "...", "−": "-", "·": "-"})


def render(
    result: AuditResult,
    *,
    top: int | None = 10,
    color: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    links: str | None = None,
) -> str:
    """Return the report for a terminal of ``width`` columns; ``top`` bottlenecks in full.

    Args:
        width: what is drawn wider than any terminal, for a pipe, keeps whole paths everywhere.
        links: see `exai_audit.report.places.Places`; only with ``color``.
    """
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
    places = Places(result, links if color else None, shortens=width < _WIDE)
    for part in first_screen(result, groups, places, width):
        console.print(part)
    for part in _bottlenecks(groups, places, top, width):
        console.print(part)
    for part in _closing(result, places, width):
        console.print(part)
    drawn = _LINK_ID.sub("\x1b]8;;", stream.getvalue())
    text = "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"
    if not ascii_only:
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _bottlenecks(
    groups: tuple[Bottleneck, ...], places: Places, top: int | None, width: int
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
        yield from _bottleneck(number, group, places, width)
    if len(groups) > len(shown):
        rest = len(groups) - len(shown)
        yield Text()
        yield Text(f"{counted(rest, 'more bottleneck')}: --top {len(groups)} shows all.")


def _bottleneck(
    number: int, group: Bottleneck, places: Places, width: int
) -> Iterator[RenderableType]:
    head = group.head
    cost = f"costs {group.points:.1f} points" if group.points else "weighs nothing"
    confidence = said_confidence(head)
    yield Text.assemble(
        (f"{number:>3}. ", "bold"),
        (group.severity.value.upper(), COLORS[group.severity]),
        "  ",
        places.rule(head.code, "bold"),
        (f" {head.name}", "bold"),
        f"  {cost}" + (f", {confidence}" if confidence else ""),
    )
    symbol = f"  in {head.symbol}" if head.symbol else ""
    parts = [
        Text.assemble(places.place(location(head), head.path, head.line), visible(symbol)),
        Text(visible(head.message)),
    ]
    lines = evidence(head)
    for line in lines[:_LINES]:
        parts.append(Text(f"│ {shortened(line, width - 8)}", style="dim"))
    if head.remedy:
        parts.append(Text.assemble(("Fix: ", "green"), visible(head.remedy)))
    yield indented(Group(*parts), 5)
    yield from _members(group, width)


def _members(group: Bottleneck, width: int) -> Iterator[RenderableType]:
    members = group.findings[1:]
    for finding in members[:_MEMBERS]:
        same = finding.path == group.head.path
        where = f"line {finding.line}" if same else f"{finding.path}:{finding.line}"
        place = visible(f"+ {where} {finding.code} {finding.severity.value} ")
        room = max(20, width - 6 - len(place))
        yield indented(Text(place + shortened(finding.message, room), overflow="fold"), 5)
    if len(members) > _MEMBERS:
        yield indented(Text(f"+ {len(members) - _MEMBERS:,} more"), 5)


def _closing(result: AuditResult, places: Places, width: int) -> Iterator[RenderableType]:
    if result.strengths:
        yield Text()
        yield Text("Strengths", style="bold")
    for strength in result.strengths:
        where = f"{strength.path}:{strength.line}"
        yield indented(Text(visible(f"{strength.name}  {where}  {strength.message}")), 2)
    if len(result.recommendations) > FIRST:
        yield Text()
        yield Text("What to do then: priority, effort, points gained", style="bold")
        yield from to_do(result.recommendations[FIRST:_RECOMMENDATIONS], places, width)
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
