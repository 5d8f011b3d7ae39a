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

A pool made to limit one task limits nothing: ``result(timeout=5)`` gives up after five seconds,
but leaving the ``with`` block waits for the task all the same.

*Known false alarms.* A coroutine that runs once, at start-up: suppress with that reason. Entry
points (``main``, commands, what only they call), pools that a context manager yields to its user
and pools around an endless loop are silent; so is a pool that only runs an event loop for each
call, of which EXA404 speaks. A synchronous method may be called seldom, and threads that
synchronous code makes and ends for one batch of work cost it little: low confidence. Plain
functions are silent, unless they are a decorator's wrapper or the file itself calls them in a loop,
a coroutine or a handler.

*References.* Python documentation, asyncio "Executing code in thread or process pools";
``asyncio.to_thread`` uses the loop's own pool of min(32, CPUs + 4) threads; ``Executor.__exit__``
calls ``shutdown(wait=True)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.concurrency import LOOPS, PoolFact, PoolKind, RunsIn
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each pool that what runs again and again makes for itself.

    Those of the coroutines of one class are one, at the first.
    """
    for facts in project.importable_files():
        classes: dict[str, list[PoolFact]] = {}
        for pool in facts.pools:
            if pool.loses_limit:
                yield _limiting_nothing(facts.path, pool)
            elif pool.per_call and not pool.handed_on and not _only_runs_a_loop(pool, facts):
                owner, dot, _ = pool.place.symbol.partition(".")
                key = owner if dot and pool.per_call == "coroutine" else str(pool.place)
                classes.setdefault(key, []).append(pool)
        for alike in classes.values():
            yield _of_class(facts.path, alike)


def _of_class(path: str, pools: Sequence[PoolFact]) -> Hit:
    """Return the hit at the first of some pools; the others are related to it."""
    first, *others = pools
    hit = _hit(path, first)
    if not others:
        return hit
    owner = first.place.symbol.partition(".")[0]
    return replace(
        hit,
        message=f"{hit.message}, in {len(pools)} places of {owner}",
        related=tuple(
            Related(path, one.place.span.line, f"{one.place.symbol} makes one") for one in others
        ),
    )


def _only_runs_a_loop(pool: PoolFact, facts: FileFacts) -> bool:
    """Tell whether a function hands its pool what makes an event loop: that is the cause."""
    return any(
        fact.kind in LOOPS and fact.runs_in is RunsIn.POOL and not fact.guarded
        for fact in facts.bridges
        if _is_in(fact.place.symbol, pool.place.symbol)
    )


def _is_in(symbol: str, outer: str) -> bool:
    return bool(outer) and f"{symbol}.".startswith(f"{outer}.")


_MAKERS = {
    "coroutine": "each call of the coroutine",
    "handler": "each request",
    "loop": "each turn of the loop",
    "wrapper": "each call of the decorated function",
    "called-again": "each call of the function, of which there are many,",
    "method": "each call of the method",
}
_CONFIDENCE = {"called-again": Confidence.MEDIUM, "method": Confidence.LOW}
_FOR_ITS_WORK = frozenset({"handler", "loop", "called-again"})
"""Synchronous code that may make a few threads for a batch, and end them with it."""


def _limiting_nothing(path: str, pool: PoolFact) -> Hit:
    name = pool.callable.rpartition(".")[2]
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.MEDIUM,
        message=(
            f"the limit on a task of this {name} limits nothing: leaving the with block waits for"
            " the task all the same"
        ),
        remedy=(
            f"Make {_made(pool, name)} once, at module level or at start-up, so that who waits with"
            " a limit goes on without the task; or limit what the task itself waits for."
        ),
    )


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
    if pool.asks_for_loop or _is_for_a_batch(pool):
        return Confidence.LOW
    return _CONFIDENCE.get(pool.per_call, Confidence.HIGH)


def _is_for_a_batch(pool: PoolFact) -> bool:
    """Tell whether threads are made and ended for one batch of work: it costs them little."""
    is_cheap = pool.kind is PoolKind.THREAD and bool(pool.closed)
    return is_cheap and not pool.serves_async and pool.per_call in _FOR_ITS_WORK


def _made(pool: PoolFact, name: str) -> str:
    return f"{name}({pool.workers_text})" if pool.workers_text else f"{name}()"


def _remedy(pool: PoolFact, name: str) -> str:
    given = _made(pool, name)
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
    if pool.workers == 1:
        return (
            "Write await asyncio.to_thread(...): the loop keeps threads for that, and leaving the"
            " with block waits for the task even where this coroutine is cancelled."
        )
    if pool.tasks == 1 or not pool.tasks:
        remedy += " For a single call, await asyncio.to_thread(...) is enough."
    return remedy


RULE = Rule(
    code="EXA402",
    name="executor-per-call",
    family=Family.CONCURRENCY,
    summary="a pool made inside a coroutine, a loop, a request handler or a wrapper",
    severity="medium; low in a method whose tasks have no limit",
    options=Options,
    check=check,
)
