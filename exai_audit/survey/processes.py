"""The work of a survey in processes of this machine, one for each repository.

What kills its process is a repository without a report; the others go on.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from exai_audit.audit.collecting import START_METHOD
from exai_audit.audit.workers import end_with, safe_path
from exai_audit.knowledge.table import table
from exai_audit.rulebook.registry import practices, rules
from exai_audit.survey.work import Outcome, Work

Audited = Callable[[Work], Outcome]


def outcomes(works: Sequence[Work], jobs: int, audited: Audited) -> Iterator[Outcome]:
    """Yield what comes of each work, as soon as it is there.

    Args:
        jobs: how many processes at once.
        audited: does one work; it has to be a function of a module.
    """
    if START_METHOD == "fork":
        _load_all()
    waiting = deque(works)
    running: dict[Connection, tuple[Work, BaseProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                work = waiting.popleft()
                connection, process = _start(work, audited)
                running[connection] = work, process
            for ready in wait(list(running)):
                connection = next(one for one in running if one is ready)
                yield _ended(connection, *running.pop(connection))
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def _load_all() -> None:
    """Load what every audit needs, once, so that forked processes have it."""
    for name in ("exai_audit.collectors", "exai_audit.audit.judge", "exai_audit.planning.agenda"):
        import_module(name)
    rules()
    practices()
    table()


def _start(work: Work, audited: Audited) -> tuple[Connection, BaseProcess]:
    context = ForkContext() if START_METHOD == "fork" else SpawnContext()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, work, audited, os.getpid()), daemon=True)
    with safe_path(START_METHOD):
        process.start()
    there.close()
    return here, process


def _work(there: Connection, work: Work, audited: Audited, parent: int) -> None:
    end_with(parent)  # also while it hands on a report that nobody takes any more
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outcome = audited(work)
    there.send((outcome.name, outcome.report, outcome.reason))
    there.close()


def _ended(connection: Connection, work: Work, process: BaseProcess) -> Outcome:
    try:
        outcome = Outcome(*connection.recv())
    except EOFError:
        process.join()
        outcome = Outcome(work.repository.name, reason=_why(process.exitcode))
    connection.close()
    process.join()
    return outcome


def _why(status: int | None) -> str:
    """Say how a process ended that gave no report."""
    if status is not None and status < 0:
        return f"its process was killed by {signal.Signals(-status).name}"
    return f"its process ended with status {status}"
