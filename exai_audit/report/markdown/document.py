"""The report as markdown for GitHub: pull-request comments, job summaries, a file to hand on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from exai_audit.finding import Finding
from exai_audit.report import breakdown
from exai_audit.report.bottlenecks import (
    Bottleneck,
    counted,
    headline,
    hours,
    location,
    severity_counts,
    unsure,
    why_no_score,
)
from exai_audit.report.escape import cell_code, code, code_block, markdown, prose, visible
from exai_audit.report.folding import details
from exai_audit.report.listing import one_line
from exai_audit.report.markdown.agenda import (
    impact,
    recommendations,
    risks,
    strategy,
    way_up,
)
from exai_audit.report.markdown.bottlenecks import bottleneck_section
from exai_audit.report.markdown.caches import cache_table
from exai_audit.report.markdown.ledger import ledger
from exai_audit.report.markdown.timeouts import timeout_map
from exai_audit.report.references import reference_notes
from exai_audit.results.result import AuditResult, CategoryScore, Distribution

Lines = Iterator[str]
_OF_THE_WHOLE = frozenset(
    {
        "Codebase scale", "Strengths", "Distributions", "Timeout map", "Caches", "Recommendations",
        "Implementation strategy", "Risk assessment", "Impact", "Way to the next grade",
    }
)  # fmt: skip
"""Sections that say nothing of a change."""
_BAR = 30


def document(
    result: AuditResult,
    groups: tuple[Bottleneck, ...],
    full: int,
    limit: int | None,
    without: Collection[str] = (),
) -> str:
    """Return the report with ``full`` bottlenecks in detail, ``limit`` lines of each list, and
    without some sections.
    """
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("", title(result)),
        ("Executive summary", summary(result, groups)),
        ("Score", _score(result)),
        ("Score of each part", _parts(result)),
        ("Codebase scale", _scale(result)),
        ("Bottlenecks", bottleneck_section(result, groups, full, limit)),
        ("Fixed", _fixed(result, limit)),
        ("Strengths", _strengths(result)),
        ("Distributions", _distributions(result.distributions)),
        ("Timeout map", timeout_map(result, limit)),
        ("Caches", cache_table(result, limit)),
        ("Recommendations", recommendations(result, limit)),
        ("Implementation strategy", strategy(result.phases, limit)),
        ("Risk assessment", risks(result.recommendations)),
        ("Impact", impact(result.impact)),
        ("Way to the next grade", way_up(result, limit)),
        ("How to verify", _verify(result, limit)),
    )
    parts, missed = [], []
    for name, content in sections:
        if result.since is not None and name in _OF_THE_WHOLE:
            continue
        lines = list(content)
        if lines:
            if name in without:
                missed.append(name)
            else:
                parts.append("\n".join([f"## {name}", "", *lines] if name else lines))
    if missed:
        parts.append(f"Left out for want of room: {', '.join(missed).lower()}.")
    return "\n\n".join(parts) + "\n"


def title(result: AuditResult) -> Lines:
    tool, target = result.tool, result.target
    yield "# Audit report"
    yield ""
    facts = [f"**Date** {markdown(target.date)}"] if target.date else []
    if target.project:
        facts.append(f"**Project** {code(target.project)}")
    facts.append(f"**Target** {', '.join(map(code, target.paths)) or code(target.root)}")
    if target.revision:
        branch = f" of {code(target.branch)}" if target.branch else ""
        facts.append(f"**Revision** {code(target.revision)}{branch}")
    facts.append(f"**Judged** {', '.join(scope.value for scope in target.scopes)} code")
    facts.append(f"**Tool** {tool.name} {tool.version}, formula {tool.formula_version}")
    facts.append(f"**Configuration** {code(target.configuration)}")
    yield " · ".join(facts)


def summary(result: AuditResult, groups: tuple[Bottleneck, ...], worst: int = 3) -> Lines:
    findings = counted(len(result.findings), "finding")
    yield f"**{headline(result)}.** {findings} ({severity_counts(result.findings)})"
    yield f"in {counted(len(groups), 'bottleneck')}, {_judged(result)}."
    for note in reference_notes(result):
        yield ""
        yield prose(note)
    if groups:
        yield ""
        yield "What costs most:"
        yield ""
    for number, group in enumerate(groups[:worst], 1):
        head = group.head
        where = code(location(head))
        cost = f" ({group.points:.1f} points)" if group.points else ""
        yield f"{number}. **{group.severity.value}** {where}: {prose(head.message)}{cost}"
    if result.strengths:
        names = ", ".join(dict.fromkeys(strength.name for strength in result.strengths))
        yield ""
        yield f"Strengths: {markdown(names)}."
    yield from _first_thing(result)


def _judged(result: AuditResult) -> str:
    scale = result.scale
    return f"{counted(scale.judged_lines, 'line')} in {counted(scale.judged_files, 'file')} judged"


def _first_thing(result: AuditResult) -> Lines:
    if result.recommendations:
        first = result.recommendations[0]
        gain = f" for {first.gain:.1f} points" if first.gain >= 0.05 else ""
        yield ""
        yield f"**Do first:** {prose(first.title)} ({hours(first.hours)}{gain})."
    way = result.score.way_up
    if way is not None:
        yield f"**{way.grade}** is {hours(way.hours)} away (way to the next grade, below)."


def _score(result: AuditResult) -> Lines:
    score = result.score
    if score.value is None:
        yield f"There is no score: {why_no_score(result)}."
        return
    yield "| category | points left | of | findings | weight | allowance | debt |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    yield from map(_category_row, score.categories)
    if score.cap is not None and score.cap.cost > 0:
        holding = [f for f in result.findings if f.fingerprint in set(score.cap.findings)]
        places = ", ".join(f"{f.code} {code(location(f))}" for f in holding[:5])
        more = f" and {len(holding) - 5} more" if len(holding) > 5 else ""
        yield ""
        yield f"Critical findings hold the score at {score.cap.limit}, which costs"
        yield f"{score.cap.cost:.1f} points more: {places}{more}."
    if score.standing is not None:
        yield ""
        yield f"{prose(score.standing.sentence)}."
    yield from ledger(result)
    if score.provisional:
        yield ""
        yield "The score's constants are provisional: they are not calibrated yet."


def _parts(result: AuditResult) -> Lines:
    if result.breakdown is not None:
        yield from breakdown.table(result.breakdown)
        yield ""
        yield "Each as if there were no other files; behind the findings what each category loses."


def _category_row(category: CategoryScore) -> str:
    if not category.judged:
        return f"| {category.name.value} | not judged | | | | | |"
    left = category.points - category.lost
    numbers = f"{left:.1f} | {category.points:.1f} | {category.findings} | {category.weight:g}"
    debt = f"{category.allowance:.1f} | {category.debt:.2f}"
    return f"| {category.name.value} | {numbers} | {debt} |"


def _scale(result: AuditResult) -> Lines:
    scale = result.scale
    yield "| what | number |"
    yield "|---|---:|"
    yield f"| Python files read | {scale.files:,} ({counted(scale.lines, 'line')}) |"
    yield f"| judged | {scale.judged_files:,} ({counted(scale.judged_lines, 'line')}) |"
    for scope in scale.scopes:
        state = "judged" if scope.judged else "counted only"
        lines = counted(scope.lines, "line")
        yield f"| scope {scope.scope.value}, {state} | {scope.files:,} ({lines}) |"
    rows: tuple[tuple[str, int, str], ...] = (
        ("generated files, counted only", scale.generated, ""),
        ("stub files, counted only", scale.stubs, ""),
        ("paths left out", scale.left_out, ""),
        ("paths that could not be read", sum(s.is_unreadable for s in result.skipped), ""),
        ("files with syntax errors", scale.syntax_errors, ""),
        ("unreadable files", scale.unreadable, ""),
        ("timeout operations", scale.timeouts, _spread(scale.timeout_files)),
        ("caches", scale.caches, _spread(scale.cache_files)),
        ("pools", scale.pools, ""),
        ("sync-async bridges", scale.bridges, ""),
        ("blocking calls in coroutines", scale.blocking, ""),
        ("median module, lines", scale.median_module, ""),
    )
    for label, number, note in rows:
        if number:
            yield f"| {label} | {number:,}{note} |"
    if scale.longest_module:
        path = cell_code(scale.longest_module_path)
        yield f"| longest module, lines | {scale.longest_module:,} ({path}) |"


def _fixed(result: AuditResult, limit: int | None) -> Lines:
    """Yield what the changes since a revision have repaired."""
    fixed = result.since.fixed if result.since else ()
    if fixed:
        points = sum(one.points for one in fixed)
        lines = [
            f"{one.path}:{one.line}: {one.code} {one.severity.value} {one.message}" for one in fixed
        ]
        yield from details(f"{counted(len(fixed), 'finding')}, {points:.1f} points", lines, limit)


def _spread(files: int) -> str:
    return f" in {counted(files, 'file')}"


def _strengths(result: AuditResult) -> Lines:
    for strength in result.strengths:
        where = code(f"{strength.path}:{strength.line}")
        yield f"- **{markdown(strength.name)}**: {prose(strength.message)} ({where})"


def _distributions(distributions: Iterable[Distribution]) -> Lines:
    for number, distribution in enumerate(distributions):
        most = max((bar.count for bar in distribution.bars), default=0)
        if not most:
            continue
        if number:
            yield ""
        yield f"**{markdown(distribution.title)}**"
        yield ""
        wide = max(len(visible(bar.label)) for bar in distribution.bars)
        digits = len(f"{most:,}")
        drawn = [
            f"{visible(bar.label):<{wide}}  {bar.count:>{digits},}  {_bar(bar.count, most)}"
            for bar in distribution.bars
        ]
        yield from code_block([line.rstrip() for line in drawn], "text")


def _bar(number: int, most: int) -> str:
    """Draw a bar; what is there at all is seen."""
    return "█" * (max(1, round(number / most * _BAR)) if number else 0)


def _verify(result: AuditResult, limit: int | None) -> Lines:
    target = result.target
    yield from code_block([target.command], "console")
    yield ""
    at = f"at revision {code(target.revision)}, " if target.revision else ""
    yield f"Run it {at}with the configuration {code(target.configuration)}: the numbers are the"
    yield "same for any number of worker processes."
    lists: tuple[tuple[str, list[str]], ...] = (
        ("finding", [_listed(finding) for finding in _gravest_first(result.findings)]),
        ("suppressed finding", [_suppressed(s.finding, s.reason) for s in result.suppressed]),
        ("path", [f"{skipped.path}: {skipped.reason}" for skipped in result.skipped]),
    )
    for noun, lines in lists:
        if lines:
            yield ""
            suffix = " left out" if noun == "path" else ""
            yield from details(counted(len(lines), noun) + suffix, lines, limit)
    if result.suppressed and result.score.unsuppressed is not None:
        yield ""
        yield f"Without suppressions the score would be {result.score.unsuppressed:.1f}."
    few = unsure(result)
    if few:
        yield ""
        yield f"Findings too unsure to weigh: {few:,} (`--min-confidence low` counts them)."
    yield ""
    yield "What it cannot see: code that is not in the judged files, values that are known only at"
    yield "run time, and calls on objects whose type the code does not show."


def _listed(finding: Finding) -> str:
    return one_line(finding) + (" (new)" if finding.new else "")


def _gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -finding.severity.rank)


def _suppressed(finding: Finding, reason: str) -> str:
    return one_line(finding) + (f" -- {reason}" if reason else "")
