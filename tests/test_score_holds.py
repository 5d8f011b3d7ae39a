"""What must always hold for the score, over many thousand random code bases.

Seeded, so that every run tries the same ones: small and large, with few findings of few rules and
with many of one, at all severities and confidences.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum

import pytest
from msgspec.structs import replace

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.results.result import Score
from exai_audit.score.former import by_formula_1
from exai_audit.score.formula import CAP_LIMIT, SHARES, Scored, score, score_without, total_score
from tests.findings import CODES, finding

CASES = 20_000
CHUNKS = 8
NEARLY = 1e-9
_FAMILIES = tuple(SHARES)
_CODES = sorted(CODES)
_SEVERITIES = tuple(Severity)
_CONFIDENCES = tuple(Confidence)


@dataclass(frozen=True, slots=True)
class Case:
    """One code base: its findings, its size, what was judged, and how sure a finding must be."""

    findings: tuple[Finding, ...]
    lines: int
    families: tuple[Family, ...]
    least: Confidence

    def scored(self) -> Scored:
        return score(self.findings, self.lines, self.families, self.least)

    def value(self, findings: Sequence[Finding] | None = None, lines: int = 0) -> float:
        got = self.total(self.findings if findings is None else findings, lines).value
        assert got is not None
        return got

    def total(self, findings: Sequence[Finding], lines: int = 0) -> Score:
        return total_score(findings, lines or self.lines, self.families, self.least)


def _finding(chance: random.Random, codes: Sequence[str]) -> Finding:
    return finding(
        chance.choice(codes),
        chance.choice(_SEVERITIES),
        chance.choice(_CONFIDENCES),
        f"{chance.randrange(4)}.py",
        chance.randrange(1, 500),
    )


def _cases(chunk: int) -> Iterator[tuple[random.Random, Case]]:
    chance = random.Random(chunk)
    for _ in range(CASES // CHUNKS):
        codes = chance.sample(_CODES, chance.randrange(1, len(_CODES) + 1))
        number = chance.choice((0, 1, 2, 3, 4, 5, 6, 8, chance.randrange(30)))
        found = tuple(_finding(chance, codes) for _ in range(number))
        families = tuple(chance.sample(_FAMILIES, chance.choice((1, 2, 3, 4, 4, 4, 4))))
        size = int(10 ** chance.uniform(0, 6.3))
        yield chance, Case(found, size, families, chance.choice(_CONFIDENCES))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_must_always_hold(chunk: int) -> None:
    for chance, case in _cases(chunk):
        made = case.scored()
        value = made.score.value
        assert value is not None
        assert 0 <= value <= 100
        assert value == 100 or made.findings
        _adds_up(made)
        _costs_and_gains(made)
        _no_finding_raises_it(chance, case, made)
        _order_does_not_matter(chance, case, made)
        assert case.value(lines=case.lines + chance.randrange(1, 100_000)) >= value - NEARLY
        before = by_formula_1(made.score)
        assert before is not None
        assert 0 <= before <= 100


def _adds_up(made: Scored) -> None:
    total = made.score
    assert total.value is not None
    cap = total.cap.cost if total.cap else 0.0
    cost = fsum(f.points for f in made.findings) + cap
    assert abs(cost - (100 - total.value)) < NEARLY
    for category in total.categories:
        assert abs(fsum(rule.lost for rule in category.rules) - category.lost) < NEARLY
        assert abs(fsum(rule.debt for rule in category.rules) - category.debt) < NEARLY
        assert abs(fsum(rule.weight for rule in category.rules) - category.weight) < NEARLY
        assert category.findings == sum(rule.findings for rule in category.rules)
        assert all(rule.debt < 2 for rule in category.rules)
    assert total.cap is None or total.value <= CAP_LIMIT


def _costs_and_gains(made: Scored) -> None:
    """No finding gains more than it costs; that of the only critical one includes the cap's."""
    cap = made.score.cap
    for one in made.findings:
        held = cap.cost if cap and one.weight and one.severity is Severity.CRITICAL else 0.0
        assert one.gain <= one.points + held + NEARLY
        assert one.code != "EXA003" or one.weight == one.points == one.gain == 0


def _no_finding_raises_it(chance: random.Random, case: Case, made: Scored) -> None:
    value = made.score.value or 0.0
    more = _finding(chance, _CODES)
    assert case.value([*case.findings, more]) <= value + NEARLY
    if not case.findings:
        return
    at = chance.randrange(len(case.findings))
    rest = [*case.findings[:at], *case.findings[at + 1 :]]
    without = case.value(rest)
    assert without >= value - NEARLY
    assert abs(score_without(made.score, [made.findings[at]]) - without) < NEARLY
    last = case.findings[at]
    worse = chance.choice(
        (
            replace(last, severity=_SEVERITIES[min(3, last.severity.rank + 1)]),
            replace(last, confidence=_CONFIDENCES[min(2, last.confidence.rank + 1)]),
        )
    )
    assert case.value([*rest, worse]) <= value + NEARLY


def _order_does_not_matter(chance: random.Random, case: Case, made: Scored) -> None:
    shuffled = list(case.findings)
    chance.shuffle(shuffled)
    assert case.total(shuffled) == made.score


def test_there_are_enough_cases() -> None:
    assert CASES // CHUNKS * CHUNKS >= 20_000


def test_two_runs_say_the_same() -> None:
    from exai_audit.report.members import members

    for _, case in list(_cases(0))[:200]:
        texts = {json.dumps(members(case.scored().score)) for _ in range(2)}
        assert len(texts) == 1
