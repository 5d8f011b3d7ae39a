"""A thread pool with too few workers for work that waits.

*Why.* Threads in a pool mostly wait: for the network, the disk, a lock. With two or three workers
one slow answer holds up everything behind it, and in an asynchronous service it holds up every
request that hands work to the pool.

*Bad*

```python
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(max_workers=2)
```

*Good*

```python
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(max_workers=16)
```

*Known false alarms.* A pool kept small to spare what it talks to: suppress with that reason. One
worker mostly means "one after the other" on purpose and is shown with low confidence. A pool that
is given no more tasks than it has workers, all in one place, is silent; so is a size that only the
running program knows.

*References.* ``min-workers`` is 4 by default. Without a size, ``ThreadPoolExecutor`` starts up to
min(32, CPUs + 4) threads (Python documentation, concurrent.futures).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import PoolFact, PoolKind, Workers
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """A thread pool has at least ``min_workers`` workers."""

    min_workers: int = 4


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each thread pool below the limit."""
    for facts in project.importable_files():
        least = options.at(facts.path).min_workers
        for pool in facts.pools:
            if pool.kind is not PoolKind.THREAD or not pool.workers:
                continue
            suffices = 0 < pool.tasks <= pool.workers
            if 0 < pool.workers < least and not suffices:
                yield _hit(facts.path, pool, pool.workers, least)


def _hit(path: str, pool: PoolFact, workers: int, least: int) -> Hit:
    name = pool.callable.rpartition(".")[2]
    threads = "1 worker" if workers == 1 else f"{workers} workers"
    by_default = " by default" if pool.sized_by is Workers.PARAMETER_DEFAULT else ""
    serves = ", and coroutines wait for it" if pool.serves_async else ""
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.MEDIUM if pool.serves_async else Severity.LOW,
        confidence=_confidence(pool, workers),
        message=f"{name} has {threads}{by_default} (at least {least} expected){serves}",
        remedy=_remedy(pool, name),
        measured=workers,
        threshold=least,
    )


def _confidence(pool: PoolFact, workers: int) -> Confidence:
    if workers == 1:
        return Confidence.LOW
    return Confidence.MEDIUM if pool.sized_by is Workers.PARAMETER_DEFAULT else Confidence.HIGH


def _remedy(pool: PoolFact, name: str) -> str:
    remedy = f"Size it by how many calls wait at once, for example {name}(16)"
    if pool.with_four and pool.default:
        gives = f"{pool.default}, with 4 CPUs {pool.with_four} workers"
        if pool.default.isdigit():
            gives = f"{pool.default} workers"
        remedy = (
            f"Write {name}() for the default, {gives}; or size it by how many calls wait at once"
        )
    if not pool.serves_async:
        return remedy + "."
    close = pool.closed_by[0] if pool.closed_by else "close"
    return (
        f"{remedy}. For a single call, await asyncio.to_thread(...) needs no pool of its own; where"
        f" one has to bound something, make it once, at module level, with {close}() at shutdown."
    )


RULE = Rule(
    code="EXA401",
    name="undersized-thread-pool",
    family=Family.CONCURRENCY,
    summary="a thread pool with fewer than min-workers workers",
    severity="low; medium when coroutines use it",
    options=Options,
    check=check,
)
