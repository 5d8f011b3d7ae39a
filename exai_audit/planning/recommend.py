"""Recommendations: findings grouped as a person would repair them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import fsum

from msgspec import Struct

from exai_audit.finding import Family, Finding, Severity
from exai_audit.planning.effort import Sizes, efforts, hours, middle
from exai_audit.planning.remedies import Remedy, remedy_of
from exai_audit.planning.titles import title, title_of_file
from exai_audit.results.advice import Priority, Recommendation, Risk, Term
from exai_audit.results.result import Score
from exai_audit.score.formula import freed_without, score_without

HOURS_A_DAY = 8
"""What can hang or crash is for at once if so many hours are enough."""
LIFT = 2.0
"""A point counts for so many where what is repaired can hang or crash."""
HOURS_A_WEEK = 30
"""What one developer has for this in a week: meetings and other duties take the rest."""
WORTH_POINTS_AN_HOUR = 1.0
"""From so many points gained for an hour on, a recommendation is one priority higher."""
WORTH_SAYING = 0.3
"""What gains less is for when there is nothing better to do, unless it can hang or crash."""
FILES_OF_THEIR_OWN = 8
"""So many files of the gravest size findings are recommendations of their own."""
_STALE = "EXA003"
_MODULES = ("EXA101", "EXA105")
_PRIORITY: Mapping[Severity, Priority] = {
    Severity.CRITICAL: Priority.P0,
    Severity.HIGH: Priority.P1,
    Severity.MEDIUM: Priority.P2,
    Severity.LOW: Priority.P3,
}
_PRIORITIES = tuple(Priority)
_TERMS = tuple(Term)


class Planned(Struct, frozen=True):
    """A recommendation with its findings, in its order."""

    item: Recommendation
    findings: tuple[Finding, ...]


class _Group(Struct, frozen=True):
    """Findings of one recommendation, the costliest first."""

    remedy: Remedy
    findings: tuple[Finding, ...]
    title: str


def recommend(
    findings: Iterable[Finding],
    total: Score,
    lines: Sizes,
    planned: Collection[str] | None = None,
) -> tuple[Planned, ...]:
    """Return what to do by term: within a term the most points for an hour first.

    Findings too unsure to weigh are left out: a person should look at these first.

    Args:
        planned: the modules that plans say how to split; all when None.
    """
    worth = [f for f in findings if f.weight > 0 or f.code == _STALE]
    groups = _groups(worth, lines, planned)
    made = []
    for group in groups:
        freed = 0.0 if total.value is None else freed_without(total, group.findings)
        item = _recommendation(group, total, lines, freed)
        made.append((_most_urgent_first(item, freed, _lift(group)), item, group.findings))
    made.sort(key=lambda one: one[0])
    return tuple(Planned(item, findings) for _, item, findings in made)


def _most_urgent_first(item: Recommendation, freed: float, lift: float) -> tuple[object, ...]:
    return (
        _TERMS.index(item.term),
        -max(item.gain, freed) / max(0.1, fsum(item.hours) / 2) * lift,
        -item.severity.rank,
        -item.points,
        item.title,
    )


def _groups(
    findings: Sequence[Finding], lines: Sizes, planned: Collection[str] | None
) -> Iterable[_Group]:
    yield from _of_size([f for f in findings if f.family is Family.SIZE], lines, planned)
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.family is not Family.SIZE:
            by_kind.setdefault(remedy_of(finding.code).kind, []).append(finding)
    for found in by_kind.values():
        remedy = remedy_of(found[0].code)
        yield _Group(remedy, _costliest_first(found), title(remedy, found))


def _of_size(
    findings: Sequence[Finding], lines: Sizes, planned: Collection[str] | None
) -> Iterable[_Group]:
    """Yield the gravest files one by one, the rest by remedy and severity."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    grave = [found for found in by_file.values() if _worst(found).rank >= Severity.HIGH.rank]
    grave.sort(key=lambda found: (-_worst(found).rank, -_points(found), found[0].path))
    alone = grave[:FILES_OF_THEIR_OWN]
    for found in alone:
        split = [f for f in found if remedy_of(f.code).kind == "split-modules"]
        remedy = remedy_of((split or found)[0].code)
        name = title_of_file(found, lines, has_plan=_has_plan(found, planned))
        yield _Group(remedy, _costliest_first(found), name)
    paths = {found[0].path for found in alone}
    rest: dict[tuple[str, Severity, bool], list[Finding]] = {}
    for finding in findings:
        if finding.path not in paths:
            has_plan = _has_plan([finding], planned)
            key = remedy_of(finding.code).kind, finding.severity, has_plan
            rest.setdefault(key, []).append(finding)
    for (_, severity, has_plan), found in rest.items():
        remedy = remedy_of(found[0].code)
        if len({finding.path for finding in found}) == 1:
            name = title_of_file(found, lines, has_plan=has_plan)
        else:
            name = title(remedy, found, severity, has_plan=has_plan)
        yield _Group(remedy, _costliest_first(found), name)


def _has_plan(findings: Iterable[Finding], planned: Collection[str] | None) -> bool:
    """Tell whether a plan says how to split what findings call too long, if they do."""
    return planned is None or all(
        finding.path in planned for finding in findings if finding.code in _MODULES
    )


def _recommendation(group: _Group, total: Score, lines: Sizes, freed: float) -> Recommendation:
    """Return what a group recommends; ``freed`` is its gain if nothing critical holds the score."""
    findings, remedy = group.findings, group.remedy
    work = efforts(findings, lines)
    worst = _worst(findings)
    gain = 0.0 if total.value is None else score_without(total, findings) - total.value
    gain = max(0.0, gain)
    priority = priority_of(worst, gain / middle(work))
    return Recommendation(
        kind=remedy.kind,
        title=group.title,
        priority=priority,
        term=_term(remedy.risk, middle(work), max(gain, freed), _lift(group)),
        severity=worst,
        hours=hours(work),
        effort=work,
        points=_points(findings),
        gain=gain,
        risk=remedy.risk,
        hazard=remedy.hazard,
        mitigation=remedy.mitigation,
        findings=tuple(finding.fingerprint for finding in findings),
        files=len({finding.path for finding in findings}),
    )


def priority_of(worst: Severity, points_an_hour: float) -> Priority:
    """Return the priority of the worst severity, one higher where an hour brings much."""
    rank = _PRIORITIES.index(_PRIORITY[worst])
    if points_an_hour >= WORTH_POINTS_AN_HOUR:
        rank = max(0, rank - 1)
    return _PRIORITIES[rank]


def _term(risk: Risk, of_hours: float, gain: float, lift: float) -> Term:
    """Return when to do it.

    In the long term what is of high risk, more than a week's work, or gains next to nothing; at
    once what gains much for an hour, and what can hang or crash and takes no more than a day.
    """
    if risk is Risk.HIGH or of_hours > HOURS_A_WEEK:
        return Term.LONG
    urgent = lift > 1
    if gain * lift >= WORTH_POINTS_AN_HOUR * of_hours or (urgent and of_hours <= HOURS_A_DAY):
        return Term.IMMEDIATE
    return Term.SHORT if urgent or round(gain, 1) >= WORTH_SAYING else Term.LONG


def _lift(group: _Group) -> float:
    """Return what the points of a group count for: more where it can hang or crash."""
    worst = _worst(group.findings)
    grave = worst.rank >= Severity.HIGH.rank and group.findings[0].family is not Family.SIZE
    hangs = group.remedy.hangs and worst.rank >= Severity.MEDIUM.rank
    return LIFT if grave or hangs else 1.0


def _costliest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    def order(finding: Finding) -> tuple[object, ...]:
        place = (finding.path, finding.line, finding.column, finding.code)
        return (-finding.points, -finding.severity.rank, *place)

    return tuple(sorted(findings, key=order))


def _worst(findings: Iterable[Finding]) -> Severity:
    return max((f.severity for f in findings), key=lambda severity: severity.rank)


def _points(findings: Iterable[Finding]) -> float:
    return fsum(finding.points for finding in findings)
