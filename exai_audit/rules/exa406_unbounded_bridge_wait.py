"""A thread that waits for a coroutine in another thread's loop, without a limit.

*Why.* The result comes only if the other loop runs. When it is stopped, blocked or is the very
loop that waits, the thread hangs for ever, with no error and no log line.

*Bad*

```python
import asyncio


def fetch(url, loop):
    return asyncio.run_coroutine_threadsafe(get(url), loop).result()
```

*Good*

```python
import asyncio

BRIDGE_SECONDS = 30


def fetch(url, loop):
    return asyncio.run_coroutine_threadsafe(get(url), loop).result(timeout=BRIDGE_SECONDS)
```

A thread that waits for a coroutine in the loop that it runs itself never sees it begin, limit or
not: high.

*Known false alarms.* A wait that something else surely ends (the coroutine has a limit of its own
that the file does not show): suppress with that reason. Where the coroutine is a parameter, or a
parameter makes it, its limit may be the caller's: medium confidence, low if the function also asks
the loop whether it runs, or has just started it. Low, too, where the function stops the loop and
joins its thread, where the coroutine passes items on through a queue, which waits for them on
purpose, and where the function is the target of a thread that is there to wait.

*References.* Python documentation, ``asyncio.run_coroutine_threadsafe``. The setting
``bridge-functions`` names functions of the project that run a coroutine and wait for it; a call of
one without a timeout is found too, unless its own parameter has a default.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import BridgeFact, BridgeKind, WaitDoubt
from exai_audit.facts.timeouts import TimeoutForm, ValueKind
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.location import Place
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings of its own; ``bridge-functions`` is one of the project's."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each wait for a bridge that has no limit."""
    limited = _limited_by_default(project)
    for facts in project.importable_files():
        for fact in facts.bridges:
            if fact.stuck is not None:
                yield _stuck(facts.path, fact.stuck)
            elif fact.unlimited is None:
                continue
            elif fact.kind is not BridgeKind.OWN:
                yield _hit(facts.path, fact)
            elif fact.operation not in limited:
                yield _own(facts.path, fact)


_CONFIDENCE = {None: Confidence.HIGH, WaitDoubt.PARAMETER: Confidence.MEDIUM}


def _limited_by_default(project: Project) -> set[str]:
    """Return the functions whose timeout parameter has a number for a default."""
    return {
        ".".join(part for part in (facts.module, fact.place.symbol) if part)
        for facts in project.files
        for fact in facts.timeouts
        if fact.form is TimeoutForm.PARAMETER_DEFAULT and fact.value is ValueKind.LITERAL
    }


def _hit(path: str, fact: BridgeFact) -> Hit:
    assert fact.unlimited is not None
    return Hit(
        path=path,
        place=fact.unlimited,
        severity=Severity.MEDIUM,
        confidence=_CONFIDENCE.get(fact.doubt, Confidence.LOW),
        message="waits without a limit for a coroutine in another thread's event loop",
        remedy=(
            "Write .result(timeout=...) with a limit from the project's constants, catch"
            " TimeoutError and cancel the future; in a coroutine await asyncio.wrap_future(future)."
        ),
    )


def _stuck(path: str, wait: Place) -> Hit:
    return Hit(
        path=path,
        place=wait,
        severity=Severity.HIGH,
        message="waits for a coroutine of the loop that this thread runs: it never gets its turn",
        remedy=(
            "Await the coroutine in a coroutine; where the function has to stay a plain one, run it"
            " in a thread with a loop of its own, and wait for that with a limit."
        ),
    )


def _own(path: str, fact: BridgeFact) -> Hit:
    assert fact.unlimited is not None
    name = fact.operation.rpartition(".")[2]
    return Hit(
        path=path,
        place=fact.unlimited,
        severity=Severity.MEDIUM,
        message=f"the bridge {name} waits for its coroutine without a limit",
        remedy=f"Write {name}(..., timeout=...), or give its timeout parameter a default.",
    )


RULE = Rule(
    code="EXA406",
    name="unbounded-bridge-wait",
    family=Family.CONCURRENCY,
    summary="a thread that waits without a limit for a coroutine of another loop",
    severity="medium; high where it never ends",
    options=Options,
    check=check,
)
