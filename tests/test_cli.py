"""The command line as its users meet it: exit statuses, verdicts, messages, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
CLEAN = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    source = tmp_path / "src"
    source.mkdir()
    (source / "clean.py").write_text(CLEAN)
    (source / "sleeper.py").write_text(SLEEPER)
    return tmp_path


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), **variables}
    return subprocess.run(
        [sys.executable, "-m", "exai_audit", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_findings_without_a_gate_exit_0(project: Path) -> None:
    done = run(project, "scan", "src")
    assert done.returncode == 0
    assert "EXA405" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("gate", "status", "verdict"),
    [
        (("--fail-on", "high"), 1, "FAILED: 1 finding of severity high or above"),
        (("--fail-on", "critical"), 0, "PASSED: no finding of severity critical"),
        (("--fail-under", "10"), 0, "PASSED: score"),
        (("--fail-under", "A+"), 1, "FAILED: score"),
        (("--fail-on", "high", "--exit-zero"), 0, "FAILED: 1 finding"),
    ],
)
def test_gate_says_what_was_compared(
    project: Path, gate: tuple[str, ...], status: int, verdict: str
) -> None:
    done = run(project, "scan", "src", *gate)
    assert (done.returncode, verdict in done.stderr) == (status, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scan", "scr"), "did you mean 'src'?"),
        (("scan", "docs"), "docs: no such file or folder"),
        (("scan", "empty"), "empty: no Python file found"),
        (("scan", "src", "--select", "EXA999"), "unknown rule 'EXA999'"),
        (("scan", "src", "--fail-under", "Z"), "expected a score from 0 to 100 or a grade"),
        (("scan", "src", "--format", "pdf"), "--format 'pdf'"),
        (("scan", "src", "--jobs", "none"), "--jobs 'none'"),
        (("scan", "src", "--fail-on", "worst"), "worst"),
        (("scan", "src", "--no-such-option"), "No such option"),
        (("scan", "src", "-o", "missing/report.txt"), "missing/report.txt: cannot be written"),
        (("rule", "EXA20"), "unknown rule 'EXA20'"),
    ],
)
def test_what_cannot_be_audited_exits_2(
    project: Path, arguments: tuple[str, ...], message: str
) -> None:
    (project / "empty").mkdir()
    done = run(project, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_all_wrong_settings_stand_in_one_message(project: Path) -> None:
    text = "[tool.exai-audit]\nmax-lines = 3\nselect = 'EXA'\nmax-complexity = 'high'\n"
    (project / "pyproject.toml").write_text(text)
    done = run(project, "scan", "src")
    assert done.returncode == 2
    for part in ("pyproject.toml", "max-lines", "select", "max-complexity"):
        assert part in done.stderr


@pytest.mark.parametrize("gate", [("--fail-under", "1"), ("--fail-on", "critical")])
def test_no_gate_passes_while_a_judged_file_was_not_read(
    project: Path, gate: tuple[str, str]
) -> None:
    assert run(project, "scan", "src", *gate).returncode == 0
    (project / "src" / "broken.py").write_text("def (:\n")
    done = run(project, "scan", "src", *gate)
    assert done.returncode == 1
    assert "FAILED: src/broken.py could not be read, so not judged" in done.stderr
    run(project, "baseline", "src")
    accepted = ("--baseline", "exai-audit-baseline.json")
    assert run(project, "scan", "src", *gate, *accepted).returncode == 0
    assert run(project, "scan", "src", *gate, "--extend-exclude", "broken.py").returncode == 0
    assert run(project, "scan", "src").returncode == 0


@pytest.mark.parametrize("spoil", [b"def (:\n", b"# coding: none\n", b"\xff\n"])
def test_a_file_that_nobody_can_judge_costs_what_it_may_hide(project: Path, spoil: bytes) -> None:
    def scored(lines: int) -> float:
        (project / "src" / "broken.py").write_bytes(spoil + b"x = 1\n" * lines)
        score = json.loads(run(project, "scan", "src", "-f", "json").stdout)["score"]
        return float(score["value"])

    assert scored(5_000) < scored(1_000) < scored(10)


def test_a_score_of_nothing_never_passes_a_gate(project: Path) -> None:
    done = run(project, "scan", "src", "--scope", "tests", "--fail-under", "50")
    assert done.returncode == 2
    assert "no line was judged" in done.stderr


def test_several_reports_in_one_run(project: Path) -> None:
    done = run(project, "scan", "src", "-f", "json=a.json", "-f", "markdown=a.md", "-f", "concise")
    assert done.returncode == 0
    assert json.loads((project / "a.json").read_text())["schema_version"] == 2
    assert (project / "a.md").read_text().startswith("# ")
    assert done.stdout.startswith("src/sleeper.py:5:5: EXA405 high ")


def test_paths_are_relative_to_the_root_wherever_it_runs(project: Path) -> None:
    from_root = run(project, "scan", "src", "-f", "concise").stdout
    from_below = run(project / "src", "scan", ".", "-f", "concise").stdout
    assert from_root == from_below != ""


def test_a_file_given_twice_is_judged_once(project: Path) -> None:
    once = run(project, "scan", "src/sleeper.py", "-f", "concise").stdout
    twice = run(project, "scan", "src/sleeper.py", "./src/sleeper.py", "-f", "concise").stdout
    assert once == twice
    assert len(once.splitlines()) == 1


def test_show_only_gates_the_files_passed_and_nothing_else(project: Path) -> None:
    hook = ("scan", "--fail-on", "medium", "--show-only")
    assert run(project, *hook, "src/clean.py").returncode == 0
    done = run(project, *hook, "src/clean.py", "src/sleeper.py")
    assert done.returncode == 1
    assert "EXA405" in done.stdout


def test_workers_and_cache_change_no_byte(project: Path) -> None:
    for number in range(40):
        text = "\n".join(f"def f{i}(a):\n    return a.call(timeout={i})\n" for i in range(20))
        text += "# padding\n" * 4000
        (project / "src" / f"many_{number}.py").write_text(text)
    command = ("scan", "src", "-f", "json", "--facts", "--jobs")
    serial = run(project, *command, "1", "--no-cache").stdout
    parallel = run(project, *command, "2").stdout
    warm = run(project, *command, "2").stdout
    unlike = '"command"'
    reports = [
        [line for line in text.splitlines() if unlike not in line]
        for text in (serial, parallel, warm)
    ]
    assert reports[0] == reports[1] == reports[2]
    assert (project / ".exai-audit-cache" / "CACHEDIR.TAG").exists()


def test_a_syntax_error_is_a_finding_and_lowers_the_score(project: Path) -> None:
    before = json.loads(run(project, "scan", "src", "-f", "json").stdout)
    (project / "src" / "broken.py").write_text("def broken(:\n")
    after = json.loads(run(project, "scan", "src", "-f", "json").stdout)
    assert [f["path"] for f in after["findings"] if f["code"] == "EXA001"] == ["src/broken.py"]
    assert after["score"]["value"] < before["score"]["value"]


def test_show_files_gives_reasons(project: Path) -> None:
    (project / ".gitignore").write_text("ignored.py\n")
    (project / "src" / "ignored.py").write_text(CLEAN)
    (project / "src" / "large.py").write_text("x = 1\n" * 200_000)
    done = run(project, "scan", "src", "--show-files")
    assert "src/ignored.py: left out: ignored by .gitignore" in done.stderr
    assert "src/large.py: left out: 1,200,000 bytes, over max-file-size" in done.stderr
    assert "src/clean.py: production" in done.stderr


def test_hostile_names_and_lines_inject_nothing(project: Path) -> None:
    hostile = "async def f():\n    import time\n    time.sleep(1)  # \x1b[31m<script>|`x`\n"
    (project / "src" / "a\x1b[31m|<b>.py").write_text(hostile)
    for name in ("terminal", "concise", "markdown"):
        out = run(project, "scan", "src", "-f", name).stdout
        assert "\x1b" not in out
        assert "<script>" not in out or name != "markdown" or "```" in out


def test_broken_pipe_ends_quietly(project: Path) -> None:
    command = f"{sys.executable} -m exai_audit scan src | head -1"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        command, shell=True, cwd=project, env=environment, capture_output=True, check=False
    )
    assert done.stderr == b""


def test_revision_and_date_come_from_git(project: Path) -> None:
    (project / ".git").rmdir()
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    target = json.loads(run(project, "scan", "src", "-f", "json").stdout)["target"]
    assert len(target["revision"]) == 40
    epoch = run(project, "scan", "src", "-f", "json", SOURCE_DATE_EPOCH="86400").stdout
    assert json.loads(epoch)["target"]["date"] == "1970-01-02"


@pytest.mark.parametrize(("epoch", "status"), [("0", 0), ("1893456000", 1)])
def test_the_clock_decides_which_suppressions_expired(
    project: Path, epoch: str, status: int
) -> None:
    line = "time.sleep(1)  # exai: ignore[EXA405] until=2027-01-31 -- moving away"
    (project / "src" / "sleeper.py").write_text(SLEEPER.replace("time.sleep(1)", line))
    done = run(project, "scan", "src", "--fail-on", "high", SOURCE_DATE_EPOCH=epoch)
    assert done.returncode == status
    assert ("EXA003" in done.stdout) == bool(status)


def test_the_score_gate_tells_the_score_without_suppressions(project: Path) -> None:
    line = "time.sleep(1)  # exai: ignore[EXA405] -- start-up"
    (project / "src" / "sleeper.py").write_text(SLEEPER.replace("time.sleep(1)", line))
    done = run(project, "scan", "src", "--fail-under", "90")
    assert done.returncode == 0
    assert re.search(r"PASSED: score 100\.0 \(A\+\) >= 90 \(\d\d\.\d without", done.stderr)


def test_rule_lists_and_explains(project: Path) -> None:
    assert "EXA201  scattered-timeout" in run(project, "rule").stdout
    page = run(project, "rule", "EXA201").stdout
    assert "*Why.*" in page
    assert "central-timeout-modules" in page


def test_own_knowledge_file_names_what_waits(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        "[[call]]\nname = 'stock.fetch'\nsource = 'stock 1'\n"
        "timeout = { argument = 'limit', default = 'forever', waits = 'network' }\n"
    )
    (tmp_path / "pyproject.toml").write_text('[tool.exai-audit]\nknowledge = ["own.toml"]\n')
    (tmp_path / "a.py").write_text("import stock\n\nstock.fetch(1)\nstock.fetch(2, limit=5)\n")
    result = run(tmp_path, "scan", ".", "-f", "concise", "--select", "EXA205")
    assert "a.py:3:1: EXA205" in result.stdout
    assert "a.py:4" not in result.stdout


def test_a_pipe_is_no_knowledge_file_and_no_baseline(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.py").write_text("")
    for key, value in (("knowledge", '["pipe"]'), ("baseline", '"pipe"')):
        (tmp_path / "pyproject.toml").write_text(f"[tool.exai-audit]\n{key} = {value}\n")
        result = run(tmp_path, "scan", ".")
        assert result.returncode == 2
        assert "cannot be read" in result.stderr


def test_missing_knowledge_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.exai-audit]\nknowledge = ["none.toml"]\n')
    (tmp_path / "a.py").write_text("")
    result = run(tmp_path, "scan", ".")
    assert result.returncode == 2
    assert "none.toml: knowledge: cannot be read" in result.stderr


def test_what_is_plain_loads_no_pydantic(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    words = ["scan", ".", "--isolated", "--select", "EXA2", "--jobs", "1", "-f", "json=r.json"]
    script = (
        "import sys\nfrom exai_audit.cli import run\n"
        f"print(run({words!r}), 'pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "False"], done.stderr
    assert (tmp_path / "r.json").is_file()
