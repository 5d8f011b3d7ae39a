"""A moment of the wall clock where that of a steady clock is meant.

*Why.* An event loop counts from when the machine started: a Unix time given to it lies half a
century ahead, and the call never comes. The end of a loop that the wall clock sets moves with it:
set back by an hour, the loop runs an hour longer.

*Bad*

```python
import asyncio
import time


def later(action):
    loop = asyncio.get_event_loop()
    loop.call_at(time.time() + 5, action)
```

*Good*

```python
import asyncio


def later(action):
    loop = asyncio.get_event_loop()
    loop.call_at(loop.time() + 5, action)
```

*Known false alarms.* A loop that ends at a time of day. The end of a loop, or of a wait whose
beginning or end an attribute keeps, is a low finding, one for all of a file, of low confidence
unless a name says that it is a limit on waiting (``time.time() + timeout``) that is not known to be
a minute or more, to which a second does little. A moment given to an event loop is always wrong.
How long tokens, sessions and cached values are good is no finding.

*References.* Python documentation: ``loop.call_at``, ``asyncio.timeout_at``, ``loop.time``,
``time.monotonic``.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.waits import WallClockFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each moment given to a loop, and one for all deadlines of a file."""
    for facts in project.judged_files():
        yield from (_in_loop(facts.path, fact) for fact in facts.wall_clocks if fact.is_loop)
        deadlines = [fact for fact in facts.wall_clocks if not fact.is_loop]
        if deadlines:
            yield _deadline(facts.path, *sorted(deadlines, key=lambda fact: not _is_short(fact)))


def _is_short(fact: WallClockFact) -> bool:
    return fact.of_limit and not fact.lasts


def _in_loop(path: str, fact: WallClockFact) -> Hit:
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        message=f"{fact.operation} counts by the loop's clock, {fact.given} by the wall clock",
        remedy="Give it loop.time() plus the seconds that are left until that moment.",
    )


def _deadline(path: str, fact: WallClockFact, *others: WallClockFact) -> Hit:
    more = f", in {len(others) + 1} places" if others else ""
    what = "loop" if fact.asked_at else "wait"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM if _is_short(fact) else Confidence.LOW,
        message=(
            f"{fact.operation} ends a {what} by the wall clock, which may be set meanwhile{more}"
        ),
        remedy="Take both times from time.monotonic().",
        related=(*_ends(path, fact), *(one for other in others for one in _also(path, other))),
    )


def _ends(path: str, fact: WallClockFact) -> tuple[Related, ...]:
    """Return where the moment is kept, or asked for."""
    line, what = (fact.kept_at, "kept") if fact.kept_at else (fact.asked_at, "asked for")
    if not line:
        return ()
    return (Related(path, line, f"{fact.operation} is {what} here"),)


def _also(path: str, fact: WallClockFact) -> tuple[Related, ...]:
    does = Related(path, fact.place.span.line, f"{fact.operation} does so, too")
    return (does, *_ends(path, fact))


RULE = Rule(
    code="EXA209",
    name="wall-clock-deadline",
    family=Family.TIMEOUTS,
    summary="a wall-clock time where a steady clock's is meant",
    severity="medium; low for the end of a loop or a wait",
    options=Options,
    check=check,
)
