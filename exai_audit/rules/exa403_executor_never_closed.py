"""A pool of workers that nothing closes.

*Why.* The threads or processes of a pool stay until it is closed. One pool for each object or call
that nobody closes is a leak that grows with the traffic; a pool of processes that is dropped open
may leave orphans or hang the interpreter's exit.

*Bad*

```python
from concurrent.futures import ThreadPoolExecutor


class Mailer:
    def __init__(self):
        self._pool = ThreadPoolExecutor(max_workers=8)

    def send(self, mail):
        return self._pool.submit(deliver, mail)
```

*Good*

```python
from concurrent.futures import ThreadPoolExecutor


class Mailer:
    def __init__(self):
        self._pool = ThreadPoolExecutor(max_workers=8)

    def send(self, mail):
        return self._pool.submit(deliver, mail)

    def close(self):
        self._pool.shutdown()
```

*Known false alarms.* One pool for the whole program may be left to the interpreter's exit, where
``concurrent.futures`` itself joins its workers, and so may one that an entry point makes: low
confidence; and so may that of an object that a module, the class's own or another, makes once for
the life of the process. A pool that the file gives away (returns it, passes it to another call) may
be closed there and is silent, unless the class that made it has a method that closes the rest.

*References.* Python documentation, ``Executor.shutdown``; ``multiprocessing.pool.Pool``: "must be
properly managed (either by using the pool as a context manager or by calling close() and
terminate() manually)".
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import PoolFact, PoolLifetime
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.pool_owners import PoolOwners
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_FOR_THE_PROGRAM = (PoolLifetime.MODULE, PoolLifetime.CLASS, PoolLifetime.FUNCTION_ATTRIBUTE)


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each pool that its file neither closes nor gives away."""
    owners = PoolOwners(project)
    for facts in project.importable_files():
        for pool in facts.pools:
            left = bool(pool.left_by) and pool.lent
            if not pool.closed and (left or not pool.handed_on):
                yield _hit(facts, pool, owners)


def _hit(facts: FileFacts, pool: PoolFact, owners: PoolOwners) -> Hit:
    path, name = facts.path, pool.callable.rpartition(".")[2]
    if pool.left_by:
        return _left(path, pool, name)
    for_all = pool.lifetime in _FOR_THE_PROGRAM or owners.live_on(pool, facts)
    at_exit = pool.by_entry or (pool.at_exit and for_all)
    until = ", until the interpreter exits" if at_exit else ""
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.LOW,
        confidence=Confidence.LOW if at_exit else Confidence.HIGH,
        message=f"nothing closes this {name}{until}",
        remedy=_remedy(pool, name),
    )


def _left(path: str, pool: PoolFact, name: str) -> Hit:
    """Return the hit at a pool that the closing method of its class leaves running."""
    close = pool.closed_by[0] if pool.closed_by else "close"
    said = f"{pool.left_by} closes the object and leaves the pool running"
    return Hit(
        path=path,
        place=pool.place,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM if pool.handed_on else Confidence.HIGH,
        message=f"nothing closes this {name}: {pool.left_by} leaves it running",
        remedy=f"Call self.{pool.kept_as}.{close}() in {pool.left_by}.",
        related=(Related(path, pool.left_line, said),),
    )


def _remedy(pool: PoolFact, name: str) -> str:
    given = f"{name}({pool.workers_text})" if pool.workers_text else f"{name}()"
    close = pool.closed_by[0] if pool.closed_by else "close"
    if pool.lifetime in (PoolLifetime.CALL, PoolLifetime.LOOP_TURN):
        return f"Write with {given} as pool: around its use."
    if pool.lifetime is PoolLifetime.INSTANCE:
        kept = f"self.{pool.kept_as}.{close}()"
        return f"Call {kept} where the object is closed (close, stop, __exit__)."
    return (
        f"Call {pool.kept_as}.{close}() at shutdown, in the framework's own hook or through"
        f" atexit.register({pool.kept_as}.{close})."
    )


RULE = Rule(
    code="EXA403",
    name="executor-never-closed",
    family=Family.CONCURRENCY,
    summary="a pool that nothing closes",
    severity="low",
    options=Options,
    check=check,
)
