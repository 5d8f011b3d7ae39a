"""A call to another machine that may wait for ever.

*Why.* A machine that accepts the connection and then says nothing stops the caller for good. A
worker that waits holds its thread, its connection and its memory; a few hundred of them are an
outage, long after the cause is gone.

*Bad*

```python
import requests


def stock(url):
    return requests.get(url).json()
```

*Good*

```python
import requests

STOCK_TIMEOUT_SECONDS = 5.0


def stock(url):
    return requests.get(url, timeout=STOCK_TIMEOUT_SECONDS).json()
```

*Known false alarms.* A session made in another file may carry a transport adapter with a limit:
medium confidence, and low where the project has a class of sessions of its own, and in scripts,
whose caller may end them. A limit that the operating system, a proxy or a watchdog outside the file
sets. Calls inside a limit (``asyncio.timeout``, ``wait_for``) or beside a watchdog that cancels or
closes (``call_later(10, task.cancel)``), files that set ``socket.setdefaulttimeout`` or mount their
own transport adapter, Unix sockets and waits in the same process (locks, queues, events) are no
findings, but for a request handler that waits for an event or a queue of another thread.

*References.* The library's documented default decides (``exai-audit``'s knowledge table names the
source of each). Where it depends on the version, the project's lock file or requirements do;
without them the confidence is low, as it is where other phases of the wait are limited, an address
may carry a limit, a comment for another linter allows it (``nosec B113``), or another function
awaits this one inside a limit of its own. A subprocess without a limit is a finding in coroutines
and request handlers only, and in files that limit most of the commands that they run, a low one,
unless what it runs talks to another machine (``ssh``, ``git clone``). A function that is handed to
another thread (``to_thread(requests.get, url)``) and one chosen by name
(``getattr(session, verb)``) count as called. A parameter that is None by default and lifts a limit
that the library would have is one of medium confidence. Clients of Redis whose address is a
variable are one finding together. A call on an object of unknown class is found where other calls
on it have a limit, or where only one library has a method of that name: medium confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import ADDRESS_MAY, Category, UnlimitedFact
from exai_audit.finding import Confidence, Family, Hit, Related, Scope, Severity
from exai_audit.project.callers import callers_give_none
from exai_audit.project.calls import exported_names
from exai_audit.project.project import Project
from exai_audit.project.sessions import (
    is_limited_by_its_maker,
    makes_own_sessions,
    requests_without_limit,
)
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each call that waits for another machine, or process, without a limit."""
    own = {facts.module.partition(".")[0] for facts in project.files}
    limited = _called_inside_limits(project)
    own_sessions = makes_own_sessions(project.files)
    addresses: list[tuple[FileFacts, UnlimitedFact]] = []
    for facts in project.judged_files():
        for fact in facts.unlimited:
            is_own = fact.operation.partition(".")[0] in own
            if is_own or not _is_judged(fact, facts, project):
                continue
            confidence = _confidence(fact, project)
            is_doubted = (
                f"{facts.module}.{fact.place.symbol}" in limited
                or (fact.elsewhere and own_sessions)
                or project.scope_of.get(facts.path) is Scope.SCRIPTS
            )
            if confidence is not None and is_doubted:
                confidence = Confidence.LOW
            if confidence is not None and fact.doubt == ADDRESS_MAY and _is_redis(fact):
                addresses.append((facts, fact))
            elif confidence is not None:
                yield _hit(facts.path, fact, confidence)
    yield from _of_addresses(addresses, project)
    yield from _on_sessions_of_other_modules(project)


def _is_judged(fact: UnlimitedFact, facts: FileFacts, project: Project) -> bool:
    """Tell whether somebody waits for a call, and nothing in the project limits it."""
    if fact.guarded or (fact.waits in ("in-process", "process") and not fact.served):
        return False
    if fact.elsewhere and is_limited_by_its_maker(fact, facts.path, project.call_graph()):
        return False
    return not fact.rest_of or callers_give_none(fact, facts, project)


def _on_sessions_of_other_modules(project: Project) -> Iterator[Hit]:
    judged = {f.path: {u.place.span.line for u in f.unlimited} for f in project.judged_files()}
    for path, place, operation in requests_without_limit(project.call_graph()):
        if path in judged and place.span.line not in judged[path]:
            fact = UnlimitedFact(place, operation, "timeout", Category.HTTP_API, "network")
            yield _hit(path, fact, Confidence.MEDIUM)


def _is_redis(fact: UnlimitedFact) -> bool:
    return fact.operation.partition(".")[0] == "redis"


def _of_addresses(
    found: Sequence[tuple[FileFacts, UnlimitedFact]], project: Project
) -> Iterator[Hit]:
    """Yield one hit for all clients of Redis whose address is a variable."""
    if not found:
        return
    (facts, fact), *others = found
    confidence = _confidence(replace(fact, doubt=""), project)
    if confidence is not None:
        confidence = Confidence.MEDIUM if confidence is Confidence.HIGH else confidence
        related = (Related(f.path, o.place.span.line, o.place.evidence) for f, o in others)
        yield replace(_hit(facts.path, fact, confidence), related=tuple(related))


def _called_inside_limits(project: Project) -> frozenset[str]:
    """Return the functions that some caller awaits inside a limit of its own."""
    exported = exported_names(project.files)
    return frozenset(
        exported.get(fact.operation, fact.operation)
        for facts in project.files
        for fact in facts.enclosed
        if not fact.name
    )


def _confidence(fact: UnlimitedFact, project: Project) -> Confidence | None:
    """Return how sure it is that the call has no limit, None when it has one."""
    if fact.forever_below:
        from exai_audit.project.pins import is_below

        asked = project.pins.get(fact.package)
        below = is_below(asked, fact.forever_below) if asked else None
        if below is False:
            return None
        if below is None:
            return Confidence.LOW
    if fact.doubt:
        return Confidence.LOW
    unsure = fact.elsewhere or fact.rest_of or fact.lifted or fact.waits == "in-process"
    return Confidence.MEDIUM if unsure else Confidence.HIGH


def _hit(path: str, fact: UnlimitedFact, confidence: Confidence) -> Hit:
    is_process = fact.waits == "process"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW if is_process else Severity.MEDIUM,
        confidence=confidence,
        message=_message(fact),
        remedy=_remedy(fact),
    )


def _message(fact: UnlimitedFact) -> str:
    version = f" before version {fact.forever_below}" if fact.forever_below else ""
    why = f"its {fact.argument} is None" if fact.given else f"it has no {fact.argument}"
    if fact.lifted:
        why = f"its {fact.argument} is None unless a caller gives one, and lifts the library's own"
    if fact.rest_of:
        why = f"no caller gives {fact.rest_of} a {fact.argument} to hand on"
    doubt = f" ({fact.doubt})" if fact.doubt else ""
    return f"{fact.operation} may wait for ever{version}: {why}{doubt}"


def _remedy(fact: UnlimitedFact) -> str:
    if fact.rest_of:
        return (
            f"Give {fact.rest_of} a default from the project's timeout settings, which callers may"
            f" override: kwargs.setdefault({fact.argument!r}, ...)."
        )
    if fact.lifted:
        return (
            f"Hand {fact.argument} on only where a caller gives it, or give it a default from the"
            " project's timeout settings."
        )
    if fact.operation == "urllib.request.urlretrieve":
        return (
            "It takes no timeout: read from urlopen(..., timeout=…), write a file beside the"
            " target, and rename that when it is whole."
        )
    if fact.operation == "twilio.rest.Client":
        return "Give it http_client=TwilioHttpClient(timeout=…) of twilio.http.http_client."
    if fact.operation == "pycurl.Curl":
        return "Set a limit on the transfer before it starts: setopt(pycurl.TIMEOUT, …)."
    if fact.operation == "ldap.initialize":
        return "Set a limit before the first operation: set_option(ldap.OPT_NETWORK_TIMEOUT, …)."
    if fact.operation == "xmlrpc.client.ServerProxy":
        return "Give it a Transport whose make_connection sets a timeout on the connection."
    if fact.operation.rpartition(".")[2] in ("communicate", "wait") and fact.waits == "process":
        return f"Give it {fact.argument}=…, and kill the process when that has passed."
    return (
        f"Give it {fact.argument}=… with a limit from the project's timeout settings, and handle"
        " the error that it raises."
    )


RULE = Rule(
    code="EXA205",
    name="missing-timeout",
    family=Family.TIMEOUTS,
    summary="a call to another machine that may wait for ever",
    severity="medium; low for a subprocess",
    options=Options,
    check=check,
)
