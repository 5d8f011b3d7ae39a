"""Scores of the reference set, computed from what was found there: no audit is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from exai_audit.finding import Confidence, Family, Finding, Scope, Severity
from exai_audit.score.former import by_formula_1
from exai_audit.score.formula import (
    FACTORS,
    PROMISED,
    SHARES,
    Scored,
    allowance,
    debt,
    lost_part,
    score,
    weight_of,
)
from exai_audit.score.reference import Kind, Reference, ReferencePackage, RuleFound

TYPICAL_LOSS = 0.35
"""The median service loses this part of its size points: that is how its factor is measured."""
MOST_FOR_A_MEDIUM, FROM_LINES = 3.0, 5000
"""The promise: what a finding of medium severity costs at most, from so many lines on."""
_MOST_OF_A_GRADE = 0.45
_MOST_OF_A_RULE = 17.0
_STEP = 0.5


@dataclass(frozen=True, slots=True)
class Rescored:
    """A package of the set, its score by the formula of today, and by formula 1."""

    package: ReferencePackage
    scored: Scored
    former: float

    @property
    def shown(self) -> float:
        return self.scored.score.shown or 0.0

    @property
    def letter(self) -> str:
        return (self.scored.score.grade or "F")[0]


def findings_of(rules: Mapping[str, RuleFound]) -> Iterator[Finding]:
    """Yield what was found, as far as a score depends on it."""
    for code, rule in rules.items():
        for severity, by_confidence in rule.counts.items():
            for confidence, number in by_confidence.items():
                one = _finding(code, rule.family, Severity(severity), Confidence(confidence))
                yield from (one for _ in range(number))


def _finding(code: str, family: Family, severity: Severity, confidence: Confidence) -> Finding:
    return Finding(
        code, "", family, severity, confidence, "", 1, 1, 1, 1, "", "", "", (), "", (), None, None,
        0.0, code, Scope.PRODUCTION,
    )  # fmt: skip


def rescored(package: ReferencePackage, factors: Mapping[Family, float] = FACTORS) -> Rescored:
    """Score a package from what was found in it."""
    found = list(findings_of(package.rules))
    made = score(found, package.judged_lines, tuple(SHARES), factors=factors)
    return Rescored(package, made, by_formula_1(made.score) or 0.0)


def survey(made: Reference) -> tuple[Rescored, ...]:
    """Return all packages of the set, scored again with the factor that the data has."""
    factors = {**FACTORS, Family.SIZE: made.size_factor}
    return tuple(rescored(package, factors) for package in made.packages)


def size_loss(package: ReferencePackage, factor: float) -> float:
    """Return what part of its size points a package loses with a factor of the allowance."""
    weights: dict[str, float] = {}
    for found in findings_of(package.rules):
        of_size = found.family is Family.SIZE or found.code in ("EXA001", "EXA002")
        if of_size and found.confidence is not Confidence.LOW:
            weight = weight_of(found.severity, found.confidence)
            weights[found.code] = weights.get(found.code, 0.0) + weight
    allowed = allowance(Family.SIZE, package.judged_lines, {Family.SIZE: factor})
    return lost_part(sum(debt(weight, allowed) for weight in weights.values()))


def size_factor(services: Sequence[ReferencePackage]) -> float:
    """Return the factor, to a half, with which the median service loses ``TYPICAL_LOSS``."""

    def distance(factor: float) -> float:
        return abs(median(size_loss(one, factor) for one in services) - TYPICAL_LOSS)

    return min((number * _STEP for number in range(2, 81)), key=distance)


def cost_of_a_medium(lines: int) -> float:
    """Return what one finding of medium severity costs alone, in the dearest category but size."""
    allowed = allowance(Family.TIMEOUTS, lines, {Family.TIMEOUTS: PROMISED})
    alone = lost_part(debt(weight_of(Severity.MEDIUM, Confidence.HIGH), allowed))
    return max(points for family, points in SHARES.items() if family is not Family.SIZE) * alone


def dearest_medium(all_scored: Sequence[Rescored]) -> float:
    """Return what the dearest finding of medium severity costs, from ``FROM_LINES`` lines on."""
    costs = (
        finding.points
        for one in all_scored
        if one.package.judged_lines >= FROM_LINES
        for finding in one.scored.findings
        if finding.severity is Severity.MEDIUM
    )
    return max(costs, default=0.0)


def dearest_rule(all_scored: Sequence[Rescored]) -> tuple[float, str, str]:
    """Return the most that a rule outside size takes from a package, its code, and of which."""
    costs = (
        (rule.lost, rule.code, one.package.name)
        for one in all_scored
        for category in one.scored.score.categories
        if category.name is not Family.SIZE
        for rule in category.rules
    )
    return max(costs, default=(0.0, "", ""))


def grades(services: Sequence[Rescored]) -> dict[str, float]:
    """Return which part of the services gets each letter, best first."""
    number = max(1, len(services))
    return {letter: sum(one.letter == letter for one in services) / number for letter in "ABCDF"}


def broken_promises(made: Reference) -> list[str]:
    """Return what the set shows that must not be so; nothing when all is well."""
    everything = survey(made)
    services = [one for one in everything if one.package.kind is Kind.SERVICE]
    problems = []
    if cost_of_a_medium(FROM_LINES) > MOST_FOR_A_MEDIUM:
        problems.append(f"a medium finding costs more than {MOST_FOR_A_MEDIUM:g} points")
    dearest, code, name = dearest_rule(services)
    if dearest > _MOST_OF_A_RULE:
        problems.append(f"{code} takes {dearest:.1f} points from {name}")
    for letter, part in grades(services).items():
        if part > _MOST_OF_A_GRADE:
            problems.append(f"{part:.0%} of the services have the grade {letter}")
    if services and made.size_factor != size_factor([one.package for one in services]):
        problems.append("the factor of size is not that of the services")
    return problems
