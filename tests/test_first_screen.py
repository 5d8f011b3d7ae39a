"""What people meet first: one order by cost, nothing cut in a pipe, names that fingers know."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from exai_audit.finding import Family, Finding, Severity
from exai_audit.report import render
from exai_audit.report.bottlenecks import bottlenecks
from exai_audit.results.result import Cap
from tests.test_cli import SLEEPER, run
from tests.test_reports import finding, full, sample

DEEP = "/".join(["a_folder_with_a_long_name"] * 5)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / DEEP).mkdir(parents=True)
    (tmp_path / DEEP / "sleeper.py").write_text(SLEEPER)
    return tmp_path


def low_ones() -> list[Finding]:
    return [
        finding("EXA205", Family.TIMEOUTS, Severity.LOW, "many.py", line) for line in range(1, 60)
    ]


def test_many_low_findings_come_where_their_cost_puts_them() -> None:
    groups = bottlenecks(sample(*low_ones()).findings)
    points = [group.points for group in groups]
    assert points == sorted(points, reverse=True)
    assert groups[0].head.path == "many.py"


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_what_costs_most_is_named_first(name: str) -> None:
    text = render(full(*low_ones()), name)
    listed = text[text.index("What costs most") :]
    assert listed.index("many.py") < listed.index("b.py")


@pytest.mark.parametrize(
    ("value", "said"),
    [(89.8, True), (87.0, True), (86.0, False)],
)
def test_near_the_cap_what_holds_the_score_is_said(value: float, said: bool) -> None:
    result = sample(finding("EXA405", Family.CONCURRENCY, Severity.CRITICAL, "b.py", 3))
    holder = next(f for f in result.findings if f.severity is Severity.CRITICAL)
    score = replace(result.score, value=value, cap=Cap(89.9, 0.0, (holder.fingerprint,)))
    text = render(replace(result, score=score), "terminal")
    assert ("No more than 89.9 with critical findings: EXA" in text) is said


def test_a_pipe_gets_whole_paths(project: Path) -> None:
    done = run(project, "scan", ".", "--no-cache")
    assert "…" not in done.stdout
    assert done.stdout.count(f"{DEEP}/sleeper.py:5") >= 2


def test_a_narrow_terminal_cuts_no_path() -> None:
    deep = finding("EXA405", Family.CONCURRENCY, Severity.HIGH, f"{DEEP}/sleeper.py", 5)
    text = render(full(deep), "terminal", width=60)
    joined = "".join(line.strip() for line in text.splitlines())
    assert f"{DEEP}/sleeper.py:5" in joined


@pytest.mark.parametrize("name", ["exa405", "EXA405", "blocking-call-in-async", "exa4"])
def test_rules_are_named_in_any_way(project: Path, name: str) -> None:
    done = run(project, "scan", ".", "--no-cache", "-f", "concise", "--select", name)
    assert "EXA405" in done.stdout


def test_quiet_prints_one_line(project: Path) -> None:
    done = run(project, "scan", ".", "--no-cache", "-q", "--fail-on", "high")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("score ")
    assert line.endswith("1 high · FAILED: 1 finding of severity high or above")


def test_a_format_with_an_empty_file_is_refused(project: Path) -> None:
    done = run(project, "scan", ".", "--no-cache", "-f", "sarif=")
    assert done.returncode == 2
    assert "sarif=FILE" in done.stderr


@pytest.mark.parametrize("gate", [("--fail-on-new",), ("--max-drop", "1")])
def test_a_gate_that_compares_needs_something_before_the_audit(
    project: Path, gate: tuple[str, ...]
) -> None:
    done = run(project, "scan", ".", "--no-cache", "--show-files", *gate)
    assert done.returncode == 2
    assert "nothing to compare with" in done.stderr
    assert "sleeper.py" not in done.stderr


def test_short_help(project: Path) -> None:
    assert run(project, "scan", "-h").stdout == run(project, "scan", "--help").stdout


def test_minimal_settings_are_few_lines(project: Path) -> None:
    assert run(project, "init", "--minimal", "--no-cache").returncode == 0
    (file,) = [*project.glob("*.toml")]
    assert len(file.read_text().splitlines()) <= 4
    assert run(project, "config").returncode == 0


def test_markdown_uses_the_room_it_is_given() -> None:
    result = full(*low_ones())
    whole = len(render(result, "markdown").encode())
    for most in (whole - 200, whole // 2 + 2000):
        size = len(render(result, "markdown", max_size=most).encode())
        assert most * 0.8 < size <= most


def test_a_short_markdown_counts_right() -> None:
    result = full(*low_ones())
    text = render(result, "markdown", max_size=2000)
    assert f"in {len(bottlenecks(result.findings))} bottlenecks" in text.replace("\n", " ")
