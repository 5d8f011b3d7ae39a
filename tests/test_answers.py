"""Answers that fit: findings as lines of JSON, parts of a result, one finding looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.finding import Finding, Severity
from exai_audit.report import jsonl
from exai_audit.results.selection import Selection, costliest, selected, selection
from tests.findings import finding, many
from tests.scratch import Ended, git, run
from tests.test_cli import CLEAN, SLEEPER
from tests.test_stored import result

WAITER = "import requests\n\n\ndef ask():\n    return requests.get('https://a.example/x')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    for folder, text in (("api", SLEEPER), ("jobs", WAITER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "work.py").write_text(text)
    run(tmp_path, "scan", "-f", "json=audit.json", "-q")
    return tmp_path


def lines(done: Ended) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def codes(done: Ended) -> list[object]:
    return [line["code"] for line in lines(done)]


def fingerprint_of(project: Path, code: str) -> str:
    found = run(project, "scan", "-f", "jsonl", "--select", code)
    return str(lines(found)[0]["fingerprint"])


def test_a_line_holds_what_is_worth_telling(project: Path) -> None:
    (line,) = lines(run(project, "scan", "api", "-f", "jsonl", "--select", "EXA405"))
    assert line == {
        "code": "EXA405",
        "severity": "high",
        "place": "api/work.py:5:5",
        "message": "time.sleep blocks the event loop of the coroutine wait",
        "remedy": "Write await asyncio.sleep(...) instead.",
        "points": line["points"],
        "fingerprint": line["fingerprint"],
    }


def test_a_hostile_name_stays_inside_its_line() -> None:
    evil = finding(path='a\n{"code": "EXA000"}\u2028.py')
    text = jsonl.render(result(evil))
    assert text.count("\n") == 1
    assert text.isascii()
    assert json.loads(text)["place"] == f"{evil.path}:1:1"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["EXA405", "EXA205"]),
        (("--select", "EXA2"), ["EXA205"]),
        (("--select", "blocking-call-in-async,EXA205"), ["EXA405", "EXA205"]),
        (("--path", "jobs"), ["EXA205"]),
        (("--path", "*/work.py", "--severity", "high"), ["EXA405"]),
        (("--severity", "critical"), []),
        (("--min-points", "99"), []),
    ],
)
def test_a_stored_result_is_shown_in_parts(
    project: Path, options: tuple[str, ...], expected: list[str]
) -> None:
    assert codes(run(project, "report", "audit.json", "-f", "jsonl", *options)) == expected


def test_a_part_keeps_the_score_of_the_whole(project: Path) -> None:
    part = json.loads(run(project, "report", "audit.json", "-f", "json", "--path", "jobs").stdout)
    whole = json.loads((project / "audit.json").read_text())
    assert part["score"] == whole["score"]
    assert [f["code"] for f in part["findings"]] == ["EXA205"]


def test_findings_are_found_by_their_fingerprint(project: Path) -> None:
    wanted = fingerprint_of(project, "EXA205")
    for text in (wanted, wanted[:8], wanted.upper()):
        done = run(project, "report", "audit.json", "-f", "jsonl", "--fingerprint", text)
        assert codes(done) == ["EXA205"]


def test_top_lists_the_costliest(project: Path) -> None:
    every = lines(run(project, "scan", "-f", "jsonl"))
    (top,) = lines(run(project, "scan", "-f", "jsonl", "--top", "1"))
    assert top == max(every, key=lambda line: float(str(line["points"])))
    assert lines(run(project, "scan", "-f", "jsonl", "--top", "0")) == every


@pytest.mark.parametrize(
    "options", [("--select", "EXA999"), ("--fingerprint", "xyz"), ("--path", "[z-a]")]
)
def test_what_can_match_nothing_is_refused(project: Path, options: tuple[str, ...]) -> None:
    done = run(project, "report", "audit.json", *options)
    assert done.returncode == 2
    assert repr(options[1]) in done.stderr


def test_the_repair_of_one_finding_is_seen(project: Path) -> None:
    wanted = fingerprint_of(project, "EXA405")
    before = run(project, "scan", "--only", wanted)
    assert before.returncode == 1
    assert before.stdout.startswith("api/work.py:5:5: EXA405")
    assert f"FAILED: EXA405 blocking-call-in-async at api/work.py:5 is still there ({wanted})" in (
        before.stderr
    )
    assert run(project, "scan", "--only", wanted, "--exit-zero").returncode == 0
    (project / "api" / "work.py").write_text(CLEAN)
    after = run(project, "scan", "--only", wanted)
    assert (after.returncode, after.stdout) == (0, "")
    assert after.stderr == f"PASSED: no finding has the fingerprint {wanted}\n"


def test_one_finding_of_several_is_enough_to_fail(project: Path) -> None:
    wanted = fingerprint_of(project, "EXA405")
    done = run(project, "scan", "--only", "0" * 16, "--only", wanted)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["PASSED", "FAILED"]


def test_a_suppressed_finding_is_not_called_repaired(project: Path) -> None:
    wanted = fingerprint_of(project, "EXA405")
    source = project / "api" / "work.py"
    silenced = "time.sleep(1)  # exai: ignore[EXA405] -- start only"
    source.write_text(source.read_text().replace("time.sleep(1)", silenced))
    done = run(project, "scan", "--only", wanted)
    assert done.returncode == 0
    assert "is suppressed: start only" in done.stderr


def test_no_fingerprint_is_an_error(project: Path) -> None:
    done = run(project, "scan", "--only", "EXA405")
    assert done.returncode == 2
    assert "6 to 16 hexadecimal digits" in done.stderr


@given(many, st.sampled_from(Severity), st.floats(0, 3))
def test_a_selection_is_what_its_words_say(
    findings: list[Finding], severity: Severity, least: float
) -> None:
    wanted = selection(["EXA2"], ["b"], severity, least)
    shown = selected(result(*findings), wanted).findings
    assert shown == tuple(
        one
        for one in findings
        if one.code.startswith("EXA2")
        and one.path.startswith("b/")
        and one.severity.rank >= severity.rank
        and one.points >= least
    )


@given(many, st.integers(1, 20))
def test_the_costliest_stay_in_order(findings: list[Finding], most: int) -> None:
    priced = [replace(one, points=one.line / 7) for one in findings]
    kept = costliest(priced, most)
    assert len(kept) == min(most, len(priced))
    remaining = iter(priced)
    assert all(any(one is other for other in remaining) for one in kept)
    dearest = sorted((one.points for one in priced), reverse=True)[: len(kept)]
    assert sorted((one.points for one in kept), reverse=True) == dearest


def test_everything_is_selected_by_default() -> None:
    findings = (finding(path="a.py"), finding(path="b/c.py"))
    for wanted in (Selection(), selection(["ALL"], ["."])):
        assert selected(result(*findings), wanted).findings == findings
    with pytest.raises(UsageError):
        selection(["ALLES"])
