"""The reference set's data, the constants that come from it, and its page agree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import calibrate
from docs.tables import pages, written
from exai_audit.finding import Family
from exai_audit.score.formula import CAP_LIMIT, HALF, PROVISIONAL, SHARES
from exai_audit.score.reference import ReferencePackage, reference, standing

MADE = reference()
PAGE = '"""Page."""\n\n# why\nfrom exai_audit.project.pins import X\n\nLIMIT = 300\n'


def test_the_set_is_large_and_half_of_it_waits() -> None:
    pinned = [package for package in MADE.packages if package.source == "pypi"]
    library = [package for package in MADE.packages if package.source == "stdlib"]
    assert len(pinned) >= 40
    assert len(library) >= 10
    lengths = sorted(package.judged_lines for package in MADE.packages)
    assert lengths[0] < 3000
    assert lengths[-1] > 100_000


def test_constants_are_those_of_the_data() -> None:
    assert dict(MADE.half) == HALF
    assert calibrate.half_of([package.densities for package in MADE.packages]) == HALF
    assert MADE.provisional is PROVISIONAL


def third_quartile(values: list[float]) -> float:
    """Return the value three quarters up the sorted values, between two of them by proportion."""
    ordered = sorted(values)
    at = 0.75 * (len(ordered) - 1)
    below, part = int(at), at - int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + part * (ordered[above] - ordered[below])


@pytest.mark.parametrize("family", SHARES)
def test_half_is_the_third_quartile_of_those_with_a_finding(family: Family) -> None:
    some = [p.densities[family] for p in MADE.packages if p.densities[family] > 0]
    assert HALF[family] == pytest.approx(third_quartile(some), abs=0.00006)


@pytest.mark.parametrize("package", MADE.packages, ids=lambda package: package.name)
def test_scores_follow_from_densities(package: ReferencePackage) -> None:
    kept = (points * 2 ** (-package.densities[f] / HALF[f]) for f, points in SHARES.items())
    value = math.fsum(kept)
    expected = min(value, CAP_LIMIT) if package.critical else value
    assert package.score == pytest.approx(expected, abs=0.0501)


def test_standing_counts_those_below() -> None:
    scores = sorted(package.score for package in MADE.packages)
    assert standing(100.1).better_than == len(scores)
    assert standing(scores[0]).better_than == 0
    middle = scores[len(scores) // 2]
    assert standing(middle).better_than == sum(score < middle for score in scores)


def test_pages_hold_the_tables_of_the_data() -> None:
    found = list(pages())
    assert {page.name for page in found} >= {"calibration.md", "effort.md"}
    for page in found:
        text = page.read_text(encoding="utf-8")
        assert text == written(text), f"{page.name}: run python docs/tables.py"


def test_out_of_date_says_what_differs() -> None:
    fresh = replace(MADE, rules=calibrate.rules_fingerprint())
    assert calibrate.out_of_date(fresh) == []
    first = replace(fresh.packages[0], version="0")
    stale = replace(fresh, rules="x", formula_version=0, packages=(first, *fresh.packages[1:]))
    rules, formula, pins = calibrate.out_of_date(stale)
    assert "rules have changed" in rules
    assert "formula 0" in formula
    assert first.name in pins


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(calibrate, "ROOT", tmp_path)
    rules = tmp_path / "exai_audit" / "rules"
    rules.mkdir(parents=True)
    (rules / "exa101_x.py").write_text(PAGE)
    (tmp_path / "exai_audit" / "project").mkdir()
    (tmp_path / "exai_audit" / "project" / "pins.py").write_text("X = 1\n")
    (tmp_path / "exai_audit" / "knowledge").mkdir()
    (tmp_path / "exai_audit" / "report").mkdir()
    (tmp_path / "exai_audit" / "report" / "json.py").write_text("X = 1\n")
    yield tmp_path / "exai_audit"


@pytest.mark.parametrize(
    ("path", "text", "changes"),
    [
        ("rules/exa101_x.py", PAGE.replace("Page", "Another page\n"), False),
        ("rules/exa101_x.py", PAGE.replace("300", "299"), True),
        ("rules/exa102_y.py", "", True),
        ("project/pins.py", "X = 2\n", True),
        ("knowledge/calls.toml", "x = 1\n", True),
        ("report/json.py", "X = 2\n", False),
    ],
)
def test_fingerprint_is_of_what_finds(package: Path, path: str, text: str, changes: bool) -> None:
    before = calibrate.rules_fingerprint()
    (package / path).write_text(text)
    assert (calibrate.rules_fingerprint() != before) is changes
