"""A function that may be a plain one is called by the coroutine itself.

*Why.* Where a coroutine awaits what is a coroutine function and calls all else itself, each plain
function runs on the event loop, however long it takes. Whoever hands in a tool or a task that
sleeps, reads or computes stops all other coroutines, and nothing tells him.

*Bad*

```python
import inspect


async def execute(tool, given):
    if inspect.iscoroutinefunction(tool):
        return await tool(given)
    return tool(given)
```

*Good*

```python
import asyncio
import inspect


async def execute(tool, given):
    if inspect.iscoroutinefunction(tool):
        return await tool(given)
    return await asyncio.to_thread(tool, given)
```

*Known false alarms.* Functions that must run in the loop's thread, or are known to be short: say
so where they are handed in, and suppress with that reason. What is handed in under a name that
speaks of work (a tool, a task, a job), with a flag that says whether it is a coroutine function, or
to be tried again after a pause where it fails, is shown with medium confidence, all else
(callbacks, hooks, functions that map or transform, the object's own methods, what a decorator
wraps) with low.

*References.* Starlette runs plain endpoints in threads for this reason; Python documentation,
``asyncio.to_thread``.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import LoopCallbackFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each plain call of what a coroutine would await otherwise."""
    for facts in project.importable_files():
        for fact in facts.loop_callbacks:
            yield _hit(facts.path, fact)


def _hit(path: str, fact: LoopCallbackFact) -> Hit:
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM if fact.work else Confidence.LOW,
        message=f"{fact.callback} runs on the event loop when it is a plain function",
        remedy=f"Write await asyncio.to_thread({fact.callback}, ...) for plain functions.",
    )


RULE = Rule(
    code="EXA410",
    name="callback-on-the-loop",
    family=Family.CONCURRENCY,
    summary="a function awaited if it is a coroutine function, and else called on the event loop",
    severity="low",
    options=Options,
    check=check,
)
