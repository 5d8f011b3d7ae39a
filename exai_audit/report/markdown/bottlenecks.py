"""The bottlenecks and the collapsed lists of the markdown report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_audit.addresses import rule_page
from exai_audit.report.bottlenecks import Bottleneck, counted, evidence, location, said_confidence
from exai_audit.report.escape import code, code_block, prose
from exai_audit.report.folding import details
from exai_audit.report.listing import one_line
from exai_audit.report.markdown.solutions import solutions
from exai_audit.results.result import AuditResult
from exai_audit.rulebook.pages import section
from exai_audit.rulebook.registry import rule_of


def bottleneck_section(
    result: AuditResult, groups: Sequence[Bottleneck], full: int, limit: int | None
) -> Iterator[str]:
    """Yield ``full`` bottlenecks in detail and the rest as a list of at most ``limit`` lines."""
    explained: set[str] = set()
    apart = False
    for number, group in enumerate(groups[:full], 1):
        if number > 1:
            yield ""
        if group.in_scripts and not apart:
            apart = True
            yield "**In scripts**, one step lower in severity:"
            yield ""
        first = group.head.code not in explained
        explained.add(group.head.code)
        yield from _bottleneck(number, group, limit, explain=first)
        drawn_up = list(solutions(result, group, limit))
        if drawn_up:
            yield ""
            yield from drawn_up
    rest = groups[full:]
    if rest:
        if full:
            yield ""
        yield from _listed(rest, limit)


def _listed(rest: Sequence[Bottleneck], limit: int | None) -> Iterator[str]:
    """Yield the heads of bottlenecks as lists: of scripts apart."""
    scripts = [one_line(group.head) for group in rest if group.in_scripts]
    others = [one_line(group.head) for group in rest if not group.in_scripts]
    if others:
        yield from details(counted(len(others), "more bottleneck"), others, limit)
    if others and scripts:
        yield ""
    if scripts:
        title = f"{counted(len(scripts), 'more bottleneck')} in scripts"
        yield from details(title, scripts, limit)


def _bottleneck(
    number: int, group: Bottleneck, limit: int | None, *, explain: bool
) -> Iterator[str]:
    head = group.head
    where = "" if head.project_wide else f": {code(head.path)}"
    yield f"### {number}. {head.name}{where}"
    yield ""
    rule = f"[{head.code}]({rule_page(head.code)})" if rule_of(head.code) else head.code
    yield f"**{group.severity.value}** ({rule}, {head.confidence.value} confidence):"
    yield prose(head.message)
    yield ""
    symbol = f" in {code(head.symbol)}" if head.symbol else ""
    yield f"- **Location:** {code(location(head))}{symbol}"
    yield f"- **Cost:** {_cost(group)}"
    why = section(rule_of(head.code), "Why") if explain else ""
    if why:
        yield f"- **Why it matters:** {prose(why)}"
    if head.remedy:
        yield f"- **Minimal fix:** {prose(head.remedy)}"
    lines = evidence(head)
    if lines:
        yield ""
        yield from code_block(lines, "python")
    if head.related:
        related = [f"{r.path}:{r.line}: {r.message}" for r in head.related]
        yield ""
        yield from details(counted(len(related), "related place"), related, limit)
    others = group.findings[1:]
    if others:
        yield ""
        places = [one_line(finding) for finding in others]
        yield from details(f"{counted(len(others), 'finding')} to fix with it", places, limit)


def _cost(group: Bottleneck) -> str:
    if not group.points:
        said = said_confidence(group.head)
        return "nothing" + (f" ({said})" if said else "")
    if len(group.findings) == 1:
        return f"{group.points:.2f} points"
    return f"{group.points:.2f} points, {counted(len(group.findings), 'finding')} together"
