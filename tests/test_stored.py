"""Stored results: rendered again byte for byte, and compared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from exai_audit.audit.merging import merged
from exai_audit.errors import UsageError
from exai_audit.finding import Confidence, Family, Finding, Scope, Severity
from exai_audit.report import FORMATS, comparison, render
from exai_audit.report import json as json_report
from exai_audit.results.comparison import compare
from exai_audit.results.result import AuditResult, Scale, Target, Tool
from exai_audit.results.stored import read_result, result_of
from exai_audit.score.formula import SHARES, score

FIXTURES = Path(__file__).parent.parent / "fixtures"


def finding(path: str, **changes: object) -> Finding:
    made = Finding(
        code="EXA201", name="scattered-timeout", family=Family.TIMEOUTS, severity=Severity.LOW,
        confidence=Confidence.HIGH, path=path, line=3, column=1, end_line=3, end_column=9,
        symbol="get", message="5 s is written into the code", evidence="get(timeout=5)",
        excerpt=(), remedy="name it", related=(), measured=5.0, threshold=None, points=0.0,
        fingerprint=f"EXA201 {path}", scope=Scope.PRODUCTION,
    )  # fmt: skip
    return replace(made, **changes)


def result(*findings: Finding, **target: object) -> AuditResult:
    scored = score(findings, 5_000, tuple(SHARES)).score
    scale = Scale(files=1, lines=5_000, judged_files=1, judged_lines=5_000)
    made = Target((".",), "cafe", "exai-audit scan")
    return AuditResult(
        Tool("1", 1), replace(made, **target), scale, scored, findings=findings
    )  # fmt: skip


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exai_audit", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audit all fixtures, in every format at once."""
    folder = tmp_path_factory.mktemp("scanned")
    formats = [text for name in FORMATS for text in ("-f", f"{name}={folder / name}")]
    done = run("scan", FIXTURES, "--isolated", "--no-cache", "--facts", *formats, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_report_is_what_scan_wrote(name: str, scanned: Path) -> None:
    again = scanned / f"again.{name}"
    done = run("report", scanned / "json", "-f", f"{name}={again}", cwd=scanned)
    assert done.returncode == 0, done.stderr
    assert again.read_bytes() == (scanned / name).read_bytes()


def test_undecodable_paths_survive() -> None:
    odd = result(finding("caf\udce9.py"))
    assert result_of(json_report.render(odd), "x") == odd


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a report of exai-audit"),
        ("{}", "not a report of exai-audit"),
        ('{"schema_version": 99}', "its schema_version is 99"),
        ('{"schema_version": 1, "tool": {}}', "its schema_version is 1, this version reads 2"),
        ('{"schema_version": 2, "tool": 5}', "not a report of exai-audit: "),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_report_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"x.json: {said}"):
        result_of(text, "x.json")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json: cannot be read"):
        read_result(tmp_path / "none.json")


def test_every_finding_is_in_one_list() -> None:
    stays, goes, comes = finding("a.py"), finding("b.py"), finding("c.py", evidence="get(1)")
    graver = replace(finding("d.py", symbol="f"), severity=Severity.HIGH)
    before = result(
        stays, goes, finding("old/m.py", symbol="g"), replace(graver, severity=Severity.LOW)
    )
    after = result(replace(stays, line=9), comes, finding("new/m.py", symbol="g"), graver)
    found = compare(before, after)
    assert [f.path for f in found.new] == ["c.py"]
    assert [f.path for f in found.fixed] == ["b.py"]
    assert [(old.path, new.path) for old, new in found.moved] == [("old/m.py", "new/m.py")]
    assert [new.path for _, new in found.regraded] == ["d.py"]
    assert found.unchanged == 1


def test_one_more_of_the_same_is_new() -> None:
    one = finding("a.py")
    found = compare(result(one), result(one, replace(one, line=8)))
    assert [f.line for f in found.new] == [8]
    assert found.unchanged == 1


def test_score_before_and_after_by_category() -> None:
    before = result(finding("a.py"))
    found = compare(before, result())
    assert before.score.shown is not None
    assert found.gained == pytest.approx(100 - before.score.shown)
    change = next(c for c in found.categories if c.name is Family.TIMEOUTS)
    assert change.before is not None
    assert change.before > 0
    assert change.after == 0


def test_other_formulas_and_scopes_are_refused() -> None:
    other = replace(result(), tool=Tool("1", 2))
    with pytest.raises(UsageError, match="formula 1 and 2"):
        compare(result(), other)
    with pytest.raises(UsageError, match="different scopes"):
        compare(result(), result(scopes=(Scope.TESTS,)))


def test_other_settings_are_said() -> None:
    assert compare(result(), result(configuration="beef")).notes[0].startswith("The config")


@pytest.mark.parametrize("name", comparison.FORMATS)
def test_comparison_says_all(name: str) -> None:
    evil = "\x1b[31m<b>|`x`\n"
    text = comparison.render(
        compare(result(finding("a.py")), result(finding("b.py", evidence="x", message=evil))), name
    )
    assert "a.py" in text
    assert "b.py" in text
    assert "\x1b" not in text
    if name == "json":
        document = json.loads(text)
        assert [f["path"] for f in document["new"]] == ["b.py"]
        assert document["gained"] == 0.0
    else:
        assert "1 new, 1 fixed" in text


def test_compare_command(scanned: Path) -> None:
    done = run("compare", scanned / "json", scanned / "json", "-f", "json", cwd=scanned)
    document = json.loads(done.stdout)
    assert document["new"] == document["fixed"] == []
    assert document["unchanged"] == document["before"]["findings"] > 0
    refused = run("compare", scanned / "json", scanned / "markdown", cwd=scanned)
    assert refused.returncode == 2
    assert "markdown: not JSON" in refused.stderr


def test_render_keeps_stored_facts() -> None:
    text = json_report.render(replace(result(), facts=()))
    assert render(result_of(text, "x"), "json") == text


def test_merged_results_score_as_a_whole() -> None:
    one, other = result(finding("a/x.py"), paths=("a",)), result(finding("b/y.py"), paths=("b",))
    both = merged([one, other])
    whole = score([*one.findings, *other.findings], 10_000, tuple(SHARES))
    assert both.findings == whole.findings
    assert both.score.value == whole.score.value
    assert both.scale.judged_lines == 10_000
    assert both.target.paths == ("a", "b")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (result(paths=("a/inner",)), "overlap: both judge a/inner"),
        (result(paths=("b",), configuration="beef"), "different settings"),
        (result(paths=("b",), scopes=(Scope.TESTS,)), "different scopes"),
        (replace(result(paths=("b",)), tool=Tool("2", 1)), "different versions"),
    ],
)
def test_what_does_not_belong_together_is_not_merged(other: AuditResult, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        merged([result(paths=("a",)), other])


def test_merged_parts_of_a_project(tmp_path: Path) -> None:
    for folder in ("EXA201", "EXA303"):
        target = f"json={tmp_path / folder}.json"
        run("scan", FIXTURES / folder, "--no-cache", "-f", target, cwd=FIXTURES)
    parts = [tmp_path / "EXA201.json", tmp_path / "EXA303.json"]
    done = run("report", *parts, "-f", "json", cwd=tmp_path)
    document = json.loads(done.stdout)
    separate = [json.loads(part.read_text()) for part in parts]
    assert len(document["findings"]) == sum(len(part["findings"]) for part in separate)
    assert document["scale"]["judged_lines"] == sum(p["scale"]["judged_lines"] for p in separate)
    points = sum(f["points"] for f in document["findings"]) + document["score"]["cap"]["cost"]
    assert points == pytest.approx(100 - document["score"]["value"])
