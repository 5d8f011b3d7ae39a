"""The formula of the score, version 2.

A finding weighs severity x confidence. What the findings of one rule weigh is set against the
category's allowance, which grows with the judged lines, and levelled: ``x = weight / allowance``
gives a debt of ``x / (1 + x / 2)``, never more than 2. A category loses ``points * (1 - 2 **
-debts)``, shared among its rules by debt and among the findings of a rule by weight. Critical
findings hold the score at ``CAP_LIMIT``. ``docs/score.md`` says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, pow, sqrt

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.results.result import Cap, CategoryScore, Constants, RuleScore, Score
from exai_audit.score.grades import grade
from exai_audit.score.reference import reference

FORMULA_VERSION = 2
CAP_LIMIT = 89.9
SMOOTHING = 2.0
PROMISED = 8.0
"""The factor of what waits: with it a medium finding alone costs at most 3 points from 5,000 lines
on."""
SHARES: Mapping[Family, float] = {
    Family.SIZE: 30.0,
    Family.TIMEOUTS: 25.0,
    Family.CACHES: 20.0,
    Family.CONCURRENCY: 25.0,
}
PROVISIONAL = reference().provisional
"""Whether the calibration has to be run again before anybody relies on it."""
FACTORS: Mapping[Family, float] = {
    Family.SIZE: reference().size_factor,
    Family.TIMEOUTS: PROMISED,
    Family.CACHES: PROMISED,
    Family.CONCURRENCY: PROMISED,
}
"""The factors of the allowances: that of size is measured on the reference set."""
SEVERITY_WEIGHTS: Mapping[Severity, float] = {
    Severity.LOW: 1.0,
    Severity.MEDIUM: 4.0,
    Severity.HIGH: 10.0,
    Severity.CRITICAL: 25.0,
}
CONFIDENCE_WEIGHTS: Mapping[Confidence, float] = {
    Confidence.HIGH: 1.0,
    Confidence.MEDIUM: 0.6,
    Confidence.LOW: 0.3,
}
_FAILED_FILES = frozenset({"EXA001", "EXA002"})


@dataclass(frozen=True, slots=True)
class Scored:
    """The score, and the findings, in the order given, with what they weigh, cost and gain.

    All ``points`` and the cap's cost sum to 100 minus the score. Gains come from scoring again
    without that one finding. Both are 0 throughout when there is no score.
    """

    score: Score
    findings: tuple[Finding, ...]


def score(
    findings: Sequence[Finding],
    judged_lines: int,
    families: Collection[Family],
    min_confidence: Confidence = Confidence.MEDIUM,
    shares: Mapping[Family, float] = SHARES,
    factors: Mapping[Family, float] = FACTORS,
) -> Scored:
    """Score the findings of the judged scopes.

    Args:
        findings: all that count, suppressed ones left out; scope and display filters are not
            looked at here.
        judged_lines: physical lines of the judged files.
        families: those that were judged; the points of the others go to these.
        min_confidence: findings less sure than this weigh nothing.
        shares: the points of each category, in any scale.
        factors: what the allowance of each category is multiplied by.
    """
    points = _points(families, shares)
    weighed = [_weighed(finding, points, min_confidence) for finding in findings]
    rules = _weights_of_rules(weighed)
    categories = tuple(
        _category(family, points.get(family), allowance(family, judged_lines, factors), rules)
        for family in SHARES
    )
    constants = _constants(judged_lines, factors)
    if judged_lines <= 0 or not points:
        none = Score(None, None, categories, constants, provisional=PROVISIONAL)
        return Scored(none, tuple(weighed))
    before_cap = _bounded(100 - fsum(category.lost for category in categories))
    holders = tuple(sorted(finding.fingerprint for finding in weighed if holds(finding)))
    value = min(before_cap, CAP_LIMIT) if holders else before_cap
    cap = Cap(CAP_LIMIT, before_cap - value, holders) if holders else None
    name = grade(round(value, 1))
    total = Score(value, name, categories, constants, cap, provisional=PROVISIONAL)
    return Scored(total, tuple(_priced(weighed, total)))


def score_without(total: Score, repaired: Iterable[Finding]) -> float:
    """Return what a score would be without some of the findings that it was made of.

    Args:
        repaired: findings as ``Scored`` holds them, each once.

    Raises:
        ValueError: there is no score.
    """
    if total.value is None:
        raise ValueError("no score to compare with")
    gone: dict[Family, dict[str, list[float]]] = {}
    holders = len(total.cap.findings) if total.cap else 0
    for finding in repaired:
        if finding.category is not None:
            gone.setdefault(finding.category, {}).setdefault(finding.code, []).append(
                finding.weight
            )
            holders -= holds(finding)
    left = [
        _lost_without(category, gone[category.name]) if category.name in gone else category.lost
        for category in total.categories
    ]
    before_cap = _bounded(100 - fsum(left))
    return min(before_cap, CAP_LIMIT) if holders > 0 else before_cap


def holds(finding: Finding) -> bool:
    """Tell whether a finding, as ``Scored`` holds it, holds the score at the cap."""
    return finding.weight > 0 and finding.severity is Severity.CRITICAL


def allowance(
    family: Family, judged_lines: int, factors: Mapping[Family, float] = FACTORS
) -> float:
    """Return what a category may weigh at so many lines for a debt that is worth half of it."""
    thousands = max(0, judged_lines) / 1000 + SMOOTHING
    return factors[family] * (thousands if family is Family.SIZE else sqrt(thousands))


def debt(weight: float, allowed: float) -> float:
    """Return the levelled debt of one rule, from 0 to 2."""
    part = max(0.0, weight) / allowed
    return part / (1 + part / 2)


def lost_part(debts: float) -> float:
    """Return what part of its points a category loses, given the debts of its rules in all."""
    return 1.0 - pow(2.0, -debts)


def _lost_without(category: CategoryScore, gone: Mapping[str, Sequence[float]]) -> float:
    debts = (
        debt(rule.weight - fsum(gone[rule.code]), category.allowance)
        if rule.code in gone
        else rule.debt
        for rule in category.rules
    )
    return category.points * lost_part(fsum(debts))


def _priced(weighed: Iterable[Finding], total: Score) -> Iterator[Finding]:
    """Yield findings with their cost and gain: the same for those of a rule that weigh the same."""
    rules = {(c.name, rule.code): rule for c in total.categories for rule in c.rules}
    known: dict[tuple[object, ...], tuple[float, float]] = {}
    for finding in weighed:
        if finding.category is None:
            yield finding
            continue
        alike = finding.category, finding.code, finding.weight, finding.severity
        if alike not in known:
            rule = rules[finding.category, finding.code]
            gain = max(0.0, score_without(total, (finding,)) - (total.value or 0.0))
            known[alike] = rule.lost * finding.weight / rule.weight, gain
        points, gain = known[alike]
        yield replace(finding, points=points, gain=gain)


def _constants(judged_lines: int, factors: Mapping[Family, float]) -> Constants:
    return Constants(
        judged_lines,
        SMOOTHING,
        {family.value: factors[family] for family in SHARES},
        {severity.value: weight for severity, weight in SEVERITY_WEIGHTS.items()},
        {confidence.value: weight for confidence, weight in CONFIDENCE_WEIGHTS.items()},
    )


def _points(families: Collection[Family], shares: Mapping[Family, float]) -> dict[Family, float]:
    """Return the points of the judged categories, rescaled to 100; empty when none has any."""
    judged = {family: shares[family] for family in SHARES if family in families}
    total = fsum(judged.values())
    return {family: 100 * share / total for family, share in judged.items()} if total > 0 else {}


def _weighed(
    finding: Finding, points: Mapping[Family, float], min_confidence: Confidence
) -> Finding:
    """Return a finding with its weight and its category, and no cost yet."""
    home = _home(finding, points)
    sure = finding.confidence.rank >= min_confidence.rank
    weight = weight_of(finding.severity, finding.confidence) if home and sure else 0.0
    return replace(finding, weight=weight, category=home if weight else None, points=0.0, gain=0.0)


def weight_of(severity: Severity, confidence: Confidence) -> float:
    """Return what a finding weighs, if it is sure enough to weigh at all."""
    return SEVERITY_WEIGHTS[severity] * CONFIDENCE_WEIGHTS[confidence]


def _home(finding: Finding, points: Mapping[Family, float]) -> Family | None:
    """Return the category that a finding weighs in."""
    if finding.code in _FAILED_FILES:
        return max(points, key=lambda family: points[family], default=None)
    return finding.family if finding.family in points else None


def _weights_of_rules(weighed: Iterable[Finding]) -> dict[Family, dict[str, list[float]]]:
    found: dict[Family, dict[str, list[float]]] = {family: {} for family in SHARES}
    for finding in weighed:
        if finding.category is not None:
            found[finding.category].setdefault(finding.code, []).append(finding.weight)
    return found


def _category(
    family: Family,
    points: float | None,
    allowed: float,
    weights: Mapping[Family, Mapping[str, Sequence[float]]],
) -> CategoryScore:
    own = {code: fsum(each) for code, each in sorted(weights[family].items())}
    debts = {code: debt(weight, allowed) for code, weight in own.items()}
    whole, total = fsum(debts.values()), points or 0.0
    lost = total * lost_part(whole)
    rules = tuple(
        RuleScore(code, len(weights[family][code]), weight, debts[code], lost * debts[code] / whole)
        for code, weight in own.items()
    )
    return CategoryScore(
        name=family,
        judged=points is not None,
        points=total,
        lost=lost,
        weight=fsum(own.values()),
        allowance=allowed,
        debt=whole,
        findings=sum(rule.findings for rule in rules),
        rules=tuple(sorted(rules, key=lambda rule: (-rule.lost, rule.code))),
    )


def _bounded(value: float) -> float:
    return min(100.0, max(0.0, value))
