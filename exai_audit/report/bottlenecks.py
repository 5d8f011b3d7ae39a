"""Findings grouped by what a person would fix together, and what the reports say in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import fsum

from msgspec import Struct

from exai_audit.finding import Confidence, Family, Finding, Scope, Severity
from exai_audit.results.advice import Hours
from exai_audit.results.result import AuditResult, WayUp
from exai_audit.score.grades import in_words

# A project-wide finding and the findings that are its sites.
_SITES = {"EXA201": "EXA202", "EXA306": "EXA305"}


class Bottleneck(Struct, frozen=True):
    """``head`` speaks for all ``findings``; ``head`` comes first, then gravest first."""

    head: Finding
    findings: tuple[Finding, ...]

    @property
    def points(self) -> float:
        return fsum(finding.points for finding in self.findings)

    @property
    def in_scripts(self) -> bool:
        """Whether it is one of scripts: those are shown apart."""
        return self.head.scope is Scope.SCRIPTS and not self.head.project_wide

    @property
    def severity(self) -> Severity:
        weighing = [f.severity for f in self.findings if f.points > 0] or [self.head.severity]
        return max(weighing, key=lambda severity: severity.rank)


def bottlenecks(findings: Iterable[Finding]) -> tuple[Bottleneck, ...]:
    """Group findings, the costliest group first; those of scripts come after all others."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_group(finding), []).append(finding)
    made = []
    for group in groups.values():
        head, *others = sorted(group, key=_by_leadership)
        made.append(Bottleneck(head, (head, *sorted(others, key=_by_gravity))))
    return tuple(sorted(made, key=_costliest_first))


def _group(finding: Finding) -> tuple[str, str]:
    if finding.family is Family.SIZE:
        return "size", finding.path
    together = _SITES.get(finding.code, finding.code)
    if together not in _SITES.values():
        return together, finding.path
    return together, "" if finding.project_wide else _apart(finding)


def _apart(finding: Finding) -> str:
    return finding.scope.value if finding.scope is Scope.SCRIPTS else ""


def _by_leadership(finding: Finding) -> tuple[object, ...]:
    """Project-wide and whole-file findings lead the others of their group, if they weigh."""
    return (
        finding.points == 0,
        not finding.project_wide,
        bool(finding.symbol),
        *_by_gravity(finding),
    )


def _by_gravity(finding: Finding) -> tuple[object, ...]:
    gravity = (-finding.severity.rank, -finding.confidence.rank)
    return (*gravity, finding.path, finding.line, finding.column, finding.code)


def _costliest_first(bottleneck: Bottleneck) -> tuple[object, ...]:
    """Order by what it costs, for many findings may be worse than one; severity decides ties."""
    head, gravity = bottleneck.head, -bottleneck.severity.rank
    return (bottleneck.in_scripts, -bottleneck.points, gravity, head.path, head.line, head.code)


def counted(number: int, noun: str) -> str:
    """Return for example "1 finding" or "1,200 findings"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def hours(span: Hours) -> str:
    """Return a range of hours as it is read: ``3.2-6.4 h``."""
    low, high = span
    return f"{low:g} h" if low == high else f"{low:g}-{high:g} h"


def steps(way: WayUp) -> str:
    """Return what a way up takes, for example "12 places, 1 finding in 2 steps"."""
    work: Counter[str] = Counter()
    for step in way.steps:
        work[step.unit] += step.units
    amount = " and ".join(counted(number, unit) for unit, number in work.items())
    return f"{amount} in {counted(len(way.steps), 'step')}"


def severity_counts(findings: Iterable[Finding]) -> str:
    """Return for example "1 critical, 3 low", gravest first, or "no findings"."""
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[s]:,} {s.value}" for s in reversed(Severity) if counts[s]]
    return ", ".join(parts) or "no findings"


def headline(result: AuditResult) -> str:
    """Return the score in words, for example "B+ 87.4, good, with critical issues"."""
    score = result.score
    if score.shown is None or score.grade is None:
        return f"n/a: {why_no_score(result)}"
    return f"{score.grade} {score.shown:.1f}, {words(result)}"


def words(result: AuditResult) -> str:
    """Return what the grade means, given the gravest finding that weighs."""
    weighing = [f.severity for f in result.findings if f.points > 0]
    worst = max(weighing, key=lambda severity: severity.rank, default=None)
    return in_words(result.score.grade, worst) if result.score.grade else ""


def why_no_score(result: AuditResult) -> str:
    """Return why there is no score."""
    if result.scale.judged_lines:
        return "no category of the score was judged"
    return "no line was judged"


def in_scripts(result: AuditResult) -> int:
    """Return how many findings stand in scripts, of what is not only judged scripts."""
    if result.target.scopes == (Scope.SCRIPTS,):
        return 0
    return sum(finding.scope is Scope.SCRIPTS for finding in result.findings)


def unsure(result: AuditResult) -> int:
    """Return how many findings are shown but too unsure to weigh."""
    least = result.target.min_confidence.rank
    return sum(finding.confidence.rank < least for finding in result.findings)


def said_confidence(finding: Finding) -> str:
    """Return the confidence if there is anything to say about it."""
    sure = finding.confidence is Confidence.HIGH
    return "" if sure else f"{finding.confidence.value} confidence"


def location(finding: Finding) -> str:
    """Return ``path:line:column``, as editors read it; not escaped."""
    return f"{finding.path}:{finding.line}:{finding.column}"


def evidence(finding: Finding) -> list[str]:
    """Return the excerpt, or the evidence line, with line numbers; not escaped."""
    lines = finding.excerpt or ((finding.evidence,) if finding.evidence else ())
    return [f"{finding.line + offset:>5}  {line}" for offset, line in enumerate(lines)]
