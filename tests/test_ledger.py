"""The ledger adds up exactly, and the JSON alone gives the score again."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.report import LEDGER, render
from exai_audit.report.points import shared
from exai_audit.results.result import AuditResult, Scale, Target, Tool
from exai_audit.score.formula import FORMULA_VERSION, SHARES, score
from tests.findings import finding, lines, many

_COST = re.compile(r"^ +(\d+\.\d{4})  +[\d.]+ x ")
_SUM = re.compile(r"^ +(\d+\.\d{4})  sum of")


def result(
    found: list[Finding], judged: int, families: set[Family], least: Confidence
) -> AuditResult:
    scored = score(found, judged, families, least)
    target = Target((".",), "c", "exai-audit scan .", min_confidence=least)
    scale = Scale(files=1, lines=judged, judged_files=1, judged_lines=judged)
    return AuditResult(Tool("1", FORMULA_VERSION), target, scale, scored.score, scored.findings)


everything = st.sets(st.sampled_from(tuple(SHARES)), min_size=1)


def units(text: str) -> int:
    return int(text.replace(".", "").replace(",", ""))


@given(many, lines, everything, st.sampled_from(Confidence))
@settings(max_examples=50)
def test_ledger_adds_up_exactly(
    found: list[Finding], judged: int, families: set[Family], least: Confidence
) -> None:
    made = result(found, judged, families, least)
    text = render(made, LEDGER)

    costs, sums = [], []
    for line in text.splitlines():
        costs += [units(m.group(1)) for m in [_COST.match(line)] if m]
        if ended := _SUM.match(line):
            assert sum(costs) == units(ended.group(1))
            sums.append(sum(costs))
            costs = []
    taken = [units(t) for t in re.findall(r"^- +(\d+\.\d{4})  ", text, re.MULTILINE)]
    (left,) = re.findall(r"^= +(\d+\.\d{4})  shown as ", text, re.MULTILINE)
    assert [n for n in taken[:-1] if n] == [n for n in sums if n]
    assert 1_000_000 - sum(taken) == units(left)
    assert made.score.value is not None
    assert abs(units(left) / 10_000 - made.score.value) <= 0.00005 + 1e-9


@given(st.lists(st.floats(0, 50), min_size=1, max_size=50))
def test_rounded_parts_keep_their_sum(parts: list[float]) -> None:
    whole = round(math.fsum(parts) * 10_000)
    rounded = shared(whole, parts)
    assert sum(rounded) == whole
    assert all(abs(a - b * 10_000) <= 1.000001 for a, b in zip(rounded, parts, strict=True))


def recomputed(document: dict[str, Any]) -> float:
    """Return the score, worked out from the JSON report as the documentation says."""
    constants = document["score"]["constants"]
    judged = {c["name"]: c for c in document["score"]["categories"] if c["judged"]}
    largest = max(judged.values(), key=lambda category: category["points"])["name"]
    order = ["low", "medium", "high"]
    least = order.index(document["target"]["min_confidence"])
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    is_critical = False
    for found in document["findings"]:
        home = largest if found["code"] in ("EXA001", "EXA002") else found["family"]
        if home in judged and order.index(found["confidence"]) >= least:
            severity = constants["severity"][found["severity"]]
            weight = severity * constants["confidence"][found["confidence"]]
            weights[home][found["code"]] += weight
            is_critical |= found["severity"] == "critical"
    thousands = constants["judged_lines"] / 1000 + constants["smoothing"]
    value = 100.0
    for name, category in judged.items():
        size = thousands if name == "size" else math.sqrt(thousands)
        allowance = constants["factors"][name] * size
        parts = [weight / allowance for weight in weights[name].values()]
        debts = math.fsum(part / (1 + part / 2) for part in parts)
        assert category["allowance"] == pytest.approx(allowance)
        assert category["debt"] == pytest.approx(debts)
        assert {r["code"]: r["weight"] for r in category["rules"]} == pytest.approx(weights[name])
        value -= category["points"] * (1 - 2**-debts)
    return min(value, 89.9) if is_critical else value


@given(many, lines, everything, st.sampled_from(Confidence))
@settings(max_examples=50)
def test_json_alone_gives_the_score(
    found: list[Finding], judged: int, families: set[Family], least: Confidence
) -> None:
    document = json.loads(render(result(found, judged, families, least), "json"))
    assert recomputed(document) == pytest.approx(document["score"]["value"], abs=1e-9)
    cap = document["score"]["cap"]
    points = math.fsum(f["points"] for f in document["findings"]) + (cap["cost"] if cap else 0)
    assert points == pytest.approx(100 - document["score"]["value"], abs=1e-9)


@given(many, lines, everything, st.sampled_from(Confidence))
@settings(max_examples=25)
def test_markdown_shows_what_each_rule_takes_and_it_adds_up(
    found: list[Finding], judged: int, families: set[Family], least: Confidence
) -> None:
    made = result(found, judged, families, least)
    rows = re.findall(
        r"^\| EXA\d+ \| .* \| (\d+\.\d{4}) \|$", render(made, "markdown"), re.MULTILINE
    )
    cap = made.score.cap.cost if made.score.cap else 0.0
    assert made.score.value is not None
    missing = 100 - made.score.value - cap
    assert sum(map(units, rows)) / 10_000 == pytest.approx(missing, abs=0.0002)


def test_ledger_names_the_cap_and_what_holds_it() -> None:
    made = result([finding(severity=Severity.CRITICAL)], 2_000_000, set(SHARES), Confidence.MEDIUM)
    text = render(made, LEDGER)
    assert "critical findings hold the score at 89.9 or less" in text
    assert "EXA101  a.py:1:1" in text
    assert "89.9000  shown as 89.9 (B+)" in text


def test_ledger_says_what_was_not_judged() -> None:
    text = render(result([], 100, {Family.SIZE}, Confidence.MEDIUM), LEDGER)
    assert "caches: not judged" in text
    assert "size: 100.0000 points to lose, nothing lost" in text


def test_ledger_without_a_score_says_why() -> None:
    text = render(result([finding("EXA001")], 0, set(SHARES), Confidence.MEDIUM), LEDGER)
    assert text == "There is no score: no line was judged.\n"
