"""A pool of workers made anew in a coroutine, a loop, a request handler or a wrapper.

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
and pools around an endless loop are silent. A synchronous method may be called seldom: low
confidence, medium where the pool is made for three tasks or less and the method does not ask
whether an event loop runs (it then needs a thread for a moment). Plain functions are silent,
unless they are a decorator's wrapper or the file itself calls them in a loop, a coroutine or a
handler.

*References.* Python documentation, asyncio "Executing code in thread or process pools";
``asyncio.to_thread`` uses the loop's own pool of min(32, CPUs + 4) threads.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import PoolFact, PoolKind
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each pool that what runs again and again makes for itself."""
    for facts in project.importable_files():
        for pool in facts.pools:
            if pool.per_call and not pool.handed_on:
                yield _hit(facts.path, pool)


_MAKERS = {
    "coroutine": "each call of the coroutine",
    "handler": "each request",
    "loop": "each turn of the loop",
    "wrapper": "each call of the decorated function",
    "called-again": "each call of the function, of which there are many,",
    "method": "each call of the method",
}
_FEW = 3
_CONFIDENCE = {"called-again": Confidence.MEDIUM, "method": Confidence.LOW}


def _hit(path: str, pool: PoolFact) -> Hit:
    name = pool.callable.rpartition(".")[2]
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.LOW if pool.per_call == "method" else Severity.MEDIUM,
        confidence=_confidence(pool),
        message=f"{_MAKERS[pool.per_call]} makes a {name} of its own",
        remedy=_remedy(pool, name),
    )


def _confidence(pool: PoolFact) -> Confidence:
    if pool.asks_for_loop:
        return Confidence.LOW
    if pool.per_call == "method" and 0 < pool.tasks <= _FEW:
        return Confidence.MEDIUM
    return _CONFIDENCE.get(pool.per_call, Confidence.HIGH)


def _remedy(pool: PoolFact, name: str) -> str:
    given = f"{name}({pool.workers_text})" if pool.workers_text else f"{name}()"
    close = f"{pool.closed_by[0]}()" if pool.closed_by else "close it"
    if pool.per_call == "loop":
        return f"Make {given} once, before the loop (with {given} as pool: around the loop)."
    remedy = f"Make {given} once, at module level or at start-up, and {close} at shutdown."
    if pool.kind is PoolKind.PROCESS:
        return remedy
    if pool.per_call in ("wrapper", "called-again", "method"):
        return f"{remedy} Calls at the same time then share its workers."
    if pool.per_call == "handler":
        return f"{remedy} Concurrent requests then share its workers."
    if pool.tasks == 1 or not pool.tasks:
        remedy += " For a single call, await asyncio.to_thread(...) is enough."
    return remedy


RULE = Rule(
    code="EXA402",
    name="executor-per-call",
    family=Family.CONCURRENCY,
    summary="a pool made inside a coroutine, a loop, a request handler or a wrapper",
    severity="medium; low in a method",
    options=Options,
    check=check,
)
