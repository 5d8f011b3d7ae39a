"""What must always hold for the score."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_audit.finding import Confidence, Family, Finding, Scope, Severity
from exai_audit.score.formula import CAP_LIMIT, FORMULA_VERSION, HALF, SHARES, Scored, score
from exai_audit.score.grades import GRADES, grade, in_words

FAMILIES = tuple(SHARES)
NEARLY = 1e-9
JUDGED = {"EXA101": Family.SIZE, "EXA201": Family.TIMEOUTS, "EXA301": Family.CACHES}
CODES = {
    **JUDGED,
    "EXA401": Family.CONCURRENCY,
    "EXA001": Family.AUDIT,
    "EXA003": Family.AUDIT,
}


def finding(
    code: str = "EXA101",
    severity: Severity = Severity.MEDIUM,
    confidence: Confidence = Confidence.HIGH,
) -> Finding:
    return Finding(
        code=code,
        name="a-rule",
        family=CODES[code],
        severity=severity,
        confidence=confidence,
        path="a.py",
        line=1,
        column=1,
        end_line=1,
        end_column=2,
        symbol="",
        message="",
        evidence="",
        excerpt=(),
        remedy="",
        related=(),
        measured=None,
        threshold=None,
        points=0.0,
        fingerprint=f"{code}-{severity.value}",
        scope=Scope.PRODUCTION,
    )


def value(findings: list[Finding], lines: int = 1000) -> float:
    got = score(findings, lines, FAMILIES).score.value
    assert got is not None
    return got


one = st.builds(
    finding, st.sampled_from(sorted(CODES)), st.sampled_from(Severity), st.sampled_from(Confidence)
)
many = st.lists(one, max_size=60)
lines = st.integers(1, 2_000_000)


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
    return fsum(scored.points) + (cap.cost if cap else 0.0)


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
    for index, gain in enumerate(scored.gains):
        without = value(found[:index] + found[index + 1 :], judged)
        assert abs(without - value(found, judged) - gain) < NEARLY


@given(many, lines)
def test_two_copies_differ_by_the_smoothing_term_only(found: list[Finding], judged: int) -> None:
    once, twice = score(found, judged, FAMILIES), score(found * 2, judged * 2, FAMILIES)
    for single, double in zip(once.score.categories, twice.score.categories, strict=True):
        unsmoothed = single.weight / (judged / 1000 + 1)
        assert double.density == pytest.approx(unsmoothed)
        assert single.lost <= double.lost + NEARLY
    assert value(found * 2, judged * 2) <= value(found, judged) + NEARLY


@given(st.lists(one, min_size=1, max_size=30))
def test_weight_is_shared_by_proportion(found: list[Finding]) -> None:
    scored = score([*found, found[0]], 1000, FAMILIES)
    assert scored.points[0] == pytest.approx(scored.points[-1])


def test_half_of_the_points_are_gone_at_the_half_density() -> None:
    heavy = [finding("EXA101", Severity.LOW)] * int(HALF[Family.SIZE] * 3)
    size = score(heavy, 1000, FAMILIES).score.categories[0]
    assert size.lost == pytest.approx(size.points / 2)


def test_a_critical_finding_caps_the_score_and_is_named() -> None:
    scored = score([finding(severity=Severity.CRITICAL)], 2_000_000, FAMILIES)
    assert scored.score.shown == CAP_LIMIT
    assert scored.score.grade == "B+"
    assert scored.score.cap is not None
    assert scored.score.cap.findings == ("EXA101-critical",)
    assert scored.score.cap.cost > 9


def test_unsure_findings_weigh_only_on_request() -> None:
    unsure = [finding(severity=Severity.CRITICAL, confidence=Confidence.LOW)]
    assert value(unsure) == 100
    assert score(unsure, 1000, FAMILIES).score.cap is None
    asked = score(unsure, 1000, FAMILIES, Confidence.LOW).score.value
    assert asked is not None
    assert asked < CAP_LIMIT


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
    assert scored.points == (0.0,)


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
    assert FORMULA_VERSION == 1
