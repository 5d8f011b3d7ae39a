"""``scan --watch``: what is new and fixed after each change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("watchfiles")

from tests.scratch import repository, run
from tests.test_cli import CLEAN, SLEEPER

PACKAGE = str(Path(__file__).parent.parent)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", clean=CLEAN, sleeper=SLEEPER)


@pytest.fixture
def watching(project: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "exai_audit", "scan", ".", "--watch", "--select", "EXA4"]
    process = subprocess.Popen(
        [*command, "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": PACKAGE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_what_is_new_and_fixed_is_printed(project: Path, watching: subprocess.Popen[str]) -> None:
    assert line(watching).endswith("1 high  (watching; Ctrl-C ends it)")
    (project / "clean.py").write_text(SLEEPER)
    assert line(watching) == (
        "+ clean.py:5:5: EXA405 high time.sleep blocks the event loop of the coroutine wait"
    )
    assert line(watching).endswith("1 new, 0 fixed")
    (project / "sleeper.py").unlink()
    assert line(watching).startswith("- sleeper.py:5:5: EXA405")
    assert line(watching).endswith("0 new, 1 fixed")
    (project / "clean.py").write_text("def half(:\n")
    assert line(watching).startswith("+ clean.py:1:10: EXA001")
    assert line(watching).startswith("- clean.py:5:5: EXA405")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 0


def test_trouble_is_told_and_watching_goes_on(
    project: Path, watching: subprocess.Popen[str]
) -> None:
    line(watching)
    assert watching.stderr is not None
    (project / "exai-audit.toml").write_text("nonsense = 1\n")
    assert "nonsense" in watching.stderr.readline()
    (project / "exai-audit.toml").unlink()
    (project / "clean.py").write_text(SLEEPER)
    assert line(watching).startswith("+ clean.py:5:5: EXA405")


@pytest.mark.parametrize("option", [("--since", "HEAD"), ("-f", "json"), ("--only", "0" * 16)])
def test_what_only_one_run_can_give_is_refused(project: Path, option: tuple[str, ...]) -> None:
    done = run(project, "scan", "--watch", *option)
    assert done.returncode == 2
    assert "--watch: does not go with --" in done.stderr


def test_without_the_extra_the_remedy_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = run(project, "scan", "--watch")
    assert done.returncode == 2
    assert "python -m pip install 'exai-audit[watch]'" in done.stderr
