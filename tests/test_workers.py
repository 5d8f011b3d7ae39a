"""Workers: they end with their parent, whatever ends it, and run nothing of the project."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from exai_audit.audit.collecting import collect_one
from exai_audit.facts.file import FailureKind

ROOT = Path(__file__).parent.parent
WAITING = """
import os, signal, sys, time
from exai_audit.audit.workers import working

def number(_):
    time.sleep(0.2)
    return os.getpid()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells silence it in the background
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and nohup this one
    with working(2, sys.argv[1]) as pool:
        found = sorted({one.result() for one in [pool.submit(number, i) for i in range(4)]})
        for _ in range(2):
            pool.submit(time.sleep, 600)
        print(*found, flush=True)
        time.sleep(600)
"""


SURVEYING = """
import os, sys, time
from pathlib import Path
from exai_audit.survey import processes
from exai_audit.survey.work import Outcome

def large(work):
    Path(sys.argv[1]).write_text(str(os.getpid()))
    return Outcome("a", report=b"x" * 10_000_000)

if __name__ == "__main__":
    kept = processes._start(None, large)
    while not Path(sys.argv[1]).exists() or not Path(sys.argv[1]).read_text():
        time.sleep(0.01)
    print("at work", flush=True)
    time.sleep(600)
"""


def started(folder: Path, method: str) -> subprocess.Popen[bytes]:
    script = folder / "waiting.py"
    script.write_text(WAITING)
    return subprocess.Popen(
        [sys.executable, str(script), method],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_no_worker_outlives_its_parent_or_holds_its_output(
    tmp_path: Path, method: str, end: signal.Signals
) -> None:
    with started(tmp_path, method) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers
        parent.send_signal(end)
        ready, _, _ = select.select([parent.stdout], [], [], 30)
        parent.kill()  # so that a failure is told, not waited for
        assert ready, "the output is still held open"
        parent.stdout.read()
    waited = time.monotonic() + 30
    while any(map(is_running, workers)) and time.monotonic() < waited:
        time.sleep(0.1)
    assert not any(map(is_running, workers))


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.skipif(sys.version_info < (3, 11), reason="one process only")
def test_no_module_of_the_working_folder_is_run(tmp_path: Path, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(WAITING.replace("600", "0"))
    project = tmp_path / "project"
    project.mkdir()
    for name in ("multiprocessing", "concurrent", "msgspec", "pickle", "sitecustomize", "ast"):
        (project / f"{name}.py").write_text("open('was-run', 'w').close()\n")
    subprocess.run(
        [sys.executable, str(script), method],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    assert not (project / "was-run").exists()


def test_run_as_a_module_nothing_of_the_working_folder_is_run(tmp_path: Path) -> None:
    for name in ("ast", "msgspec", "typer", "tomllib", "json"):
        (tmp_path / f"{name}.py").write_text("open('was-run', 'w').close()\n")
    done = subprocess.run(
        [sys.executable, "-m", "exai_audit", "scan", ".", "--no-cache", "-f", "concise"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "was-run").exists()


class _UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RecursionError


def test_an_error_that_cannot_be_told_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def collect(*_: object) -> None:
        raise _UnspeakableError

    monkeypatch.setattr("exai_audit.collectors.collect", collect)
    facts, blob = collect_one("a.py", b"", "a", None)
    assert (blob, facts.failure and facts.failure.kind) == (b"", FailureKind.UNREADABLE)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_no_process_of_a_survey_waits_for_a_killed_one_to_take_its_report(tmp_path: Path) -> None:
    script, place = tmp_path / "surveying.py", tmp_path / "worker"
    script.write_text(SURVEYING)
    with subprocess.Popen(
        [sys.executable, str(script), str(place)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        parent.kill()
    worker = int(place.read_text())
    waited = time.monotonic() + 30
    while is_running(worker) and time.monotonic() < waited:
        time.sleep(0.1)
    assert not is_running(worker)
