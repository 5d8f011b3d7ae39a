"""A lock, queue or client made at import, in a project that runs several event loops.

*Why.* An ``asyncio`` lock, queue or event belongs to the loop in which it first has to wait, the
connections of a client to the loop that opened them. Made once for the module and used from a
second loop, it raises "is bound to a different event loop" or "loop is closed", under load only.

*Bad*

```python
import asyncio

LOCK = asyncio.Lock()


async def refresh(token):
    async with LOCK:
        return await token.renew()


def refresh_now(token):
    return asyncio.run(refresh(token))
```

*Good*

```python
import asyncio


class Tokens:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def refresh(self, token):
        async with self._lock:
            return await token.renew()


def main(token):
    asyncio.run(Tokens().refresh(token))
```

*Known false alarms.* Code that all runs in the same loop, although the file also starts others:
suppress with that reason.

*References.* Python documentation, asyncio synchronization primitives ("bound to a different event
loop", since 3.10 at the first wait). Other loops are those of `sync-async-bridge` (EXA404): made
per call, in threads or pools. High confidence where such a loop runs a coroutine that uses the
object, medium where it is made in the same file; other files say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from exai_audit.facts.concurrency import LOOPS, BridgeFact, LoopBoundFact, Role
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_Loop = tuple[str, BridgeFact]


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each object of a loop that is made at import and reached from another."""
    loops = [
        (facts.path, fact)
        for facts in project.importable_files()
        for fact in facts.bridges
        if _is_another_loop(fact, project)
    ]
    for facts in project.importable_files() if loops else ():
        for bound in facts.loop_bound:
            if bound.at_import:
                yield from _hits(facts.path, bound, loops)


def _is_another_loop(fact: BridgeFact, project: Project) -> bool:
    """Tell whether a loop is made beside that of the program."""
    if fact.kind not in LOOPS or fact.fails or not (fact.new_loop or fact.itself):
        return False
    if fact.runs_in is not None:
        return True
    is_script = not fact.function or fact.function in project.scripts
    return fact.role in (Role.LIBRARY, Role.OWNER) and not is_script


def _hits(path: str, bound: LoopBoundFact, loops: Sequence[_Loop]) -> Iterator[Hit]:
    running = [loop for loop in loops if loop[1].runs in bound.users]
    beside = [loop for loop in loops if loop[0] == path]
    for found, confidence in ((running, Confidence.HIGH), (beside, Confidence.MEDIUM)):
        if found:
            yield _hit(path, bound, found[0], confidence)
            return


def _hit(path: str, bound: LoopBoundFact, loop: _Loop, confidence: Confidence) -> Hit:
    where, fact = loop
    return Hit(
        path=path,
        place=bound.place,
        severity=Severity.MEDIUM,
        confidence=confidence,
        message=(
            f"{bound.kept_as} is made at import and belongs to the first event loop that uses it,"
            " but the project runs several"
        ),
        remedy=(
            f"Make {bound.kept_as} where its loop runs (in a start-up hook or the object that uses"
            " it), one for each loop; or run all coroutines in one loop (asyncio.run once)."
        ),
        related=(Related(where, fact.place.span.line, f"{fact.operation} runs another loop"),),
    )


RULE = Rule(
    code="EXA408",
    name="loop-bound-at-import",
    family=Family.CONCURRENCY,
    summary="a lock, queue or client of one event loop, made at import where several loops run",
    severity="medium",
    options=Options,
    check=check,
)
