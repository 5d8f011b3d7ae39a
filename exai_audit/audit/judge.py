"""The rules' verdicts on a project: hits made findings, one for each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from exai_audit.audit.suppress import stale
from exai_audit.config import Settings
from exai_audit.finding import Confidence, Family, Finding, Hit, Related, Scope
from exai_audit.project.project import Project
from exai_audit.results.fingerprint import digest
from exai_audit.rulebook.registry import Rule, Scoped, rules


def judge(project: Project, settings: Settings, today: date = date.min) -> tuple[Finding, ...]:
    """Run the selected rules over the project; findings sorted by path, line, column, code.

    Rules that speak last see which suppressions the findings of the others have no use for.
    """
    first = [rule for rule in rules() if not rule.runs_last]
    spoken = one_finding_per_place(_hits(first, project, settings))
    found = [_finding(rule, hit, project) for rule, hit in spoken]
    last = [rule for rule in rules() if rule.runs_last]
    informed = replace(project, stale=stale(found, project, settings, today))
    found += [_finding(rule, hit, project) for rule, hit in _hits(last, informed, settings)]
    return tuple(sorted(found, key=lambda f: (f.path, f.line, f.column, f.code)))


def _hits(
    chosen: Iterable[Rule], project: Project, settings: Settings
) -> Iterator[tuple[Rule, Hit]]:
    for rule in chosen:
        always = rule.family is Family.AUDIT and not rule.runs_last
        if always or settings.selects_somewhere(rule.code):
            options: Scoped[object] = settings.options(rule)
            everywhere = always or settings.selects(rule.code)
            for hit in rule.check(project, options):
                here = not hit.project_wide and settings.selects_at(hit.path, rule.code)
                if everywhere or here:
                    yield rule, hit


def one_finding_per_place(hits: Iterable[tuple[Rule, Hit]]) -> Iterator[tuple[Rule, Hit]]:
    """Within a family the gravest hit speaks at a place; the others become related to it.

    One of low confidence, which weighs nothing, speaks only where no other does. Of equals the one
    with the higher code does: codes rise from the general to the special.
    """
    places: dict[tuple[object, ...], list[tuple[Rule, Hit]]] = {}
    for rule, hit in hits:
        own = (rule.code, hit.subject) if hit.project_wide else ""
        key = (rule.family, hit.path, hit.span.line, hit.place.symbol, own)
        places.setdefault(key, []).append((rule, hit))
    for pairs in places.values():
        pairs.sort(key=_precedence, reverse=True)
        (rule, hit), *others = pairs
        silenced = tuple(
            Related(other.path, other.span.line, f"{by.code} {by.name}: {other.message}")
            for by, other in others
            if by.code != rule.code
        )
        yield rule, replace(hit, related=hit.related + silenced)


def _precedence(spoken: tuple[Rule, Hit]) -> tuple[bool, int, int, str]:
    rule, hit = spoken
    weighs = hit.confidence is not Confidence.LOW
    return weighs, hit.severity.rank, hit.confidence.rank, rule.code


def _float(number: float | None) -> float | None:
    """Give counts the form that they have when read back from JSON."""
    return None if number is None else float(number)


def _finding(rule: Rule, hit: Hit, project: Project) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        family=rule.family,
        severity=hit.severity,
        confidence=hit.confidence,
        path=hit.path,
        line=hit.span.line,
        column=hit.span.column,
        end_line=hit.span.end_line,
        end_column=hit.span.end_column,
        symbol=hit.place.symbol,
        message=hit.message,
        evidence=hit.place.evidence,
        excerpt=(),
        remedy=hit.remedy,
        related=hit.related,
        measured=_float(hit.measured),
        threshold=_float(hit.threshold),
        points=0.0,
        fingerprint=digest(rule.code, hit.subject) if hit.project_wide else "",
        scope=project.scope_of.get(hit.path, Scope.PRODUCTION),
        project_wide=hit.project_wide,
    )
