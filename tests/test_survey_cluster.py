"""A survey on a Dask cluster: the same bytes, and workers that die are replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from exai_audit.survey import cluster, processes
from exai_audit.survey.cluster import audited_there, connected, outcomes
from exai_audit.survey.manifest import folders_matching
from exai_audit.survey.work import Outcome, Work, audited
from tests.scratch import run

CALM = "import asyncio\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"


@pytest.fixture
def works(tmp_path: Path) -> list[Work]:
    """Six repositories of three files each."""
    for number in range(6):
        folder = tmp_path / "services" / f"s{number}"
        folder.mkdir(parents=True)
        for name in ("a", "b", "c"):
            (folder / f"{name}.py").write_text(SLEEPER if number % 2 else CALM)
    found = folders_matching([str(tmp_path / "services" / "*")])
    return [Work(one, date(2026, 1, 1), ()) for one in found]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A cluster of two processes."""
    with connected("local", 2) as made:
        yield made


def test_the_same_bytes_whatever_runs_it(works: list[Work], client: Client) -> None:
    there = sorted(outcomes(works, client), key=lambda outcome: outcome.name)
    here = sorted(processes.outcomes(works, 2, audited), key=lambda outcome: outcome.name)
    assert there == here


def test_the_files_of_a_large_repository_are_spread(
    works: list[Work], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.submit(audited_there, works[1], pure=False).result()
    parts = client.submit(spread, works[1], pure=False).result()
    assert parts == whole


def spread(work: Work) -> Outcome:
    """Audit as if every repository were large, and its files many."""
    cluster.SHARED_BYTES, cluster._CHUNK_BYTES = 0, 1
    return audited_there(work)


def test_a_worker_that_is_killed_in_the_middle_is_replaced(works: list[Work]) -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local,
        Client(local) as own,
    ):
        waiting = outcomes(works, own)
        done = [next(waiting)]
        victim = own.run(os.getpid)
        os.kill(next(iter(victim.values())), signal.SIGKILL)
        done.extend(waiting)
    assert sorted(outcome.name for outcome in done) == [work.repository.name for work in works]
    assert all(outcome.report for outcome in done)


def kill(work: Work) -> Outcome:
    """Kill the worker that has this repository."""
    if work.repository.name == "s3":
        os.kill(os.getpid(), signal.SIGKILL)
    return audited(work)


def test_work_that_kills_workers_is_a_row(
    works: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "audited_there", kill)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local,
        Client(local) as own,
    ):
        own.run_on_scheduler(allow_one_failure)
        done = {outcome.name: outcome for outcome in outcomes(works, own)}
    assert done["s3"].reason == "its workers died, one after the other"
    assert all(done[f"s{number}"].report for number in range(6) if number != 3)


def allow_one_failure(dask_scheduler: object) -> None:
    """Give up on work that killed two workers."""
    dask_scheduler.allowed_failures = 1  # type: ignore[attr-defined]


def test_a_scheduler_that_runs_already(tmp_path: Path, works: list[Work]) -> None:
    file = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    place = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, *place], **quiet) as scheduler:  # type: ignore[call-overload]
        try:
            while not file.exists() or not file.read_text():
                assert scheduler.poll() is None
                time.sleep(0.1)
            limits = [
                "--nthreads",
                "1",
                "--scheduler-file",
                str(file),
                "--local-directory",
                str(tmp_path),
            ]
            with subprocess.Popen([*worker, *limits], **quiet) as beside:  # type: ignore[call-overload]
                try:
                    address = json.loads(file.read_text())["address"]
                    folder = tmp_path / "services"
                    done = run(folder.parent, "survey", "--each", "services/*", "--dask", address)
                finally:
                    beside.terminate()
        finally:
            scheduler.terminate()
    assert done.returncode == 0, done.stderr
    assert "6 repositories, 6 with a score" in done.stdout


def test_no_scheduler_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CALM)
    done = run(tmp_path, "survey", "--each", ".", "--dask", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "no scheduler answers there" in done.stderr
