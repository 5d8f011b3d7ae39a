"""A sleep, or another coroutine, that is called and that nothing awaits.

*Why.* A call of a coroutine function only makes a coroutine; its code runs when it is awaited.
``asyncio.sleep(1)`` without ``await`` does not wait: a loop around it never pauses, and no other
coroutine gets a turn. Any other work is silently lost, but for a warning when the garbage is
collected. Where the result is asked for (a condition, a loop, an unpacking), a condition is always
true and anything else fails.

*Bad*

```python
import asyncio


async def wait_for(job):
    while not await job.is_done():
        asyncio.sleep(0.5)
```

*Good*

```python
import asyncio


async def wait_for(job):
    while not await job.is_done():
        await asyncio.sleep(0.5)
```

*Known false alarms.* A coroutine function that something outside the file replaces by a plain one
when the program runs. Where a condition has found that the function is no coroutine function
(``inspect.iscoroutinefunction``), its plain call is right and no finding.

*References.* Python documentation, "Coroutines": simply calling a coroutine will not schedule it.
Known are the coroutines of the knowledge table, those that the file itself defines without a
decorator or awaits elsewhere, and those of other modules of the project, by the names they are
imported under, by the classes above, and where an object is called like its class (medium
confidence).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import UnawaitedFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.coroutines import Coroutines
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each call of a coroutine function that nothing awaits."""
    known = Coroutines(project)
    for facts in project.importable_files():
        for fact in facts.unawaited:
            if fact.shown or known.are_named(fact.function):
                yield _hit(facts.path, fact)


def _hit(path: str, fact: UnawaitedFact) -> Hit:
    name = fact.function.rpartition(".")[2]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH if fact.shown else Confidence.MEDIUM,
        message=f"{_shown(fact)}(...) is not awaited: {_outcome(fact, name)}",
        remedy=_remedy(fact, name),
    )


def _shown(fact: UnawaitedFact) -> str:
    """Return the name that the reader sees: a library's in full, else without its module."""
    return fact.function if _sleeps(fact) else fact.function.rpartition(".")[2]


def _sleeps(fact: UnawaitedFact) -> bool:
    return fact.function in ("asyncio.sleep", "anyio.sleep", "trio.sleep")


def _outcome(fact: UnawaitedFact, name: str) -> str:
    if fact.as_result:
        return f"the coroutine {name} is used as if it were its result"
    if not _sleeps(fact):
        return f"the coroutine {name} never runs"
    return "the loop around it never pauses" if fact.in_loop else "nothing waits"


def _remedy(fact: UnawaitedFact, name: str) -> str:
    if fact.in_coroutine:
        return f"Write await {_shown(fact)}(...)."
    if _sleeps(fact):
        return "Write time.sleep(...), or make the function a coroutine and await it."
    return (
        f"Make the function a coroutine and write await {name}(...), or hand the coroutine to the"
        " loop that shall run it: asyncio.run_coroutine_threadsafe(...)."
    )


RULE = Rule(
    code="EXA409",
    name="sleep-not-awaited",
    family=Family.CONCURRENCY,
    summary="asyncio.sleep or another coroutine that is called and that nothing awaits",
    severity="critical",
    options=Options,
    check=check,
)
