"""All of a collection from outside is worked on at once, with no limit.

*Why.* ``asyncio.gather`` starts everything it is given. A list of ten is quick, a list of ten
thousand opens ten thousand connections: the other side answers with errors, files and memory run
out, and every other request of the process waits behind.

*Bad*

```python
import asyncio


async def refresh(urls, client):
    return await asyncio.gather(*(client.get(url) for url in urls))
```

*Good*

```python
import asyncio

AT_ONCE = asyncio.Semaphore(10)


async def refresh(urls, client):
    async def fetch(url):
        async with AT_ONCE:
            return await client.get(url)

    return await asyncio.gather(*(fetch(url) for url in urls))
```

*Known false alarms.* A collection that the caller keeps short, and a limit in a module that the
file does not show: so every finding is of low confidence. A file that speaks of a semaphore, a
limiter, of batches or chunks is silent, and so is a function that compares the number of items.

*References.* Python documentation, ``asyncio.gather`` and ``asyncio.Semaphore``.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import FanOutFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each collection from outside that is gathered at once."""
    for facts in project.importable_files():
        for fact in facts.fan_outs:
            yield _hit(facts.path, fact)


def _hit(path: str, fact: FanOutFact) -> Hit:
    reaches = f", each with {fact.reaches}" if fact.reaches else ""
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM if fact.reaches else Severity.LOW,
        confidence=Confidence.LOW,
        message=f"gather starts {fact.work} for all of {fact.items} at once{reaches}",
        remedy=(
            "Hold an asyncio.Semaphore in what is gathered, or work on slices of the collection."
        ),
    )


RULE = Rule(
    code="EXA411",
    name="unbounded-gather",
    family=Family.CONCURRENCY,
    summary="asyncio.gather over all of a collection from outside, with no limit",
    severity="medium",
    options=Options,
    check=check,
)
