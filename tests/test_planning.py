"""Effort, recommendations, phases, impact and the way up."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.size import FunctionFact, LineCounts, SizeFacts
from exai_audit.finding import Confidence, Finding, Related, Severity
from exai_audit.location import Place, Span
from exai_audit.planning.effort import Sizes, efforts, hours, sizes
from exai_audit.planning.impact import impact
from exai_audit.planning.phases import WEEKS_APART, phases
from exai_audit.planning.recommend import HOURS_A_WEEK, Planned, recommend
from exai_audit.planning.remedies import (
    RemedyError,
    check_rules,
    read_table,
    remedies,
    remedy_of,
)
from exai_audit.planning.way_up import way_up
from exai_audit.results.advice import Hours, Priority, Term
from exai_audit.results.plans import Plan, PlanModule
from exai_audit.results.result import WayUp
from exai_audit.rulebook.registry import rules
from exai_audit.score.formula import SHARES, Scored, score
from exai_audit.score.grades import GRADES, grade
from tests.findings import finding, lines, many

ROW = """
[[remedy]]
kind = "bound"
rules = ["EXA301"]
title = "Bound {findings}"
noun = "cache"
risk = "low"
hazard = "h"
mitigation = "m"
work = [{ rules = ["EXA301"], driver = "finding", unit = "cache", hours = [0.5, 1.0] }]
"""


def scored(findings: list[Finding], judged: int = 1000) -> Scored:
    return score(findings, judged, tuple(SHARES))


def planned(findings: list[Finding], judged: int = 1000) -> tuple[Scored, tuple[Planned, ...]]:
    made = scored(findings, judged)
    return made, recommend(made.findings, made.score, {})


def facts(path: str, length: int, *functions: tuple[int, int]) -> FileFacts:
    found = tuple(
        FunctionFact(Place(Span(line, 1, line, 2), f"f{line}", ""), f"f{line}", size, 0, False, 1)
        for line, size in functions
    )
    return FileFacts(path, "a", LineCounts(length, 0, 0), size=SizeFacts(found))


def test_every_rule_has_one_remedy_and_work() -> None:
    check_rules(remedies(), [rule.code for rule in rules()])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("", ""), "no remedy for EXA001"),
        (('"low"', '"none"'), "none"),
        (("[0.5, 1.0]", "[1.0, 0.5]"), "cache: hours"),
        (('"finding"', '"line"'), "line"),
        (('{ rules = ["EXA301"]', '{ rules = ["EXA302"]'), "differ in EXA301, EXA302"),
        (("\n[[remedy]]", f"{ROW}\n[[remedy]]"), "EXA301 is in bound and bound"),
    ],
)
def test_a_wrong_table_is_refused(change: tuple[str, str], message: str) -> None:
    with pytest.raises(RemedyError, match=message):
        check_rules(read_table(ROW.replace(*change)), [rule.code for rule in rules()])


def test_a_rule_without_remedy_is_an_error() -> None:
    with pytest.raises(RemedyError, match="EXA999"):
        remedy_of("EXA999")


def test_effort_counts_places_once() -> None:
    sites = (Related("b.py", 3, ""), Related("b.py", 9, ""))
    found = [
        finding("EXA202", line=7, related=sites),
        finding("EXA201", line=7),
        finding("EXA201", path="b.py", line=3),
    ]
    work = {one.unit: one.units for one in efforts(found, {})}
    assert work == {"module of named limits": 1, "place to edit": 3}


def test_effort_counts_lines_of_what_is_divided() -> None:
    lengths = sizes([facts("a.py", 1467, (40, 250))])
    work = efforts([finding("EXA101"), finding("EXA102", line=40)], lengths)
    units = {one.unit: one.units for one in work}
    assert units == {
        "module to split": 1,
        "100 lines of these modules": 14.7,
        "long function": 1,
        "100 lines of these functions": 2.5,
    }
    assert hours(work) == (6.2, 12.3)


def test_effort_counts_the_excess() -> None:
    found = replace(finding("EXA102"), code="EXA103", measured=25.0, threshold=15.0)
    assert {one.unit: one.units for one in efforts([found], {})}["branch above the limit"] == 10


@given(many, lines)
def test_each_weighing_finding_is_in_one_recommendation(found: list[Finding], judged: int) -> None:
    made, plan = planned(found, judged)
    listed = sorted(print_ for one in plan for print_ in one.item.findings)
    weighing = [f for f in made.findings if f.weight > 0 or f.code == "EXA003"]
    assert listed == sorted(f.fingerprint for f in weighing)
    cap = made.score.cap.cost if made.score.cap else 0
    lost = 100 - (made.score.value or 0)
    assert fsum(one.item.points for one in plan) + cap == pytest.approx(lost)


@given(many, lines)
def test_gain_of_a_recommendation_is_rescored(found: list[Finding], judged: int) -> None:
    made, plan = planned(found, judged)
    for one in plan:
        rest = [f for f in made.findings if f not in one.findings]
        after = scored(rest, judged).score.value or 0
        assert one.item.gain == pytest.approx(after - (made.score.value or 0), abs=1e-9)


@given(many)
def test_recommendations_are_in_order_of_term(found: list[Finding]) -> None:
    _, plan = planned(found)
    order = [list(Term).index(one.item.term) for one in plan]
    assert order == sorted(order)
    assert all(one.item.hours[0] <= one.item.hours[1] for one in plan)


@given(st.permutations([finding(line=n, path=f"{n % 3}.py") for n in range(9)]))
def test_order_of_findings_does_not_matter(found: list[Finding]) -> None:
    in_order = sorted(found, key=lambda f: f.line)
    assert [p.item for p in planned(found)[1]] == [p.item for p in planned(in_order)[1]]


def test_priority_follows_severity_and_points_an_hour() -> None:
    quick = finding("EXA301", Severity.MEDIUM)
    (one,) = planned([quick], 1000)[1]
    assert (one.item.priority, one.item.term) == (Priority.P1, Term.IMMEDIATE)
    (one,) = planned([quick], 300_000)[1]
    assert (one.item.priority, one.item.term) == (Priority.P2, Term.SHORT)
    (one,) = planned([quick], 2_000_000)[1]
    assert (one.item.priority, one.item.term) == (Priority.P2, Term.LONG)


def test_critical_is_at_once_and_stale_suppressions_are_last() -> None:
    found = [finding("EXA003", Severity.LOW), finding("EXA405", Severity.CRITICAL)]
    first, last = planned(found, 1_000_000)[1]
    assert (first.item.priority, first.item.term) == (Priority.P0, Term.IMMEDIATE)
    assert (last.item.priority, last.item.gain) == (Priority.P3, 0)


def test_what_is_too_unsure_to_weigh_is_not_recommended() -> None:
    assert planned([finding(confidence=Confidence.LOW)])[1] == ()


def test_the_gravest_files_stand_alone_and_the_rest_together() -> None:
    grave = [finding("EXA101", Severity.HIGH, path=f"high_{n}.py") for n in range(10)]
    mild = [finding("EXA101", Severity.LOW, path=f"low_{n}.py") for n in range(10)]
    titles = [one.item.title for one in planned([*grave, *mild])[1]]
    assert "Split high_7.py (0 lines)" in titles
    assert "Split 2 oversized modules or classes of high severity in 2 files" in titles
    assert titles[-1] == "Split 10 oversized modules or classes of low severity in 10 files"
    assert len(titles) == 10


def test_the_functions_of_a_grave_module_go_with_it() -> None:
    found = [finding("EXA101", Severity.HIGH), finding("EXA102", Severity.LOW, line=9)]
    (one,) = planned(found)[1]
    assert one.item.title == "Split a.py (0 lines) and divide function  of it"
    assert len(one.item.findings) == 2


def test_phases_hold_all_hours_and_end_at_what_is_left() -> None:
    found = [finding("EXA301", line=n) for n in range(1, 400)]
    made, plan = planned(found, 100_000)
    weeks = phases(plan, made.score)
    assert len(weeks) == WEEKS_APART + 1
    spent = [fsum(phase.hours) / 2 for phase in weeks]
    assert all(hours == pytest.approx(HOURS_A_WEEK, abs=0.1) for hours in spent[:-1])
    assert fsum(spent) == pytest.approx(fsum(plan[0].item.hours) / 2, abs=0.5)
    assert weeks[-1].last_week - weeks[-1].first_week + 1 == pytest.approx(
        spent[-1] / HOURS_A_WEEK, abs=1
    )
    assert weeks[-1].items[-1].done == 399
    assert weeks[-1].score == 100
    assert weeks[-1].grade == "A+"


@given(many, lines)
@settings(max_examples=30)
def test_scores_of_phases_rise_and_are_rescored(found: list[Finding], judged: int) -> None:
    made, plan = planned(found, judged)
    weeks = phases(plan, made.score)
    done = dict.fromkeys(range(1, len(plan) + 1), 0)
    before = made.score.value or 0
    for phase in weeks:
        done.update({item.recommendation: item.done for item in phase.items})
        gone = [f for n, one in enumerate(plan, 1) for f in one.findings[: done[n]]]
        rest = [f for f in made.findings if f not in gone]
        assert phase.score is not None
        assert phase.score == pytest.approx(scored(rest, judged).score.value)
        assert phase.score >= before - 1e-9
        before = phase.score
    assert all(number == len(plan[n - 1].findings) for n, number in done.items())


def _least(name: str) -> float:
    return dict(GRADES)[name]


def _way(
    found: list[Finding], judged: int = 1000, lengths: Sizes | None = None
) -> tuple[Scored, WayUp | None]:
    made = scored(found, judged)
    plan = recommend(made.findings, made.score, lengths or {})
    return made, way_up(made.score, plan, lengths or {})


def _target(shown: float) -> str | None:
    """Return the next grade that is at least three points away."""
    far = [name for name, least in GRADES if least >= shown + 3]
    return far[-1] if far else None


@given(many, lines)
def test_the_way_up_reaches_the_next_grade_worth_the_way(found: list[Finding], judged: int) -> None:
    made, way = _way(found, judged)
    assert made.score.shown is not None
    wanted = _target(made.score.shown)
    if wanted is None:
        assert way is None
        return
    assert way is not None
    assert way.grade == wanted
    rest = [f for f in made.findings if f.fingerprint not in way.findings]
    after = scored(rest, judged).score
    assert after.value == pytest.approx(way.score_after, abs=1e-9)
    assert after.shown is not None
    assert after.shown >= _least(way.grade)


@given(many, lines)
def test_steps_of_the_way_up_are_recommendations(found: list[Finding], judged: int) -> None:
    made, way = _way(found, judged)
    if way is None:
        return
    plan = recommend(made.findings, made.score, {})
    gained = fsum(step.gain for step in way.steps)
    assert gained == pytest.approx(way.score_after - (made.score.value or 0), abs=1e-9)
    assert [print_ for step in way.steps for print_ in step.findings] == list(way.findings)
    assert sum(not step.whole for step in way.steps) <= 1
    for step in way.steps:
        row = plan[step.recommendation - 1]
        assert step.title == row.item.title
        assert set(step.findings) <= set(row.item.findings)
        assert step.whole is (len(step.findings) == len(row.findings))
        assert step.units > 0


@given(many, lines)
def test_no_step_of_the_way_up_is_needless(found: list[Finding], judged: int) -> None:
    made, way = _way(found, judged)
    for spared in way.steps if way else ():
        kept = set(way.findings if way else ()) - set(spared.findings)
        rest = [f for f in made.findings if f.fingerprint not in kept]
        shown = scored(rest, judged).score.shown
        assert shown is not None
        assert shown < _least(way.grade if way else "")


def test_the_way_up_prefers_points_an_hour() -> None:
    dear = [finding("EXA101", path=f"{n}.py") for n in range(30)]
    cheap = [finding("EXA301", path=f"{n}.py") for n in range(9)]
    lengths = {("module", f"{n}.py", 1): 5000 for n in range(30)}
    _, way = _way([*dear, *cheap], 10_000, lengths)
    assert way is not None
    assert way.findings[0].startswith("EXA301")


def test_hours_that_count_places_say_places() -> None:
    _, way = _way([finding("EXA201", line=n) for n in range(1, 12)])
    assert way is not None
    (step,) = way.steps
    assert step.unit == "place"
    assert step.units == len(step.findings)


def test_of_the_row_that_crosses_the_line_only_what_is_needed() -> None:
    _, way = _way([finding("EXA405", line=n) for n in range(1, 40)], 10_000)
    assert way is not None
    (step,) = way.steps
    assert not step.whole
    assert step.unit == "finding"
    assert 1 < step.units < 39


def test_a_project_wide_finding_goes_with_its_sites() -> None:
    sites = [finding("EXA201", Severity.LOW, line=n) for n in range(1, 4)]
    related = tuple(Related("a.py", n, "") for n in range(2, 4))
    wide = finding("EXA202", Severity.HIGH, line=1, related=related)
    _, way = _way([wide, *sites], 2000)
    assert way is not None
    assert wide.fingerprint in way.findings
    assert {site.fingerprint for site in sites} < set(way.findings)


def test_a_way_is_worth_three_points() -> None:
    for judged in range(500, 40_000, 500):
        made, way = _way([finding("EXA405", line=n) for n in range(1, 4)], judged)
        if way is not None:
            assert dict(GRADES)[way.grade] >= (made.score.shown or 0) + 3


def test_there_is_no_way_up_without_a_score() -> None:
    made = scored([finding("EXA001")], 0)
    plan = recommend(made.findings, made.score, {})
    assert way_up(made.score, plan, {}) is None
    assert [phase.score for phase in phases(plan, made.score)] == [None]
    assert impact(plan, made.score, (), ()) != ()


def test_impact_counts_in_the_code() -> None:
    found = [
        replace(finding("EXA101", Severity.HIGH), measured=1467.0, threshold=300.0),
        replace(finding("EXA102", line=5), measured=200.0, threshold=80.0),
        *(finding("EXA201", Severity.LOW, path=p, line=n) for p in "xy" for n in (1, 2)),
        finding("EXA301"),
    ]
    made, plan = planned(found, 10_000)
    module = PlanModule("server", 296, "", (), ())
    split = Plan("a.py", 1467, 0.5, (module,), "", (), ())
    figures = impact(plan, made.score, [facts("a.py", 1467), facts("b.py", 200)], [split])
    by_name = {one.name: (one.before, one.after) for one in figures}
    assert by_name["literal-limits"] == (4, 0)
    assert by_name["limit-files"] == (2, 1)
    assert by_name["longest-module"] == (1467, 296)
    assert by_name["oversized-modules"] == (1, 0)
    assert by_name["a-rule"] == (200, 80)
    assert by_name["bound-caches"] == (1, 0)
    assert by_name["score"] == (made.score.value, 100)


def test_grades_of_phases_are_those_of_the_shown_score() -> None:
    made, plan = planned([finding("EXA101", Severity.HIGH, path=f"{n}.py") for n in range(40)])
    for phase in phases(plan, made.score):
        assert phase.score is not None
        assert phase.grade == grade(round(phase.score, 1))


def test_hours_are_ranges() -> None:
    low: Hours = remedy_of("EXA301").work[0].hours
    assert low[0] < low[1]


def test_a_critical_project_wide_finding_is_on_the_way_above_the_cap() -> None:
    wide = finding("EXA202", Severity.CRITICAL)
    _, way = _way([wide, finding("EXA301", Severity.LOW)], 100_000)
    assert way is not None
    assert wide.fingerprint in way.findings
    assert way.score_after > 90


def test_much_for_an_hour_stands_before_little_for_many() -> None:
    long = finding("EXA101", Severity.CRITICAL, path="long.py")
    quick = [finding("EXA405", Severity.HIGH, path=f"{n}.py") for n in range(20)]
    lengths = {("module", "long.py", 1): 4000}
    made = scored([long, *quick], 5000)
    first, *_ = recommend(made.findings, made.score, lengths)
    assert first.item.kind == "unblock-coroutines"


def test_what_can_hang_is_lifted_and_what_is_long_is_not() -> None:
    hang = finding("EXA205", Severity.HIGH)
    split = finding("EXA101", Severity.CRITICAL, path="long.py")
    made = scored([hang, *[split] * 3], 300_000)
    lengths = {("module", "long.py", 1): 20_000}
    first, last = recommend(made.findings, made.score, lengths)
    assert (first.item.kind, first.item.term) == ("add-timeouts", Term.IMMEDIATE)
    assert last.item.term is Term.LONG


def test_under_the_cap_what_frees_most_an_hour_comes_first() -> None:
    critical = [finding("EXA101", Severity.CRITICAL, path=f"{n}.py") for n in range(2)]
    quick = finding("EXA301", path="quick.py")
    made = scored([*critical, quick], 300_000)
    lengths = {("module", f"{n}.py", 1): 2000 for n in range(2)}
    first, *_ = recommend(made.findings, made.score, lengths)
    assert made.score.value == 89.9
    assert (first.item.kind, first.item.gain) == ("bound-caches", 0.0)


def test_of_nearly_equals_what_can_hang_comes_first() -> None:
    hang = [finding("EXA205", path=f"{n}.py") for n in range(90)]
    tidy = [finding("EXA201", Severity.LOW, path=f"{n}.py", line=n + 9) for n in range(30)]
    made = scored([*tidy, *hang], 28_000)
    first, second = recommend(made.findings, made.score, {})
    assert (first.item.kind, second.item.kind) == ("add-timeouts", "central-timeouts")
    rates = [one.item.gain / fsum(one.item.hours) for one in (first, second)]
    assert rates[0] < 2 * rates[1]
