"""Where reports go: unusual outputs, unusual terminals, unusual names."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import SLEEPER, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes of POSIX")
MODULE = f"{sys.executable} -m exai_audit"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    return tmp_path


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize(
    "line",
    [
        f"{MODULE} scan . > /dev/full",
        f"{MODULE} scan . -f json > /dev/full",
        f"{MODULE} scan . -o /dev/full",
        f"{MODULE} rule EXA201 > /dev/full",
        f"{MODULE} --version > /dev/full",
    ],
)
def test_a_full_disk_is_an_error_and_no_crash(project: Path, line: str) -> None:
    done = shell(project, line)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr
    assert "internal" not in done.stderr
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_closed_pipe_hides_no_failed_gate(project: Path) -> None:
    done = shell(project, f"set -o pipefail; {MODULE} scan . --fail-on high | true")
    assert done.returncode == 1
    assert done.stderr == "FAILED: 1 finding of severity high or above\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_change_no_status(project: Path, closed: str) -> None:
    assert shell(project, f"{MODULE} scan . --fail-on high {closed}").returncode == 1


def test_standard_error_on_a_full_disk_changes_no_status(project: Path) -> None:
    assert shell(project, f"{MODULE} scan . --fail-on high 2> /dev/full").returncode == 1


def test_a_pipe_or_device_as_output_is_written_to(project: Path) -> None:
    done = shell(project, f"{MODULE} scan . -f concise=/dev/null; {MODULE} scan . -o /dev/stdout")
    assert "EXA405" in done.stdout
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    piped = shell(project, f"{MODULE} scan . -f concise=>(cat; echo end)")
    assert piped.stdout.splitlines()[0].startswith("sleeper.py:5:5: EXA405")


def test_a_link_as_output_stays_a_link(project: Path) -> None:
    (project / "real.json").write_text("old")
    (project / "link.json").symlink_to("real.json")
    assert run(project, "scan", ".", "-f", "json=link.json").returncode == 0
    assert (project / "link.json").is_symlink()
    assert json.loads((project / "real.json").read_text())["schema_version"] == 2


@pytest.mark.parametrize("target", ["sleeper.py/report.json", "missing/report.json", "."])
def test_an_impossible_output_is_an_error_naming_it(project: Path, target: str) -> None:
    done = run(project, "scan", ".", "-f", f"json={target}")
    assert done.returncode == 2
    assert f"{target}: cannot be written: " in done.stderr


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_folder_is_an_error(project: Path) -> None:
    (project / "out").mkdir(mode=0o500)
    done = run(project, "scan", ".", "-f", "json=out/report.json")
    assert done.returncode == 2
    assert "out/report.json: cannot be written: Permission denied" in done.stderr


def test_a_cache_that_cannot_be_written_changes_nothing(project: Path) -> None:
    done = run(project, "scan", ".", "--cache-dir", "sleeper.py/cache", "-f", "concise")
    assert done.returncode == 0
    assert done.stdout.startswith("sleeper.py:5:5: EXA405")


@pytest.mark.parametrize("name", ["terminal", "markdown", "json", "sarif", "concise"])
def test_a_terminal_without_unicode(project: Path, name: str) -> None:
    (project / "\u00fcber.py").write_text(SLEEPER)
    done = run(project, "scan", ".", "-f", name, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "EXA405" in done.stdout


@pytest.mark.parametrize(
    ("options", "variables", "coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(
    project: Path, options: tuple[str, ...], variables: dict[str, str], coloured: bool
) -> None:
    quiet = {"NO_COLOR": "", "FORCE_COLOR": ""}
    done = run(project, "scan", ".", *options, **{**quiet, **variables})
    assert ("\x1b[" in done.stdout) is coloured


@pytest.mark.parametrize(
    "name", ["a b.py", 'it\'s "quoted".py', "$(x).py", "\u65e5\u672c.py", "-x.py"]
)
def test_unusual_names(project: Path, name: str) -> None:
    (project / name).write_text(SLEEPER)
    done = run(project, "scan", f"./{name}", "-f", "json")
    assert [found["path"] for found in json.loads(done.stdout)["findings"]] == [name]


def test_a_name_that_is_no_text(project: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.py")
    try:
        (project / odd).write_text(SLEEPER)
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    formats = [option for name in ("json", "sarif", "junit", "gitlab", "markdown")
               for option in ("-f", f"{name}=out.{name}")]  # fmt: skip
    done = run(project, "scan", odd, *formats, "-f", "concise", "--show-files")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("caf\\udce9.py:5:5: EXA405")
    assert "caf\\udce9.py: production" in done.stderr
    sarif = json.loads((project / "out.sarif").read_text())
    location = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "caf%E9.py"
    again = run(project, "report", "out.json", "-f", "concise")
    assert again.stdout == done.stdout


def test_windows_separators_in_settings(project: Path) -> None:
    for folder in ("gen", "old", "new"):
        (project / "src" / folder).mkdir(parents=True)
        (project / "src" / folder / "sleeper.py").write_text(SLEEPER)
    (project / "know").mkdir()
    (project / "know" / "own.toml").write_text("")
    (project / "exai-audit.toml").write_text(
        "extend-exclude = ['src\\gen']\n"
        "knowledge = ['know\\own.toml']\n"
        "per-file-ignores = { 'src\\old\\*.py' = ['EXA405'] }\n"
    )
    done = run(project, "scan", "src", "-f", "json")
    document = json.loads(done.stdout)
    assert [found["path"] for found in document["findings"]] == ["src/new/sleeper.py"]
    assert [item["finding"]["path"] for item in document["suppressed"]] == ["src/old/sleeper.py"]
    assert [left_out["path"] for left_out in document["skipped"]] == ["src/gen"]


def test_statistics_take_the_place_of_the_report(project: Path) -> None:
    (project / "more.py").write_text(SLEEPER + "    time.sleep(2)\n")
    done = run(project, "scan", ".", "--statistics", "-f", "json=a.json")
    assert done.stdout == "3  EXA405  blocking-call-in-async (3 high)\n"
    assert json.loads((project / "a.json").read_text())["findings"]
    refused = run(project, "scan", ".", "--statistics", "-f", "json")
    assert refused.returncode == 2
    assert "-f json=FILE" in refused.stderr


def test_verbose_says_what_is_in_force(project: Path) -> None:
    (project / "exai-audit.toml").write_text("select = ['EXA405']\n")
    done = run(project, "scan", ".", "-v", "-q", "--no-cache")
    assert done.stdout == ""
    *told, verdict = done.stderr.splitlines()
    assert told == [
        f"settings: {project / 'exai-audit.toml'}",
        f"root: {project}",
        "files: 1 read, 1 judged, 0 left out",
        "rules: EXA001, EXA002, EXA003, EXA405",
        "cache: none",
    ]
    assert verdict.endswith(", 1 high")


def test_step_summary_is_added_where_annotations_are_asked_for(project: Path) -> None:
    summary = project / "summary.md"
    summary.write_text("# Before")
    steps = {"GITHUB_STEP_SUMMARY": str(summary)}
    run(project, "scan", ".", "-f", "concise", **steps)
    assert summary.read_text() == "# Before"
    done = run(project, "scan", ".", "-f", "github", "--fail-on", "high", **steps)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=sleeper.py,line=5,endLine=5,col=5,endColumn=18,")
    assert summary.read_text().startswith("# Before\n**FAILED: 1 finding of severity high or above")


def test_a_step_summary_that_cannot_be_written_fails_nothing(project: Path) -> None:
    missing = str(project / "missing" / "summary.md")
    done = run(project, "scan", ".", "-f", "github", GITHUB_STEP_SUMMARY=missing)
    assert done.returncode == 0
    assert done.stderr.startswith("exai-audit: warning: GITHUB_STEP_SUMMARY: ")


def test_no_file_name_gives_the_runner_an_order(project: Path) -> None:
    for name in ("::error::x.py", " ::stop-commands::y.py", "a##[add-mask]b.py"):
        (project / name).write_text(SLEEPER)
    for name in ("concise", "terminal"):
        done = run(project, "scan", ".", "-f", name, "--show-files", GITHUB_ACTIONS="true")
        for line in (done.stdout + done.stderr).splitlines():
            assert not line.lstrip().startswith("::")
            assert "##[" not in line
    outside = run(project, "scan", ".", "-f", "concise", GITHUB_ACTIONS="")
    assert "\n::error::x.py:5:5: EXA405" in f"\n{outside.stdout}"
