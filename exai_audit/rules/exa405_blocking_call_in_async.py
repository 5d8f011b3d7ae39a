"""A call in a coroutine that blocks the whole event loop.

*Why.* A coroutine shares its thread with all others. While ``time.sleep`` or a synchronous HTTP
call waits, no other request, heartbeat or timeout of the process runs.

*Bad*

```python
import time

import requests


async def poll(url):
    while not requests.get(url, timeout=5).ok:
        time.sleep(0.5)
```

*Good*

```python
import asyncio

import requests


async def poll(url):
    while not (await asyncio.to_thread(requests.get, url, timeout=5)).ok:
        await asyncio.sleep(0.5)
```

*Known false alarms.* A coroutine that runs alone in a loop of its own may block it on purpose. A
future's ``result()`` is only judged where the file shows the call that made it (``submit``,
``run_coroutine_threadsafe``) and nothing that waits for it first.

*References.* What blocks is listed in the knowledge table, each call with its source. A call is
named when it stands in the coroutine itself, or one call away in a synchronous function of the
same file (medium confidence); nested functions, lambdas and what is handed to a thread do not
block. File-system calls are judged with ``judge-file-system = true``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.concurrency import BlockingFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


@dataclass(frozen=True, slots=True)
class Options:
    """``judge_file_system`` judges calls that only wait for the file system, too."""

    judge_file_system: bool = False


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each blocking call that a coroutine makes."""
    for facts in project.judged_files():
        file_system = options.at(facts.path).judge_file_system
        for fact in facts.blocking:
            if file_system or not fact.file_system:
                yield _through(facts.path, fact) if fact.via else _direct(facts.path, fact)


def _direct(path: str, fact: BlockingFact) -> Hit:
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        message=f"{fact.operation} blocks the event loop of the coroutine {_name(fact)}",
        remedy=f"Write {fact.instead} instead.",
    )


def _through(path: str, fact: BlockingFact) -> Hit:
    said = f"{fact.operation} blocks in {fact.via_symbol}"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message=f"the coroutine {_name(fact)} blocks the event loop: {said}, line {fact.via}",
        remedy=(
            f"Call it as await asyncio.to_thread({fact.via_symbol.rpartition('.')[2]}, ...), or"
            f" make it a coroutine and write {fact.instead} in it."
        ),
        related=(Related(path, fact.via, said),),
    )


def _name(fact: BlockingFact) -> str:
    return fact.place.symbol.rpartition(".")[2]


RULE = Rule(
    code="EXA405",
    name="blocking-call-in-async",
    family=Family.CONCURRENCY,
    summary="a call that blocks the event loop, in a coroutine",
    severity="high",
    options=Options,
    check=check,
)
