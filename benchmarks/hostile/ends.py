"""Runs killed, interrupted, or ten at once: nothing is half done, nobody is left over."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hostile.mutation import Corpus, write_project
from tests.scratch import git

_PACKAGE = str(Path(__file__).parent.parent.parent)
_CACHE = ".exai-audit-cache"
_COMMAND = (sys.executable, "-c", "from exai_audit.cli import main; main()")
_WORK = (
    ("scan", ".", "--jobs", "2", "-f", "json=out.json"),
    ("baseline", ".", "-o", "out.json"),
    ("fix", ".", "--write", "--unsafe", "--allow-dirty"),
    ("trend", ".", "-f", "json=out.json"),
    ("survey", "--each", "p*", "--into", "results", "-f", "html=out.json"),
)
_FILES = 150
_PATIENCE = 60.0


def kills(dice: random.Random, material: Corpus) -> None:
    """Kill a run at a random moment; then the same run says what one does that nothing stopped."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "trial"
        _project(folder, dice, material)
        words = dice.choice(_WORK)
        first = _spoken(folder, *_READ)
        before = _sources(folder)
        _stop(_started(folder, words), dice.choice(_STOPS), dice.uniform(0.05, 2.5))
        _nobody_is_left(folder)
        assert not list(folder.glob(".out.json.*")), "a part of a file"
        _told(folder, "fix", ".")  # which puts back what a killed one wrote
        after = _sources(folder)
        assert after == before or words[0] == "fix", "sources were changed"
        if after != before:
            _told(folder, "fix", "--undo")
        assert _sources(folder) == before
        (folder / "out.json").unlink(missing_ok=True)
        assert _spoken(folder, *_READ) == first
        _told(folder, *words)


def crowds(dice: random.Random, material: Corpus) -> None:
    """Let ten runs share one cache: each says what one alone does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "trial"
        _project(folder, dice, material)
        alone = _spoken(folder, *_READ, "--no-cache")
        runs = [_started(folder, _READ, subprocess.PIPE) for _ in range(10)]
        said = [run.communicate(timeout=_PATIENCE * 5)[0] for run in runs]
        assert all(one == alone for one in said)
        assert _spoken(folder, *_READ) == alone
        left = [path.name for path in (folder / _CACHE).iterdir() if path.name.startswith(".f")]
        assert not left, left


_READ = ("scan", ".", "--jobs", "2", "-f", "json")
_STOPS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, None)


def _project(folder: Path, dice: random.Random, material: Corpus) -> None:
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    for number in range(3):
        write_project(folder, dice, material, most=4)
        git(folder, "add", "-A", "-f")
        git(folder, "commit", "-qm", f"x {number}", "--allow-empty")
    for number in range(_FILES):
        place = folder / f"p{number % 5}" / f"m{number}.py"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(dice.choice(material.sources))


def _started(folder: Path, words: Sequence[str], out: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_COMMAND, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": _PACKAGE, "EXAI_TRIAL": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if out is None else out,
        stderr=subprocess.DEVNULL,
    )


def _stop(run: subprocess.Popen[bytes], how: signal.Signals | None, seconds: float) -> None:
    """Stop a run after so long, unless it has ended; None waits for its end."""
    if how is not None:
        time.sleep(seconds)
        run.send_signal(how)
    status = run.wait(_PATIENCE)
    if how is signal.SIGINT and seconds > 1:  # the interpreter may not be up before
        assert status in (0, 1, 130, -signal.SIGINT), status


def _nobody_is_left(folder: Path) -> None:
    """Wait for the last process of a run to end, for a few seconds at most."""
    mark = f"EXAI_TRIAL={folder}".encode()
    for _ in range(100):
        left = [place for place in Path("/proc").glob("[0-9]*/environ") if mark in _said(place)]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(f"processes are left: {left}")


def _said(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:
        return b""


def _spoken(folder: Path, *words: str) -> bytes:
    run = _started(folder, words, subprocess.PIPE)
    said = run.communicate(timeout=_PATIENCE * 2)[0]
    assert run.returncode in (0, 1), (words, run.returncode)
    return said


def _told(folder: Path, *words: str) -> None:
    run = _started(folder, words)
    assert run.wait(_PATIENCE * 2) in (0, 1), (words, run.returncode)


def _sources(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*.py")) if _CACHE not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
