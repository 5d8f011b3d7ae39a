"""The formula of the score, version 2.

A finding weighs severity x confidence, that of a file which cannot be read or parsed so often as it
has thirty lines. What the findings of one rule weigh is set against the
category's allowance, which grows with the judged lines, and levelled: ``x = weight / allowance``
gives a debt of ``x / (1 + x / 2)``, never more than 2. A category loses ``points * (1 - 2 **
-debts)``, shared among its rules by debt and among the findings of a rule by weight. Critical
findings hold the score at ``CAP_LIMIT``. ``docs/score.md`` says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import fsum, sqrt
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.results.result import Cap, CategoryScore, Constants, RuleScore, Score
from exai_audit.score.grades import grade
from exai_audit.score.power import negative_power_of_two
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
UNREAD_FILES = frozenset({"EXA001", "EXA002"})
"""The rules that find files which nobody could judge."""
UNREAD_LINES = 30.0
"""For each so many lines of such a file its finding weighs once: they may hold anything."""


class _Load(NamedTuple):
    """What a finding weighs, and where; ``critical`` tells that it holds the score at the cap."""

    category: Family
    code: str
    weight: float
    critical: bool


class Scored(Struct, frozen=True):
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
    loads = [_load(finding, points, min_confidence) for finding in findings]
    total = _total(findings, loads, judged_lines, points, factors)
    return Scored(total, _priced(findings, loads, total))


def total_score(
    findings: Sequence[Finding],
    judged_lines: int,
    families: Collection[Family],
    min_confidence: Confidence = Confidence.MEDIUM,
    shares: Mapping[Family, float] = SHARES,
) -> Score:
    """Return the score alone; see `score`."""
    points = _points(families, shares)
    loads = [_load(finding, points, min_confidence) for finding in findings]
    return _total(findings, loads, judged_lines, points, FACTORS)


def _total(
    findings: Sequence[Finding],
    loads: Sequence[_Load | None],
    judged_lines: int,
    points: Mapping[Family, float],
    factors: Mapping[Family, float],
) -> Score:
    rules = _weights_of_rules(loads)
    categories = tuple(
        _category(family, points.get(family), allowance(family, judged_lines, factors), rules)
        for family in SHARES
    )
    constants = _constants(judged_lines, factors)
    if judged_lines <= 0 or not points:
        return Score(None, None, categories, constants, provisional=PROVISIONAL)
    before_cap = _bounded(100 - fsum(category.lost for category in categories))
    pairs = zip(findings, loads, strict=True)
    holders = tuple(sorted(f.fingerprint for f, load in pairs if load and load.critical))
    value = min(before_cap, CAP_LIMIT) if holders else before_cap
    cap = Cap(CAP_LIMIT, before_cap - value, holders) if holders else None
    name = grade(round(value, 1))
    return Score(value, name, categories, constants, cap, provisional=PROVISIONAL)


def score_without(total: Score, repaired: Iterable[Finding]) -> float:
    """Return what a score would be without some of the findings that it was made of.

    Args:
        repaired: findings as ``Scored`` holds them, each once.

    Raises:
        ValueError: there is no score.
    """
    if total.value is None:
        raise ValueError("no score to compare with")
    return _without(total, tuple(_loads(repaired)))


def freed_without(total: Score, repaired: Iterable[Finding]) -> float:
    """Return what the categories lose less without findings, whatever the cap makes of it."""
    lost = fsum(category.lost for category in total.categories)
    return lost - fsum(_left(total, _loads(repaired)))


def _loads(repaired: Iterable[Finding]) -> Iterator[_Load]:
    for finding in repaired:
        if finding.category is not None:
            yield _Load(finding.category, finding.code, finding.weight, holds(finding))


def _without(total: Score, gone: Sequence[_Load]) -> float:
    holders = len(total.cap.findings) if total.cap else 0
    holders -= sum(load.critical for load in gone)
    before_cap = _bounded(100 - fsum(_left(total, gone)))
    return min(before_cap, CAP_LIMIT) if holders > 0 else before_cap


def _left(total: Score, gone: Iterable[_Load]) -> Iterator[float]:
    """Yield what each category still loses."""
    weights: dict[Family, dict[str, list[float]]] = {}
    for load in gone:
        weights.setdefault(load.category, {}).setdefault(load.code, []).append(load.weight)
    for category in total.categories:
        found = weights.get(category.name)
        yield category.lost if found is None else _lost_without(category, found)


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
    return 1.0 - negative_power_of_two(debts)


def _lost_without(category: CategoryScore, gone: Mapping[str, Sequence[float]]) -> float:
    debts = (
        debt(rule.weight - fsum(gone[rule.code]), category.allowance)
        if rule.code in gone
        else rule.debt
        for rule in category.rules
    )
    return category.points * lost_part(fsum(debts))


def _priced(
    findings: Sequence[Finding], loads: Sequence[_Load | None], total: Score
) -> tuple[Finding, ...]:
    """Return findings with their weight, cost and gain: equal ones of a rule have the same."""
    rules = {(c.name, rule.code): rule for c in total.categories for rule in c.rules}
    prices: dict[_Load, tuple[float, float]] = {}
    if total.value is not None:
        for load in filter(None, set(loads)):
            rule = rules[load.category, load.code]
            gain = max(0.0, _without(total, (load,)) - total.value)
            prices[load] = rule.lost * load.weight / rule.weight, gain
    return tuple(
        _with(finding, load, prices) for finding, load in zip(findings, loads, strict=True)
    )


def _with(
    finding: Finding, load: _Load | None, prices: Mapping[_Load, tuple[float, float]]
) -> Finding:
    if load is None:
        return replace(finding, weight=0.0, category=None, points=0.0, gain=0.0)
    cost, gain = prices.get(load, (0.0, 0.0))
    return replace(finding, weight=load.weight, category=load.category, points=cost, gain=gain)


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


def _load(
    finding: Finding, points: Mapping[Family, float], min_confidence: Confidence
) -> _Load | None:
    """Return what a finding weighs and where; None for one that does not."""
    home = _home(finding, points)
    if home is None or finding.confidence.rank < min_confidence.rank:
        return None
    weight = weight_of(finding.severity, finding.confidence) * _times(finding)
    return _Load(home, finding.code, weight, finding.severity is Severity.CRITICAL)


def weight_of(severity: Severity, confidence: Confidence) -> float:
    """Return what a finding weighs, if it is sure enough to weigh at all."""
    return SEVERITY_WEIGHTS[severity] * CONFIDENCE_WEIGHTS[confidence]


def _times(finding: Finding) -> float:
    """Return how often a finding weighs: that of a file nobody could judge by the file's lines."""
    lines = finding.measured if finding.code in UNREAD_FILES else None
    return max(1.0, (lines or 0.0) / UNREAD_LINES)


def _home(finding: Finding, points: Mapping[Family, float]) -> Family | None:
    """Return the category that a finding weighs in."""
    if finding.code in UNREAD_FILES:
        return max(points, key=lambda family: points[family], default=None)
    return finding.family if finding.family in points else None


def _weights_of_rules(loads: Iterable[_Load | None]) -> dict[Family, dict[str, list[float]]]:
    found: dict[Family, dict[str, list[float]]] = {family: {} for family in SHARES}
    for load in loads:
        if load is not None:
            found[load.category].setdefault(load.code, []).append(load.weight)
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
