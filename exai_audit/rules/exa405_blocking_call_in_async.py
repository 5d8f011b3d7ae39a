"""A call in a coroutine that blocks the whole event loop.

*Why.* A coroutine shares its thread with all others. While ``time.sleep`` or a synchronous HTTP
call waits, no other request, heartbeat or timeout of the process runs.

*Bad*

```python
import time

import requests


async def poll(url):
    while not requests.get(url, timeout=5).ok:
        time.sleep(0.5)
```

*Good*

```python
import asyncio

import requests


async def poll(url):
    while not (await asyncio.to_thread(requests.get, url, timeout=5)).ok:
        await asyncio.sleep(0.5)
```

*Known false alarms.* A coroutine that runs alone in a loop of its own may block it on purpose. A
future's ``result()`` is only judged where the file shows the call that made it (``submit``,
``run_coroutine_threadsafe``) and nothing that waits for it first. What is called away from the
coroutine may stand in a branch that this call does not take: medium confidence. A comment at the
call that says it blocks on purpose (``intentional``, ``noqa: ASYNC``) makes it low.

*References.* What blocks is listed in the knowledge table, each call with its source. Where no file
types the object, a wait is known by a limit that no coroutine takes (``future.result(timeout=5)``),
and the synchronous twin of an asynchronous client by its methods (``cursor.execute``,
``redis.get``), where nothing awaits them: medium confidence. A lock of threads blocks where it is
kept over an ``await``. A call is named when it stands in the coroutine itself, also on a receiver
that another module types, or up to two calls away in synchronous functions of any module; private
functions of the same module count with their caller. Nested functions, lambdas and what is handed
to a thread do not block. All callers of a place that blocks are one finding, and so are ten or more
coroutines that use synchronous clients of one kind. The severity says how long it takes and who
waits: high from one second on or without a limit; medium for databases, name look-ups and limits
below a second; low for passwords' hashes and pictures, for what a person at a terminal is asked,
for the machine's own addresses, at start-up, shutdown and where a coroutine runs alone: in programs
of one coroutine, in a loop that its class or the function that runs it has for itself, and where
the project hands it to a function of its own that gives it a thread or a loop of its own. There,
and in scripts, all but sleeps are of low confidence: nobody waits but the one who runs it.
File-system calls are judged with ``judge-file-system = true``, but for what copies, packs or
unpacks whole trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.concurrency import BlockingKind, Moment
from exai_audit.finding import Confidence, Family, Hit, Related, Scope
from exai_audit.project.blocked_calls import Blocked, blocked_calls
from exai_audit.project.call_graph import Way
from exai_audit.project.own_loops import alone_in_loops
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_MANY = 10
_ORM = "sqlalchemy"
_SESSIONS = frozenset({"session", "db", "conn", "connection"})
_DJANGO = "django.db."


class Options(Struct, frozen=True):
    """``judge_file_system`` judges calls that only wait for the file system, too."""

    judge_file_system: bool = False


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit for each place that blocks, at the coroutine's call that suffers most."""

    def is_judged(path: str, way: Way) -> bool:
        return not way.blocks.file_system or options.at(path).judge_file_system

    causes: dict[tuple[str, int, int], list[Blocked]] = {}
    alone = alone_in_loops(project.importable_files())
    for one in blocked_calls(project, is_judged):
        if _name(one) in alone:
            one = replace(one, moment=Moment.ALONE)
        causes.setdefault(one.cause, []).append(one)
    groups = [_worst_first(found) for found in causes.values()]
    for apart in (False, True):  # one of many in scripts is not one of production
        chosen = [one for one in groups if _is_script(one[0], project) is apart]
        yield from _by_kind(chosen, in_scripts=apart)


def _is_script(one: Blocked, project: Project) -> bool:
    return project.scope_of.get(one.path) is Scope.SCRIPTS


def _worst_first(found: Sequence[Blocked]) -> list[Blocked]:
    return sorted(
        found,
        key=lambda one: (-one.severity.rank, len(one.way.hops), one.path, one.place.span),
    )


def _by_kind(causes: Sequence[Sequence[Blocked]], *, in_scripts: bool) -> Iterator[Hit]:
    """Yield one hit for each cause, but one for all of a kind where there are many."""
    kinds: dict[str, list[Sequence[Blocked]]] = {}
    for found in causes:
        kinds.setdefault(_kind(found[0]), []).append(found)
    if _ORM in kinds:  # what no file types is most likely of the library that the others are of
        for name in _SESSIONS & kinds.keys():
            kinds[_ORM] += kinds.pop(name)
    for kind, alike in kinds.items():
        coroutines = {(one.path, one.place.symbol) for found in alike for one in found}
        if kind and len(alike) > 1 and len(coroutines) >= _MANY:
            yield _of_many(kind, alike, len(coroutines), in_scripts=in_scripts)
        else:
            yield from (_hit(found, in_scripts=in_scripts) for found in alike)


def _kind(one: Blocked) -> str:
    """Return the client, or library of requests, that blocks, as one repair may replace it."""
    owner, _, _ = one.way.blocks.operation.rpartition(".")
    library, _, name = owner.rpartition(".")
    if one.way.blocks.kind is BlockingKind.TWIN:
        return "" if name in ("self", "cls") or not name.isidentifier() else name
    if one.way.blocks.untyped:
        return "" if one.way.blocks.kind is BlockingKind.IN_PROCESS else name
    if not name[:1].isupper():
        return owner if one.way.blocks.kind is BlockingKind.NETWORK else ""
    if not library:
        return ""
    is_database = one.way.blocks.kind is BlockingKind.DATABASE
    return library.partition(".")[0] if is_database else owner


def _of_many(
    kind: str, alike: Sequence[Sequence[Blocked]], coroutines: int, *, in_scripts: bool
) -> Hit:
    causes = _worst_first([found[0] for found in alike])
    hit = _hit([causes[0]], in_scripts=in_scripts)
    others = tuple(Related(one.path, one.place.span.line, _said(one)) for one in causes[1:])
    return replace(
        hit,
        message=(
            f"{coroutines} coroutines block the event loop with synchronous calls of {kind},"
            f" in {len(causes)} places; the worst: {hit.message}"
        ),
        related=hit.related + others,
        measured=coroutines,
        threshold=_MANY,
        project_wide=True,
        subject=kind,
    )


def _hit(found: Sequence[Blocked], *, in_scripts: bool) -> Hit:
    """Return the hit at the worst of the calls that lead to one place; the others are related."""
    first, *others = found
    count = f"{len(others)} more call{'s' if len(others) > 1 else ''}"
    more = f"; {count} {'lead' if len(others) > 1 else 'leads'} there" if others else ""
    return Hit(
        path=first.path,
        place=first.place,
        severity=first.severity,
        confidence=_confidence(first, in_scripts=in_scripts),
        message=_message(first) + more,
        remedy=_remedy(first),
        related=(
            *_steps(first),
            *(Related(one.path, one.place.span.line, _calls(one)) for one in others),
        ),
    )


def _confidence(one: Blocked, *, in_scripts: bool) -> Confidence:
    """Return how sure it is that somebody waits; a sleep is mended by a word wherever it stands.

    Who asks a person at a terminal mostly is all there is.
    """
    kind = one.way.blocks.kind
    if kind is BlockingKind.INPUT or one.way.blocks.excused:
        return Confidence.LOW
    if (in_scripts or one.moment is Moment.ALONE) and kind is not BlockingKind.SLEEP:
        return Confidence.LOW
    return Confidence.MEDIUM if one.way.hops or one.way.blocks.untyped else Confidence.HIGH


def _message(one: Blocked) -> str:
    blocks = one.way.blocks
    if not one.way.hops:
        return f"{blocks.operation} blocks the event loop of the coroutine {_name(one)}"
    where = f"line {blocks.place.span.line}"
    if one.way.path != one.path:
        where = f"{one.way.path}:{blocks.place.span.line}"
    return f"the coroutine {_name(one)} blocks the event loop: {_said(one)}, {where}"


def _said(one: Blocked) -> str:
    if not one.way.hops:
        return f"{one.way.blocks.operation} blocks in {one.place.symbol}"
    return f"{one.way.blocks.operation} blocks in {one.way.hops[-1].callee}"


def _calls(one: Blocked) -> str:
    return f"{_name(one)} calls {one.way.hops[0].callee}" if one.way.hops else _said(one)


def _remedy(one: Blocked) -> str:
    if not one.way.hops:
        return f"Write {one.way.blocks.instead} instead."
    called = one.way.hops[0].callee.rpartition(".")[2]
    if one.way.blocks.operation.startswith(_DJANGO):
        return (
            f"Call it as await sync_to_async({called})(...), which keeps its thread's connections."
        )
    if one.way.blocks.kind is BlockingKind.TWIN and len(one.way.hops) == 1:
        return f"Write {one.way.blocks.instead} instead, its coroutine twin."
    return (
        f"Call it as await asyncio.to_thread({called}, ...), or make it a coroutine and write"
        f" {one.way.blocks.instead} in {one.way.hops[-1].callee}."
    )


def _steps(one: Blocked) -> tuple[Related, ...]:
    """Return the way, hop by hop, from the coroutine to what blocks."""
    if not one.way.hops:
        return ()
    return (
        Related(one.path, one.line, f"the coroutine {_name(one)}"),
        *(
            Related(hop.path, hop.line, f"{hop.caller} calls {hop.callee}")
            for hop in one.way.hops[1:]
        ),
        Related(one.way.path, one.way.blocks.place.span.line, _said(one)),
    )


def _name(one: Blocked) -> str:
    return one.place.symbol.rpartition(".")[2]


RULE = Rule(
    code="EXA405",
    name="blocking-call-in-async",
    family=Family.CONCURRENCY,
    summary="a call that blocks the event loop, in a coroutine",
    severity="high; medium or low where little time is lost, or nobody waits",
    options=Options,
    check=check,
)
