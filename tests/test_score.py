"""What must always hold for the score."""

from __future__ import annotations

from math import fsum, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.score.formula import (
    CAP_LIMIT,
    FACTORS,
    FORMULA_VERSION,
    PROMISED,
    SHARES,
    Scored,
    allowance,
    debt,
    score,
    score_without,
)
from exai_audit.score.grades import GRADES, grade, in_words
from exai_audit.score.power import negative_power_of_two
from tests.findings import finding, lines, many, one

FAMILIES = tuple(SHARES)
NEARLY = 1e-9


def value(findings: list[Finding], lines: int = 1000) -> float:
    got = score(findings, lines, FAMILIES).score.value
    assert got is not None
    return got


@given(many, lines)
def test_score_stays_in_range(findings: list[Finding], judged: int) -> None:
    assert 0 <= value(findings, judged) <= 100


@given(lines)
def test_no_findings_give_full_score(judged: int) -> None:
    assert value([], judged) == 100


@given(many, one, lines)
def test_another_finding_never_raises_it(found: list[Finding], more: Finding, judged: int) -> None:
    assert value([*found, more], judged) <= value(found, judged) + NEARLY


@given(many, one, lines, st.sampled_from(Severity), st.sampled_from(Confidence))
def test_graver_or_surer_never_raises_it(
    found: list[Finding], last: Finding, judged: int, severity: Severity, confidence: Confidence
) -> None:
    graver = max(last.severity, severity, key=lambda s: s.rank)
    surer = max(last.confidence, confidence, key=lambda c: c.rank)
    worse = replace(last, severity=graver, confidence=surer)
    assert value([*found, worse], judged) <= value([*found, last], judged) + NEARLY


@given(many.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_order_does_not_matter(pair: tuple[list[Finding], list[Finding]]) -> None:
    found, shuffled = pair
    assert score(found, 1000, FAMILIES).score == score(shuffled, 1000, FAMILIES).score


def _sum(scored: Scored) -> float:
    cap = scored.score.cap
    return fsum(f.points for f in scored.findings) + (cap.cost if cap else 0.0)


@given(many, lines, st.sets(st.sampled_from(FAMILIES), min_size=1), st.sampled_from(Confidence))
def test_points_sum_to_what_is_missing(
    found: list[Finding], judged: int, families: set[Family], least: Confidence
) -> None:
    scored = score(found, judged, families, least)
    assert scored.score.value is not None
    assert abs(_sum(scored) - (100 - scored.score.value)) < NEARLY


@given(many, lines)
def test_gain_is_what_scoring_without_the_finding_gives(found: list[Finding], judged: int) -> None:
    scored = score(found, judged, FAMILIES)
    for index, priced in enumerate(scored.findings):
        without = value(found[:index] + found[index + 1 :], judged)
        assert abs(without - value(found, judged) - priced.gain) < NEARLY


@given(many, lines, st.data())
def test_score_without_is_scoring_again(
    found: list[Finding], judged: int, data: st.DataObject
) -> None:
    scored = score(found, judged, FAMILIES)
    keep = data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    pairs = list(zip(scored.findings, keep, strict=True))
    again = value([one for one, kept in pairs if kept], judged)
    assert abs(score_without(scored.score, [o for o, kept in pairs if not kept]) - again) < NEARLY


@given(many, lines, st.sets(st.sampled_from(FAMILIES), min_size=1))
def test_a_broken_file_never_raises_it(
    found: list[Finding], judged: int, families: set[Family]
) -> None:
    before = score(found, judged, families).score.value
    after = score([*found, finding("EXA001")], judged, families).score.value
    assert before is not None
    assert after is not None
    assert after <= before + NEARLY


@given(many, lines, lines, lines)
def test_the_more_a_broken_file_hides_the_more_it_costs(
    found: list[Finding], judged: int, some: int, more: int
) -> None:
    def broken(hidden: int) -> float:
        return value([*found, replace(finding("EXA001"), measured=float(hidden))], judged)

    few, many_ = sorted((some, more))
    assert broken(many_) <= broken(few) + NEARLY
    assert broken(few) <= value([*found, finding("EXA001")], judged) + NEARLY


@given(st.integers(1, 300), st.integers(300, 100_000), st.sampled_from(Severity), st.booleans())
def test_breaking_a_file_of_long_functions_does_not_pay(
    hundreds: int, others: int, severity: Severity, twice: bool
) -> None:
    """A file with a finding of size of up to medium severity in each hundred lines."""
    graver = min(severity, Severity.MEDIUM, key=lambda one: one.rank)
    held = [finding("EXA102", graver, line=number) for number in range(hundreds)]
    rest = [finding("EXA102", path="b.py")] * (3 if twice else 0)
    hidden = replace(finding("EXA001"), measured=100.0 * hundreds)
    assert value([*rest, hidden], others) <= value([*rest, *held], others + 100 * hundreds) + NEARLY


@given(many, st.sets(st.sampled_from(FAMILIES)))
def test_judged_categories_share_100_points(found: list[Finding], families: set[Family]) -> None:
    categories = score(found, 1000, families).score.categories
    judged = [category for category in categories if category.judged]
    assert {category.name for category in judged} == families
    assert fsum(c.points for c in categories) == pytest.approx(100 if families else 0)
    assert all(c.points == c.lost == c.weight == 0 for c in categories if not c.judged)


@given(many, lines)
def test_only_what_weighs_costs(found: list[Finding], judged: int) -> None:
    for priced in score(found, judged, FAMILIES).findings:
        weighs = priced.code != "EXA003" and priced.confidence is not Confidence.LOW
        assert (priced.weight > 0) == (priced.points > 0) == weighs
        assert (priced.category is None) != weighs


@given(st.lists(one, min_size=1, max_size=30))
def test_weight_is_shared_by_proportion(found: list[Finding]) -> None:
    scored = score([*found, found[0]], 1000, FAMILIES)
    assert scored.findings[0].points == pytest.approx(scored.findings[-1].points)


def test_half_of_the_points_are_gone_at_a_debt_of_one() -> None:
    weight = 2 * allowance(Family.SIZE, 1000)
    assert debt(weight, allowance(Family.SIZE, 1000)) == 1
    heavy = [finding("EXA101", Severity.LOW, line=n) for n in range(int(weight))]
    size = score(heavy, 1000, FAMILIES, factors=FACTORS).score.categories[0]
    assert size.debt == pytest.approx(1, abs=0.02)
    assert size.lost == pytest.approx(size.points / 2, abs=0.5)


@pytest.mark.parametrize(
    ("judged", "family", "expected"),
    [(0, Family.SIZE, 2), (8000, Family.SIZE, 10), (14_000, Family.CACHES, 4)],
)
def test_allowances_grow_as_the_contract_says(judged: int, family: Family, expected: float) -> None:
    assert allowance(family, judged) == pytest.approx(FACTORS[family] * expected)


@pytest.mark.parametrize(
    ("judged", "medium", "high", "critical"),
    [
        (200, 4.5, 8.4, 12.7),
        (5000, 2.8, 5.8, 10.1),
        (20_000, 1.7, 3.8, 7.3),
        (100_000, 0.8, 1.9, 4.2),
    ],
)
@pytest.mark.parametrize("code", ["EXA201", "EXA405"])
def test_what_one_finding_costs(
    judged: int, medium: float, high: float, critical: float, code: str
) -> None:
    expected = {Severity.MEDIUM: medium, Severity.HIGH: high, Severity.CRITICAL: critical}
    for severity, points in expected.items():
        (alone,) = score([finding(code, severity)], judged, FAMILIES).findings
        assert alone.points == pytest.approx(points, abs=0.051)


@pytest.mark.parametrize("code", ["EXA101", "EXA201", "EXA301", "EXA405"])
def test_the_promise_holds(code: str) -> None:
    assert PROMISED == 8
    for judged in (5000, 5001, 7000, 18_000, 1_000_000):
        (alone,) = score([finding(code)], judged, FAMILIES).findings
        assert 0 < alone.points <= 3


def test_one_rule_takes_three_quarters_at_most() -> None:
    flood = [finding("EXA405", Severity.HIGH, line=n) for n in range(3000)]
    concurrency = score(flood, 200, FAMILIES).score.categories[3]
    assert 0.7 < concurrency.lost / concurrency.points <= 0.75


def test_a_critical_finding_caps_the_score_and_is_named() -> None:
    scored = score([finding(severity=Severity.CRITICAL)], 2_000_000, FAMILIES)
    assert scored.score.shown == CAP_LIMIT
    assert scored.score.grade == "B+"
    assert scored.score.cap is not None
    assert scored.score.cap.findings == ("EXA101-critical-a.py-1",)
    assert scored.score.cap.cost > 9


def test_unsure_findings_weigh_only_on_request() -> None:
    unsure = [finding(severity=Severity.CRITICAL, confidence=Confidence.LOW)]
    assert value(unsure) == 100
    assert score(unsure, 1000, FAMILIES).score.cap is None
    asked = score(unsure, 1000, FAMILIES, Confidence.LOW).score.value
    assert asked is not None
    assert asked <= CAP_LIMIT


def test_a_family_that_is_off_leaves_its_points_to_the_others() -> None:
    scored = score([finding("EXA301")], 1000, {Family.SIZE, Family.TIMEOUTS})
    by_name = {category.name: category for category in scored.score.categories}
    assert scored.score.value == 100
    assert not by_name[Family.CACHES].judged
    assert by_name[Family.SIZE].points + by_name[Family.TIMEOUTS].points == pytest.approx(100)


def test_a_broken_file_weighs_in_the_largest_judged_category() -> None:
    scored = score([finding("EXA001")], 1000, {Family.CACHES, Family.CONCURRENCY})
    by_name = {category.name: category for category in scored.score.categories}
    assert by_name[Family.CONCURRENCY].lost > 0
    assert by_name[Family.CACHES].lost == 0


def test_a_stale_suppression_weighs_nothing() -> None:
    assert value([finding("EXA003")]) == 100


@pytest.mark.parametrize(("judged", "families"), [(0, FAMILIES), (1000, ()), (0, ())])
def test_nothing_judged_is_no_score(judged: int, families: tuple[Family, ...]) -> None:
    scored = score([finding("EXA001")], judged, families)
    assert scored.score.value is None
    assert scored.score.grade is None
    assert [f.points for f in scored.findings] == [0.0]


def test_shares_are_settings() -> None:
    only_size = {**dict.fromkeys(FAMILIES, 0.0), Family.SIZE: 1.0}
    assert score([], 1000, FAMILIES, shares=only_size).score.categories[0].points == 100


@pytest.mark.parametrize(("shown", "name"), [(100, "A+"), (89.9, "B+"), (60, "D-"), (59.9, "F")])
def test_grades(shown: float, name: str) -> None:
    assert grade(shown) == name


def test_grades_are_in_order() -> None:
    assert [least for _, least in GRADES] == sorted((least for _, least in GRADES), reverse=True)


def test_grade_in_words() -> None:
    assert in_words("B+", Severity.CRITICAL) == "good, with critical issues"
    assert in_words("A", Severity.LOW) == "very good"


def test_formula_version() -> None:
    assert FORMULA_VERSION == 2


@given(st.floats(0, 100))
def test_powers_are_those_of_mathematics(exponent: float) -> None:
    assert isclose(negative_power_of_two(exponent), 2.0**-exponent, rel_tol=4e-16)
