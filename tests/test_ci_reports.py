"""What GitHub Actions, GitLab, Jenkins and shields.io are given."""

from __future__ import annotations

import json
import re

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exai_audit.finding import Confidence, Family, Finding, Related, Severity
from exai_audit.report import render
from exai_audit.report.github import summary
from exai_audit.results.result import AuditResult, Suppressed
from tests.test_reports import empty, evil, finding, sample

_HOSTILE = (
    "a\n::error::b", "::set-output name=x::y", "%0A::warning::c", "]]>", "<b>&amp;</b>", "\x1b[31m",
    "\udce9", "\u202egnp.exe", "\ufffe", "a,line=1::b", "]]><failure/>", "\u2028::debug::",
)  # fmt: skip
_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def with_findings(*findings: Finding, folder: str = "") -> AuditResult:
    result = sample()
    target = replace(result.target, folder=folder)
    return replace(result, findings=findings, target=target, suppressed=())


def low(number: int, **changes: object) -> Finding:
    made = finding("EXA201", Family.TIMEOUTS, Severity.LOW, "a.py", number)
    return replace(made, **changes)


def decoded(text: str) -> str:
    """Decode as the runner does (actions/runner, ActionCommand.cs)."""
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def commands(result: AuditResult) -> list[tuple[str, dict[str, str], str]]:
    """Read the commands as the runner does: kind, properties, message."""
    found = []
    for line in render(result, "github").splitlines():
        if line.lstrip().startswith("::"):
            match = _COMMAND.fullmatch(line)
            assert match is not None, line
            pairs = (part.split("=", 1) for part in match[2].split(","))
            properties = {key: decoded(value) for key, value in pairs}
            found.append((match[1], properties, decoded(match[3])))
    return found


def test_an_annotation_stands_on_its_line() -> None:
    made = finding(
        "EXA301", Family.CACHES, Severity.MEDIUM, "a b,c:d.py", 7,
        name="unbounded-cache", message="100% unbounded", remedy="bound it",
    )  # fmt: skip
    assert commands(with_findings(made, folder="backend")) == [
        (
            "warning",
            {
                "file": "backend/a b,c:d.py", "line": "7", "endLine": "7", "col": "5",
                "endColumn": "9", "title": "EXA301 unbounded-cache",
            },
            "100% unbounded. bound it.",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "confidence", "kind"),
    [
        (Severity.CRITICAL, Confidence.HIGH, "error"),
        (Severity.HIGH, Confidence.MEDIUM, "error"),
        (Severity.MEDIUM, Confidence.HIGH, "warning"),
        (Severity.LOW, Confidence.HIGH, "notice"),
        (Severity.CRITICAL, Confidence.LOW, "notice"),
    ],
)
def test_kinds_of_annotation(severity: Severity, confidence: Confidence, kind: str) -> None:
    made = low(1, severity=severity, confidence=confidence)
    assert [found[0] for found in commands(with_findings(made))] == [kind]


def test_a_region_of_several_lines_has_no_columns() -> None:
    ((_, properties, _),) = commands(with_findings(low(3, end_line=9)))
    assert "col" not in properties
    assert properties["endLine"] == "9"


def test_ten_of_a_kind_the_worst_first_and_the_rest_counted() -> None:
    grave = [finding("EXA303", Family.CACHES, Severity.CRITICAL, "z.py", n) for n in range(1, 13)]
    text = render(with_findings(*(low(n) for n in range(1, 12)), *grave), "github")
    kinds = [found[0] for found in commands(with_findings(*grave))]
    assert kinds == ["error"] * 10
    lines = text.splitlines()
    assert [line[:7] for line in lines] == ["::error"] * 10 + ["2 more "] + ["::notic"] * 10 + [
        "1 more "
    ]
    assert lines[10] == "2 more errors: GitHub shows 10 of a kind."
    assert lines[-1] == "1 more notice: GitHub shows 10 of a kind."


def test_nothing_found_annotates_nothing() -> None:
    assert render(empty(5), "github") == ""


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_code_gives_the_runner_no_command(hostile: str) -> None:
    made = low(1, path=f"{hostile}.py", message=hostile, remedy=hostile, name=hostile)
    assert len(commands(with_findings(made))) == 1
    assert len(render(with_findings(made), "github").splitlines()) == 1


@given(st.text(), st.text(min_size=1))
def test_any_text_is_one_annotation(message: str, path: str) -> None:
    text = render(with_findings(low(1, path=path, message=message)), "github")
    assert text.count("\n") == 1
    assert len(commands(with_findings(low(1, path=path, message=message)))) == 1


def test_step_summary_begins_with_the_verdict() -> None:
    text = summary(sample(), ["FAILED: score 71.2 (C-) < 75"])
    assert text.startswith("**FAILED: score 71.2 (C-) &lt; 75**\n\n# Audit report")
    assert summary(empty(5), []).startswith("# Audit report")


def test_step_summary_keeps_clear_of_the_limit() -> None:
    many = [low(n, path=f"pkg/{n}.py", message="x" * 900) for n in range(1, 3_000)]
    assert len(summary(with_findings(*many), ["PASSED"]).encode()) <= 131_072


def test_gitlab_entries_have_the_documented_fields() -> None:
    made = low(9, message="5 s is written here", remedy="name it", name="scattered-timeout")
    (entry,) = json.loads(render(with_findings(made, folder="backend"), "gitlab"))
    fingerprint = entry.pop("fingerprint")
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)
    assert entry == {
        "description": "EXA201 scattered-timeout: 5 s is written here. name it.",
        "check_name": "EXA201",
        "severity": "minor",
        "location": {"path": "backend/a.py", "lines": {"begin": 9, "end": 9}},
    }


def test_gitlab_severities() -> None:
    made = [low(n, severity=severity) for n, severity in enumerate(Severity, 1)]
    entries = json.loads(render(with_findings(*made, low(9, confidence=Confidence.LOW)), "gitlab"))
    assert [entry["severity"] for entry in entries] == [
        "minor", "major", "critical", "blocker", "info",
    ]  # fmt: skip


def test_gitlab_fingerprints_differ_and_survive_moves() -> None:
    equal = [low(n, fingerprint="same") for n in (1, 2, 3)]
    before = json.loads(render(with_findings(*equal), "gitlab"))
    after = json.loads(
        render(with_findings(*(replace(f, line=f.line + 5) for f in equal)), "gitlab")
    )
    fingerprints = [entry["fingerprint"] for entry in before]
    assert len(set(fingerprints)) == 3
    assert fingerprints == [entry["fingerprint"] for entry in after]


def test_gitlab_json_has_no_byte_order_mark_and_is_a_list() -> None:
    assert render(empty(5), "gitlab") == "[]\n"
    assert render(evil(), "gitlab").isascii()


def suites_of(result: AuditResult) -> junitparser.JUnitXml:
    return junitparser.JUnitXml.fromstring(render(result, "junit").encode())


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_finding() -> None:
    result = sample()
    suites = {suite.name: list(suite) for suite in suites_of(result)}
    assert sorted(suites) == ["a.py", "b.py", "c.py", "d.py", "s.py"]
    assert [type(case.result[0]).__name__ for case in suites["a.py"]] == ["Failure"] * 2
    (unsure,) = suites["d.py"]
    assert unsure.result[0].message.startswith("unsure: ")
    (silent,) = suites["s.py"]
    assert silent.result[0].message == "suppressed: as told"


def test_junit_counts_agree() -> None:
    suites = suites_of(sample())
    assert (suites.tests, suites.failures, suites.skipped, suites.errors) == (7, 5, 2, 0)
    for suite in suites:
        counted = (suite.tests, suite.failures, suite.skipped)
        suite.update_statistics()  # type: ignore[no-untyped-call]
        assert counted == (suite.tests, suite.failures, suite.skipped)


def test_junit_passes_when_clean() -> None:
    (suite,) = suites_of(empty(5))
    (case,) = list(suite)
    assert case.is_passed


def test_junit_failures_say_what_and_where() -> None:
    made = low(4, message="x < y", excerpt=("get(timeout=5)",), remedy="name it")
    ((case,),) = (list(suite) for suite in suites_of(with_findings(made)))
    (failure,) = case.result
    assert failure.type == "EXA201"
    assert failure.text.splitlines() == [
        "a.py:4:5: low x < y", "    4  get(timeout=5)", "Fix: name it",
    ]  # fmt: skip


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_junit_holds_any_text(hostile: str) -> None:
    made = low(1, path=hostile, message=hostile, excerpt=(hostile,), symbol=hostile)
    silent = Suppressed(low(2, path=hostile), 1, hostile)
    result = replace(with_findings(made), suppressed=(silent,))
    (suite,) = suites_of(result)
    assert (suite.tests, suite.failures, suite.skipped) == (2, 1, 1)


@given(st.text())
def test_junit_is_xml_whatever_the_code_says(text: str) -> None:
    made = low(1, path=f"{text}.py", message=text, remedy=text, related=(Related(text, 1, text),))
    (suite,) = suites_of(with_findings(made))
    assert suite.failures == 1


@pytest.mark.parametrize(
    ("value", "grade", "message", "color"),
    [
        (98.06, "A+", "A+ 98.1", "brightgreen"),
        (84.0, "B", "B 84.0", "green"),
        (71.0, "C-", "C- 71.0", "yellow"),
        (61.0, "D-", "D- 61.0", "orange"),
        (0.0, "F", "F 0.0", "red"),
        (None, None, "n/a", "lightgrey"),
    ],
)
def test_badge(value: float | None, grade: str | None, message: str, color: str) -> None:
    result = sample()
    graded = replace(result, score=replace(result.score, value=value, grade=grade))
    assert json.loads(render(graded, "badge")) == {
        "schemaVersion": 1, "label": "exai-audit", "message": message, "color": color,
    }  # fmt: skip
