"""The score on the command line: what changes it, what does not, and how it is explained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from exai_audit.cli import run

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
CACHE = "from functools import cache\n\n\n@cache\ndef double(number):\n    return number * 2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "memory.py").write_text(CACHE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scored(project: Path, *options: str) -> dict[str, Any]:
    assert run(["scan", ".", "--no-cache", "-f", "json=out.json", *options]) == 0
    document: dict[str, Any] = json.loads((project / "out.json").read_text())
    score: dict[str, Any] = document["score"]
    return score


@pytest.mark.parametrize(
    "options", [("--top", "1"), ("--show-only=sleeper.py",), ("--facts",), ("-q",), ("--ascii",)]
)
def test_display_options_do_not_change_it(project: Path, options: tuple[str, ...]) -> None:
    assert scored(project, *options) == scored(project)


def test_a_family_that_is_off_is_not_judged_and_its_points_go_to_the_others(project: Path) -> None:
    by_name = {c["name"]: c for c in scored(project, "--ignore", "EXA4")["categories"]}
    assert by_name["concurrency"]["judged"] is False
    points = [by_name[name]["points"] for name in ("size", "timeouts", "caches")]
    assert points == pytest.approx([40, 100 / 3, 80 / 3])


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_reports_say_what_was_not_judged(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", ".", "--no-cache", "--ignore", "EXA4", "-f", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("concurrency" in line and "not judged" in line for line in lines)


def test_points_of_categories_come_from_the_settings(project: Path) -> None:
    before = scored(project)
    text = "[tool.exai-audit]\ncategory-points = { concurrency = 0 }\n"
    (project / "pyproject.toml").write_text(text)
    after = scored(project)
    by_name = {c["name"]: c for c in after["categories"]}
    assert by_name["concurrency"]["points"] == by_name["concurrency"]["lost"] == 0
    assert by_name["size"]["points"] == pytest.approx(40)
    assert after["value"] > before["value"]


@pytest.mark.parametrize(
    "options",
    [
        ("--select", "EXA1"),
        ("--min-confidence", "low"),
        ("--scope", "production", "--scope", "tests"),
    ],
)
def test_the_reference_set_is_no_measure_for_other_rules(
    project: Path, options: tuple[str, ...]
) -> None:
    assert scored(project)["standing"]["services"] >= 60
    assert scored(project, *options)["standing"] is None


def test_explain_score_prints_the_ledger(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = scored(project)["value"]
    capsys.readouterr()
    assert run(["scan", ".", "--no-cache", "--explain-score"]) == 0
    out = capsys.readouterr().out
    assert "EXA405  sleeper.py:5:5  (high, high confidence)" in out
    (left,) = re.findall(r"^= +([\d.]+)  shown as", out, re.MULTILINE)
    assert float(left) == pytest.approx(value, abs=0.00005)


def test_the_ledger_is_of_all_findings_whatever_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", ".", "--no-cache", "--explain-score", "--show-only", "memory.py"]) == 0
    assert "EXA405" in capsys.readouterr().out


def test_the_ledger_goes_beside_reports_in_files(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["scan", ".", "--no-cache", "--explain-score", "-f", "json=a.json"]
    assert run([*arguments, "-f", "terminal=ledger.txt"]) == 0
    assert (project / "ledger.txt").read_text().startswith("Score formula 2")
    assert json.loads((project / "a.json").read_text())["score"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.startswith("Score formula 2")


def test_two_reports_cannot_share_the_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", ".", "--no-cache", "--explain-score", "-f", "json"]) == 2
    assert "-f json=FILE" in capsys.readouterr().err


def test_the_command_that_is_given_repeats_the_audit(project: Path) -> None:
    options = ("--min-confidence", "low", "--ignore", "EXA1", "--jobs", "1", "--top", "3")
    scored(project, *options)
    target = json.loads((project / "out.json").read_text())["target"]
    assert target["command"] == "exai-audit scan --ignore EXA1 --min-confidence low ."
    again = target["command"].split()[1:]
    assert run([*again, "--no-cache", "-f", "json=again.json"]) == 0
    assert (project / "again.json").read_bytes() == (project / "out.json").read_bytes()


def test_the_gate_tells_what_formula_1_would_say(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored(project, "--fail-under", "20")
    line = capsys.readouterr().err
    assert re.search(r"PASSED: score [\d.]+ \(.*\) >= 20; formula 1 would say [\d.]+$", line, re.M)


def test_a_gate_on_no_score_says_why(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", ".", "--no-cache", "--select", "EXA0", "--fail-under", "50"]) == 2
    assert "no category is selected" in capsys.readouterr().err
