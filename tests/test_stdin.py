"""Text on standard input, judged as a file of its project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import CLEAN, SLEEPER


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    source = tmp_path / "src"
    source.mkdir()
    (source / "clean.py").write_text(CLEAN)
    (source / "other.py").write_text(SLEEPER)
    return tmp_path


def judge(
    folder: Path, text: str | bytes, *arguments: str, name: str = "src/clean.py"
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "exai_audit", "scan", "--stdin-filename", name, "-", *arguments],
        cwd=folder, env=environment, capture_output=True, check=False,
        input=text if isinstance(text, bytes) else text.encode(),
    )  # fmt: skip
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def test_the_text_is_judged_and_only_it_is_reported(project: Path) -> None:
    done = judge(project, SLEEPER, "-f", "concise")
    assert done.stdout.splitlines() == [
        "src/clean.py:5:5: EXA405 high time.sleep blocks the event loop of the coroutine wait"
    ]
    assert judge(project, CLEAN, "-f", "concise").stdout == ""
    assert (project / "src" / "clean.py").read_text() == CLEAN


def test_the_gate_judges_only_it(project: Path) -> None:
    assert judge(project, CLEAN, "--fail-on", "low", "--fail-under", "A+").returncode == 0
    assert judge(project, SLEEPER, "--fail-on", "high").returncode == 1


def test_the_rest_of_the_project_is_read_from_disk(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.exai-audit]\nselect = ['EXA203']\n")
    text = "import requests\n\n\ndef ask():\n    requests.get('https://a.example/x', timeout={})\n"
    (project / "src" / "other.py").write_text(text.format(30).replace("ask", "tell"))
    done = judge(project, text.format(5), "-f", "json")
    whole = json.loads(done.stdout)
    assert whole["scale"]["files"] == 2
    assert whole["scale"]["timeouts"] == 2


def test_a_file_that_is_not_on_disk_yet(project: Path) -> None:
    done = judge(project, SLEEPER, "-f", "concise", name="src/new.py")
    assert done.stdout.startswith("src/new.py:5:5: EXA405")
    assert not (project / "src" / "new.py").exists()


def test_outside_of_a_project_nothing_else_is_read(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(SLEEPER)
    done = judge(tmp_path, SLEEPER, "-f", "json", name="new.py")
    document = json.loads(done.stdout)
    assert document["scale"]["files"] == 1
    assert [found["path"] for found in document["findings"]] == ["new.py"]


def test_a_cached_file_is_forgotten_for_the_text_and_remembered_after(project: Path) -> None:
    for _ in range(2):
        assert "EXA405" in judge(project, SLEEPER, "-f", "concise").stdout
        assert judge(project, CLEAN, "-f", "concise").stdout == ""


def test_excluded_names_are_judged_unless_excludes_are_forced(project: Path) -> None:
    (project / "exai-audit.toml").write_text("extend-exclude = ['src/clean.py']\n")
    assert "EXA405" in judge(project, SLEEPER, "-f", "concise").stdout
    forced = judge(project, SLEEPER, "-f", "concise", "--force-exclude", "--fail-on", "low")
    assert (forced.returncode, forced.stdout) == (0, "")


def test_text_in_another_encoding_and_with_syntax_errors(project: Path) -> None:
    latin = b"# coding: latin-1\nname = 'caf\xe9'\n" + SLEEPER.encode()
    assert "EXA405" in judge(project, latin, "-f", "concise").stdout
    assert "EXA001" in judge(project, "def (:\n", "-f", "concise").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "say with --stdin-filename NAME"),
        (("--stdin-filename", "a.py"), "give - as the only path"),
        (("--stdin-filename", "a.py", "-", "src"), "give - as the only path"),
    ],
)
def test_half_of_it_is_an_error(project: Path, arguments: tuple[str, ...], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exai_audit", "scan", *arguments],
        cwd=project, capture_output=True, text=True, check=False, input="",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    assert done.returncode == 2
    assert message in done.stderr
