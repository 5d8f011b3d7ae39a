"""A task of a bounded pool that waits for another task of the same pool.

*Why.* The task holds a worker while it waits for work that needs one. As soon as as many such
tasks run as the pool has workers, each waits for a place that none gives up: a deadlock, under
load only, with no error and no log line.

*Bad*

```python
from concurrent.futures import ThreadPoolExecutor


class Mirror:
    def __init__(self):
        self._pool = ThreadPoolExecutor(8)

    def copy(self, site):
        return self._pool.submit(self._copy, site)

    def _copy(self, site):
        pages = [self._pool.submit(site.fetch, page) for page in site.pages()]
        return [page.result() for page in pages]
```

*Good*

```python
from concurrent.futures import ThreadPoolExecutor


class Mirror:
    def __init__(self):
        self._sites = ThreadPoolExecutor(8)
        self._pages = ThreadPoolExecutor(8)

    def copy(self, site):
        return self._sites.submit(self._copy, site)

    def _copy(self, site):
        pages = [self._pages.submit(site.fetch, page) for page in site.pages()]
        return [page.result() for page in pages]
```

*Known false alarms.* A pool that surely has more workers than tasks that wait: suppress with that
reason. A wait with a limit ends at least: medium confidence.

*References.* Python documentation, concurrent.futures, ThreadPoolExecutor: "Deadlocks can occur
when the callable associated with a Future waits on the results of another Future". Seen is what
one file shows: the pool by its name or attribute, tasks up to two calls deep. Pools of processes
are silent.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import PoolWaitFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at the first place of each task where it hands work to its own pool."""
    for facts in project.importable_files():
        spoken: set[str] = set()
        for fact in facts.pool_waits:
            if fact.place.symbol not in spoken:
                spoken.add(fact.place.symbol)
                yield _hit(facts.path, fact)


def _hit(path: str, fact: PoolWaitFact) -> Hit:
    name = fact.place.symbol.rpartition(".")[2]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM if fact.limited else Confidence.HIGH,
        message=f"{name} runs in the pool {fact.pool} and waits for a task of the same pool",
        remedy=(
            f"Hand these tasks to a pool of their own, or do the work in {name} itself; or return"
            " the futures and let the caller, outside of the pool, wait for them."
        ),
        related=(
            Related(path, fact.handed_line, f"{fact.pool} is given the task here"),
            Related(path, fact.wait_line, "the task waits here"),
        ),
    )


RULE = Rule(
    code="EXA407",
    name="pool-waits-for-itself",
    family=Family.CONCURRENCY,
    summary="a task of a pool that waits for another task of the same pool",
    severity="high",
    options=Options,
    check=check,
)
