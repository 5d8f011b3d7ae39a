"""A limit on a connection that is shorter than a wait on it.

*Why.* The connection gives up while the server still waits as it was told to: each quiet period
ends in an error instead of an empty answer. It works as long as there is traffic.

*Bad*

```python
import redis


def next_job():
    store = redis.Redis(socket_timeout=5)
    return store.blpop("jobs", timeout=30)
```

*Good*

```python
import redis


def next_job():
    store = redis.Redis(socket_timeout=35)
    return store.blpop("jobs", timeout=30)
```

*Known false alarms.* Code that expects the error and asks again at once.

*References.* redis-py: ``socket_timeout`` ends the reading of a reply, of a blocking command too.
Compared are the numbers of one file: Redis' blocking commands with the ``socket_timeout`` of the
client they are called on, and the time that ``uvicorn`` keeps a connection alive (5 s unless
told) with the 60 s of the usual proxy, where the call says that there is one (``proxy_headers``,
``forwarded_allow_ips``, ``root_path``): a proxy that reuses a connection just as it is closed
answers 502. The latter is a finding of low confidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.waits import ShortLimitFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.central_timeouts import shown_seconds
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each limit that ends a longer wait, once for each limit."""
    for facts in project.judged_files():
        spoken: set[object] = set()
        for fact in facts.short_limits:
            if fact.place not in spoken:
                spoken.add(fact.place)
                yield _hit(facts.path, fact)


def _hit(path: str, fact: ShortLimitFact) -> Hit:
    keeps_alive = fact.limit == "timeout_keep_alive"
    waits = "for ever" if fact.waits is None else f"up to {shown_seconds(fact.waits)}"
    shown = shown_seconds(fact.seconds)
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if keeps_alive else Confidence.HIGH,
        message=(
            f"The server closes idle connections after {shown}, a proxy usually keeps them for"
            f" {shown_seconds(fact.waits or 0.0)}"
            if keeps_alive
            else f"{fact.limit} of {shown} ends {fact.operation}, which waits {waits}"
        ),
        remedy=(
            "Set timeout_keep_alive above the time that the proxy keeps connections."
            if keeps_alive
            else f"Make {fact.limit} longer than the wait, or use a client of its own for it."
        ),
        related=(Related(path, fact.line, "the wait stands here"),),
        measured=fact.seconds,
        threshold=fact.waits,
    )


RULE = Rule(
    code="EXA208",
    name="limit-shorter-than-wait",
    family=Family.TIMEOUTS,
    summary="a connection's limit that is shorter than the wait on it",
    severity="medium",
    options=Options,
    check=check,
)
