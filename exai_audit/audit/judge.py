"""The rules' verdicts on a project: hits made findings, one for each place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache, partial

from msgspec.structs import replace

from exai_audit.audit.suppress import stale
from exai_audit.config import RuleChoice
from exai_audit.finding import Confidence, Family, Finding, Hit, Related, Scope
from exai_audit.project.project import Project
from exai_audit.results.fingerprint import digest
from exai_audit.rulebook.registry import Rule, Scoped, rules
from exai_audit.score.formula import weight_of

MOST_ALIKE = 1_000
"""How many findings of one rule are told of one file: far more than anybody reads."""


def judge(project: Project, choice: RuleChoice, today: date = date.min) -> tuple[Finding, ...]:
    """Run the selected rules over the project; findings sorted by path, line, column, code.

    Rules that speak last see which suppressions the findings of the others have no use for.
    """
    first = [rule for rule in rules() if not rule.runs_last]
    spoken = one_finding_per_place(_hits(first, project, choice))
    found = [_finding(rule, hit, project) for rule, hit in spoken]
    last = [rule for rule in rules() if rule.runs_last]
    informed = replace(project, stale=stale(found, project, choice, today))
    found += [_finding(rule, hit, project) for rule, hit in _hits(last, informed, choice)]
    return bounded(sorted(found, key=lambda f: (f.path, f.line, f.column, f.code)))


def bounded(findings: Iterable[Finding], most: int = MOST_ALIKE) -> tuple[Finding, ...]:
    """Return findings without all but the first ``most`` of each rule in a file.

    The last of them says how many are left out: a report is not to grow without need.
    """
    found = tuple(findings)
    alike = Counter((one.code, one.path) for one in found)
    if max(alike.values(), default=0) <= most:
        return found
    told: Counter[tuple[str, str]] = Counter()
    kept = []
    for one in found:
        key = one.code, one.path
        told[key] += 1
        if told[key] == most < alike[key]:
            more = f"({alike[key] - most:,} more of {one.code} in this file are left out)"
            kept.append(replace(one, message=f"{one.message} {more}"))
        elif told[key] <= most:
            kept.append(one)
    return tuple(kept)


def _hits(
    chosen: Iterable[Rule], project: Project, choice: RuleChoice
) -> Iterator[tuple[Rule, Hit]]:
    for rule in chosen:
        always = rule.family is Family.AUDIT and not rule.runs_last
        if always or choice.selects_somewhere(rule.code):
            options: Scoped[object] = choice.options(rule)
            of_project = always or choice.selects(rule.code)
            everywhere = always or (of_project and not choice.parts)
            selects = lru_cache(maxsize=None)(partial(choice.selects_at, code=rule.code))
            for hit in rule.check(project, options):
                if everywhere or (of_project if hit.project_wide else selects(hit.path)):
                    yield rule, hit


def one_finding_per_place(hits: Iterable[tuple[Rule, Hit]]) -> Iterator[tuple[Rule, Hit]]:
    """Within a family the hit that weighs most speaks at a place; the others are related to it.

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


def _precedence(pair: tuple[Rule, Hit]) -> tuple[bool, float, int, str]:
    rule, hit = pair
    weighs = hit.confidence is not Confidence.LOW
    return weighs, weight_of(hit.severity, hit.confidence), hit.severity.rank, rule.code


def _float(number: float | None) -> float | None:
    """Give counts the form that they have when read back from JSON."""
    return None if number is None else float(number)


def _finding(rule: Rule, hit: Hit, project: Project) -> Finding:
    """Make a finding of a hit; one of a script is a step lower, but not of the whole project."""
    scope = project.scope_of.get(hit.path, Scope.PRODUCTION)
    in_script = scope is Scope.SCRIPTS and not hit.project_wide
    return Finding(
        code=rule.code,
        name=rule.name,
        family=rule.family,
        severity=hit.severity.lowered if in_script else hit.severity,
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
        scope=scope,
        project_wide=hit.project_wide,
    )
