"""Whole runs on hostile arguments, outputs and names: a status and a word, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scratch import repository, run

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", sleeper=SLEEPER)


def command(folder: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-c", "from exai_audit.cli import main; main()", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    return done


@pytest.mark.parametrize(
    "words",
    [
        ("scan", "n" * 5000),
        ("scan", "a\0b"),
        ("scan", ".", "--jobs", "²"),
        ("scan", ".", "--jobs", "9" * 5000),
        ("scan", ".", "--config", "n" * 5000),
        ("scan", ".", "--config", "a\0b"),
        ("scan", ".", "--config", "/dev/zero"),
        ("scan", ".", "--baseline", "n" * 5000),
        ("scan", ".", "--baseline", "a\0b"),
        ("scan", ".", "-f", "json=a\0b"),
        ("scan", ".", "-f", "json=" + "n" * 5000),
        ("scan", ".", "-f", "json=sleeper.py"),
        ("scan", ".", "-f", "json=./x/../sleeper.py"),
        ("scan", "-", "--stdin-filename", ""),
        ("scan", "-", "--stdin-filename", "."),
        ("report", "n" * 5000),
        ("report", "a\0b"),
        ("report", "/dev/zero"),
        ("compare", "/dev/zero", "a\0b"),
        ("baseline", ".", "-o", "a\0b"),
        ("plan", "a\0b.py"),
        ("plan", "n" * 5000 + ".py"),
    ],
)
def test_impossible_arguments_are_told(project: Path, words: tuple[str, ...]) -> None:
    (project / "x").mkdir()
    done = run(project, *words, "--no-cache") if words[0] == "scan" else run(project, *words)
    assert done.returncode == 2
    assert "internal error" not in done.stderr
    assert (project / "sleeper.py").read_text() == SLEEPER


def test_an_impossible_cache_folder_changes_nothing(project: Path) -> None:
    done = run(project, "scan", ".", "--cache-dir", "n" * 5000, "-f", "concise")
    assert (done.returncode, "EXA405" in done.stdout) == (0, True)


@pytest.mark.skipif(os.name != "posix", reason="folders in use cannot go elsewhere")
def test_a_working_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = command(gone, "scan", preexec_fn=gone.rmdir)
    assert done.returncode == 2
    assert "the working folder cannot be found" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="descriptors of POSIX")
def test_a_closed_input_is_told(project: Path) -> None:
    words = ("scan", "-", "--stdin-filename", "a.py", "--no-cache")
    done = command(project, *words, preexec_fn=lambda: os.close(0))
    assert done.returncode == 2
    assert "internal error" not in done.stderr


def test_an_input_over_the_limit_is_told(project: Path) -> None:
    words = ("scan", "-", "--stdin-filename", "a.py", "--no-cache")
    done = command(project, *words, input="x = 1\n" * 200_000)
    assert (done.returncode, "max-file-size" in done.stderr) == (2, True)


@pytest.mark.parametrize("target", ["../victim", "../new", "/dev/full/../../tmp"])
@pytest.mark.parametrize("words", [("scan", ".", "-f", "json=out.json"), ("baseline", ".")])
def test_no_link_of_a_repository_is_written_through(
    project: Path, target: str, words: tuple[str, ...]
) -> None:
    victim = project.parent / "victim"
    victim.write_text('{"exai_audit_baseline": 1}')
    before = sorted(project.parent.iterdir())
    name = "out.json" if words[0] == "scan" else "exai-audit-baseline.json"
    (project / name).symlink_to(target)
    done = run(project, *words, "--no-cache")
    assert done.returncode == 2
    assert victim.read_text() == '{"exai_audit_baseline": 1}'
    assert sorted(project.parent.iterdir()) == before


def test_init_writes_through_no_link_of_a_repository(project: Path) -> None:
    (project / "exai-audit.toml").symlink_to("../made.toml")
    done = run(project, "init", "--no-cache")
    assert done.returncode == 2
    assert not (project.parent / "made.toml").exists()


def test_a_setting_names_no_baseline_outside(project: Path) -> None:
    (project / "exai-audit.toml").write_text('baseline = "../x.json"\n')
    for words in (("baseline", "."), ("scan", ".")):
        done = run(project, *words, "--no-cache")
        assert (done.returncode, "leads out of the project" in done.stderr) == (2, True)
    assert not (project.parent / "x.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
def test_no_name_makes_a_line_of_its_own(project: Path) -> None:
    name = "a\nPASSED: score 100.0 (A+) >= 80"
    (project / f"{name}.py").write_text(SLEEPER)
    said = [
        run(project, "scan", ".", "--no-cache", "--show-files", "-v", "-f", "concise"),
        run(project, "scan", f"{name}.none"),
        run(project, "scan", ".", "--baseline", f"{name}.none"),
        run(project, "scan", ".", "--config", f"{name}.none"),
        run(project, "baseline", ".", "-o", f"{name}.json"),
        run(project, "report", f"{name}.none"),
        run(project, "plan", f"{name}.none"),
    ]
    for done in said:
        lines = (done.stdout + done.stderr).splitlines()
        assert not [line for line in lines if line.startswith("PASSED: score 100.0 (A+)")]


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize(
    "words",
    [
        ("scan", ".", "-f", "json=out.json"),
        ("baseline", ".", "-o", "out.json"),
        ("report", "stored", "-f", "html=out.json"),
        ("survey", "--each", "x", "-f", "csv=out.json"),
        ("trend", ".", "-f", "html=out.json"),
    ],
)
def test_a_pipe_that_nobody_reads_is_not_waited_for(project: Path, words: tuple[str, ...]) -> None:
    run(project, "scan", ".", "-f", "json=stored")
    (project / "x").mkdir()
    (project / "x" / "a.py").write_text(SLEEPER)
    os.mkfifo(project / "out.json")
    done = run(project, *words)
    assert (done.returncode, "internal error" in done.stderr) == (2, False)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_pipe_that_somebody_reads_is_written_to(project: Path) -> None:
    os.mkfifo(project / "out.json")
    reader = os.open(project / "out.json", os.O_RDONLY | os.O_NONBLOCK)
    try:
        done = run(project, "scan", ".", "--no-cache", "-f", "badge=out.json")
        assert (done.returncode, os.read(reader, 1)) == (0, b"{")
    finally:
        os.close(reader)


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_survey_writes_through_no_link(project: Path) -> None:
    victim = project.parent / "victim"
    victim.write_text("precious")
    (project / "x").mkdir()
    (project / "x" / "a.py").write_text(SLEEPER)
    folder = project / "exai-audit-survey"
    folder.mkdir()
    (folder / "journal.jsonl").symlink_to(victim)
    assert run(project, "survey", "--each", "x", "--no-cache").returncode == 0
    assert victim.read_text() == "precious"
    (project / "elsewhere").symlink_to(project.parent)
    done = run(project, "survey", "--each", "x", "--into", "elsewhere", "--no-cache")
    assert (done.returncode, "leads out of the repository" in done.stderr) == (2, True)
