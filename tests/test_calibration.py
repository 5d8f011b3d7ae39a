"""The reference set's data, what is measured on it, its pages, and where a score stands in it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from math import log
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from benchmarks import calibrate
from benchmarks.reference_set import Target, pins
from benchmarks.survey import (
    MOST_FOR_A_MEDIUM,
    cost_of_a_medium,
    findings_of,
    rescored,
    size_factor,
    size_loss,
    survey,
)
from docs.tables import pages, written
from exai_audit.finding import Confidence, Family, Severity
from exai_audit.score.formula import FACTORS, PROVISIONAL, weight_of
from exai_audit.score.reference import DATA, Kind, ReferencePackage, RuleFound, reference
from exai_audit.score.standing import PEERS, nearest, standing
from tests.findings import finding

MADE = reference()
SERVICES, LIBRARIES = MADE.of_kind(Kind.SERVICE), MADE.of_kind(Kind.LIBRARY)
PAGE = '"""Page."""\n\n# why\nfrom exai_audit.project.pins import X\n\nLIMIT = 300\n'


def test_the_set_is_large_and_of_many_kinds() -> None:
    assert len(SERVICES) >= 60
    lengths = sorted(service.judged_lines for service in SERVICES)
    assert lengths[0] < 5000
    assert lengths[-1] > 100_000
    assert len({service.field for service in SERVICES}) >= 6
    assert {package.source for package in LIBRARIES} == {"pypi", "stdlib"}


def test_pins_are_services_and_libraries_once_each() -> None:
    pinned = pins()
    assert len({pin.name for pin in pinned}) == len(pinned)
    assert sum(pin.kind is Kind.SERVICE for pin in pinned) >= 60
    assert all(pin.field and pin.version for pin in pinned)


def test_the_factor_of_size_is_that_of_the_services() -> None:
    assert MADE.size_factor == FACTORS[Family.SIZE] == size_factor(SERVICES)
    assert MADE.provisional is PROVISIONAL
    losses = sorted(size_loss(service, MADE.size_factor) for service in SERVICES)
    assert losses[len(losses) // 2] == pytest.approx(0.35, abs=0.03)


def test_scores_follow_from_what_was_found() -> None:
    for one in survey(MADE):
        assert one.shown == one.package.score, one.package.name


def test_the_promise_is_kept() -> None:
    assert cost_of_a_medium(5000) <= MOST_FOR_A_MEDIUM < cost_of_a_medium(4000)


def test_what_is_counted_weighs_as_what_was_found() -> None:
    found = [
        finding("EXA101", Severity.HIGH),
        finding("EXA101", Severity.LOW, Confidence.MEDIUM),
        finding("EXA101", Severity.LOW, Confidence.MEDIUM),
        finding("EXA405", Severity.CRITICAL),
        finding("EXA001"),
    ]
    counted = calibrate.counted(found)
    assert list(counted) == ["EXA001", "EXA101", "EXA405"]
    again = list(findings_of(counted))
    for before, after in zip(
        sorted(found, key=lambda f: (f.code, -f.severity.rank)), again, strict=True
    ):
        assert (before.code, before.family) == (after.code, after.family)
        assert weight_of(before.severity, before.confidence) == weight_of(
            after.severity, after.confidence
        )


def package(name: str, lines: int, score: float, kind: Kind = Kind.SERVICE) -> ReferencePackage:
    return ReferencePackage(name, "1", kind, "bots", "pypi", lines, score, {})


def test_the_factor_makes_the_median_lose_what_is_typical() -> None:
    counts = {"low": {"high": 60}}
    services = [
        replace(package(str(n), 10_000, 0), rules={"EXA101": RuleFound(Family.SIZE, counts)})
        for n in range(3)
    ]
    factor = size_factor(services)
    assert factor % 0.5 == 0
    best = abs(size_loss(services[0], factor) - 0.35)
    assert all(abs(size_loss(services[0], factor + d) - 0.35) >= best for d in (-0.5, 0.5))


def test_the_set_is_a_survey_that_goes_on(tmp_path: Path) -> None:
    archive = tmp_path / "box.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("box/__init__.py", "")
        packed.writestr(
            "box/app.py", "import time\nasync def f():\n    time.sleep(5)\n" + "\n" * 1037
        )
        packed.writestr("box/exai-audit.toml", "disable = ['EXA405']\n")
    target = Target("box", "1", Kind.SERVICE, "bots", "pypi", archive)
    (found,) = calibrate.surveyed([target], tmp_path / "cache", 1)
    assert (found.name, found.kind, found.field) == ("box", Kind.SERVICE, "bots")
    assert found.judged_lines == 1040
    assert "EXA405" in found.rules
    archive.unlink()
    assert list(calibrate.surveyed([target], tmp_path / "cache", 1)) == [found]


def test_data_survives_being_written(tmp_path: Path) -> None:
    calibrate.write(MADE, tmp_path / "made.json")
    read = msgspec.json.decode((tmp_path / "made.json").read_bytes(), type=type(MADE))
    assert read == MADE
    assert (tmp_path / "made.json").read_text().count("\n") > len(MADE.packages)


def test_the_shipped_data_is_as_it_would_be_written(tmp_path: Path) -> None:
    calibrate.write(MADE, tmp_path / "made.json")
    assert (tmp_path / "made.json").read_bytes() == DATA.read_bytes()


@pytest.mark.parametrize("lines", [1, 900, 12_000, 150_000, 5_000_000])
def test_peers_are_those_nearest_in_size(lines: int) -> None:
    peers = nearest(SERVICES, lines)
    assert len(peers) == min(PEERS, len(SERVICES))
    farthest = max(abs(log(peer.judged_lines / lines)) for peer in peers)
    others = [service for service in SERVICES if service not in peers]
    assert all(abs(log(other.judged_lines / lines)) >= farthest for other in others)


def test_standing_counts_those_below_and_says_it_in_a_sentence() -> None:
    stands = standing(79.9, 20_000)
    assert stands is not None
    peers = nearest(SERVICES, 20_000)
    assert stands.better_than == sum(peer.score < 79.9 for peer in peers)
    assert stands.libraries_below == sum(one.score < 79.9 for one in LIBRARIES)
    assert stands.sentence.startswith(
        f"79.9 (C+): better than {stands.better_than} of the {stands.peers} services nearest in"
    )
    assert f"and {stands.libraries_below} of {stands.libraries} libraries" in stands.sentence
    assert stands.sentence.endswith("lie between {:.0f} and {:.0f}".format(*stands.middle))


@pytest.mark.parametrize(("shown", "below"), [(100.1, 1), (-0.1, 0)])
def test_standing_at_both_ends(shown: float, below: int) -> None:
    stands = standing(max(0.0, shown), 20_000)
    assert stands is not None
    assert stands.better_than == below * stands.peers


def test_the_histogram_holds_everything_once() -> None:
    stands = standing(50, 20_000)
    assert stands is not None
    assert [bar.least for bar in stands.bars] == list(range(0, 100, 5))
    assert sum(bar.services for bar in stands.bars) == stands.services
    assert sum(bar.peers for bar in stands.bars) == stands.peers
    assert sum(bar.libraries for bar in stands.bars) == stands.libraries


def test_pages_hold_the_tables_of_the_data() -> None:
    found = list(pages())
    assert {page.name for page in found} >= {"calibration.md", "effort.md", "CHANGELOG.md"}
    for page in found:
        text = page.read_text(encoding="utf-8")
        assert text == written(text), f"{page.name}: run python docs/tables.py"


def test_out_of_date_says_what_differs() -> None:
    fresh = replace(MADE, rules=calibrate.rules_fingerprint())
    first = replace(fresh.packages[0], version="0")
    stale = replace(fresh, rules="x", formula_version=0, packages=(first, *fresh.packages[1:]))
    rules, formula, different = calibrate.out_of_date(stale)
    assert "rules have changed" in rules
    assert "formula 0" in formula
    assert "the pins differ from what was audited" in different


def test_scores_can_be_computed_by_another_factor() -> None:
    one = max(SERVICES, key=lambda service: service.judged_lines)
    lenient = rescored(one, {**FACTORS, Family.SIZE: 1000.0})
    assert lenient.shown > rescored(one).shown
    assert 0 <= rescored(one).former <= 100


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(calibrate, "ROOT", tmp_path)
    folder = tmp_path / "exai_audit" / "rules"
    folder.mkdir(parents=True)
    (folder / "exa101_x.py").write_text(PAGE)
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
def test_fingerprint_is_of_what_finds(rules: Path, path: str, text: str, changes: bool) -> None:
    before = calibrate.rules_fingerprint()
    (rules / path).write_text(text)
    assert (calibrate.rules_fingerprint() != before) is changes
