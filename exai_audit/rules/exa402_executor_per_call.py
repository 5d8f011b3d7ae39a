"""A pool of workers made anew in a coroutine, a loop or a request handler.

*Why.* Starting threads or processes costs more than most of what they are given, and a pool that
is made for each call bounds nothing: ten calls at once make ten pools.

*Bad*

```python
from concurrent.futures import ThreadPoolExecutor


async def resize(images):
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(shrink, images))
```

*Good*

```python
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(max_workers=8)


async def resize(images, loop):
    return [await loop.run_in_executor(POOL, shrink, image) for image in images]
```

*Known false alarms.* A coroutine that runs once, at start-up: suppress with that reason. Entry
points (``main``, commands, what only they call), pools that a context manager yields to its user
and pools around an endless loop are silent.

*References.* Python documentation, asyncio "Executing code in thread or process pools";
``asyncio.to_thread`` uses the loop's own pool of min(32, CPUs + 4) threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.concurrency import PoolFact, PoolKind
from exai_audit.finding import Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each pool that a coroutine, a loop or a handler makes for itself."""
    for facts in project.judged_files():
        for pool in facts.pools:
            if pool.per_call and not pool.handed_on:
                yield _hit(facts.path, pool)


_MAKERS = {
    "coroutine": "each call of the coroutine",
    "handler": "each request",
    "loop": "each turn of the loop",
}


def _hit(path: str, pool: PoolFact) -> Hit:
    name = pool.callable.rpartition(".")[2]
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.MEDIUM,
        message=f"{_MAKERS[pool.per_call]} makes a {name} of its own",
        remedy=_remedy(pool, name),
    )


def _remedy(pool: PoolFact, name: str) -> str:
    given = f"{name}({pool.workers_text})" if pool.workers_text else f"{name}()"
    close = f"{pool.closed_by[0]}()" if pool.closed_by else "close it"
    if pool.per_call == "loop":
        return f"Make {given} once, before the loop (with {given} as pool: around the loop)."
    remedy = f"Make {given} once, at module level or at start-up, and {close} at shutdown."
    if pool.kind is PoolKind.PROCESS:
        return remedy
    if pool.per_call == "handler":
        return f"{remedy} Concurrent requests then share its workers."
    if pool.tasks == 1 or not pool.tasks:
        remedy += " For a single call, await asyncio.to_thread(...) is enough."
    return remedy


RULE = Rule(
    code="EXA402",
    name="executor-per-call",
    family=Family.CONCURRENCY,
    summary="a pool made inside a coroutine, a loop or a request handler",
    severity="medium",
    options=Options,
    check=check,
)
