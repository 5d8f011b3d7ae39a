"""A new event loop for each call, between synchronous code and coroutines.

*Why.* ``asyncio.run`` makes a loop, runs one coroutine and throws the loop away. In a function
that a pool or a thread runs for each call, nothing survives the call: connection pools, locks and
clients belong to a loop that is gone, and "attached to a different loop" or "loop is closed" comes
at the second call. In library code it fails as soon as the caller already runs in a loop; in a
coroutine, and on the loop that ``get_running_loop()`` returned, it fails always.

*Bad*

```python
import asyncio
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(8)


def fetch_all(urls):
    return list(POOL.map(lambda url: asyncio.run(fetch(url)), urls))
```

*Good*

```python
import asyncio


async def fetch_all(urls):
    return await asyncio.gather(*(fetch(url) for url in urls))


def main():
    asyncio.run(fetch_all(["https://example.org"]))
```

*Known false alarms.* A public function that only stands in for a program's start: name it ``main``,
make it a console script of pyproject.toml, or suppress with that reason.

*References.* Python documentation, asyncio runners: ``asyncio.run`` "should be used as a main entry
point for asyncio programs, and should ideally only be called once". Entry points are what stands
under ``if __name__ == "__main__"``, functions called only from there, console scripts, commands,
functions named ``main`` and what stands in ``cli``, ``commands`` or ``scripts`` modules. A thread
started once with a loop of its own, and a runner whose loop outlives the call, are silent; so is
code that asks for a running loop first, or catches the RuntimeError that one gives. In library code
the confidence is low unless harm shows: it stands in a loop; what it runs uses a lock or client
that outlives the call; it leaves its thread with a closed loop, or never closes its own;
``except Exception`` around it hides the error; it stands among coroutines of its class and is no
twin of one (``load``, ``aload``); it makes the loop only if what it is given is a coroutine; a
coroutine of the project calls it, directly or through another function, and it fails there (medium
confidence).
``get_event_loop().run_until_complete`` runs the thread's own loop: low confidence. So is a thread
for the call, where nothing that outlives it is used, a bridge that runs the coroutine it is given,
a finalizer, and everything where the project nests loops with ``nest_asyncio``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.concurrency import LOOPS, BridgeFact, LoopHazard, Role, RunsIn
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.bridged_loops import (
    Handing,
    called_by_coroutines,
    handed_in_other_files,
    kept_by_users,
    nests_loops,
)
from exai_audit.project.call_graph import Hop
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_PER_CALL = (RunsIn.POOL, RunsIn.THREAD_PER_CALL)


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit for each class, or function outside of one, that makes loops, at its gravest.

    Where a running loop makes one fail, each function is a cause of its own.
    """
    handed = handed_in_other_files(project)
    nested, kept = nests_loops(project), kept_by_users(project)
    called = {} if nested else called_by_coroutines(project)
    for facts in project.importable_files():
        causes: dict[tuple[str, bool], list[Hit]] = {}
        for fact in facts.bridges:
            if _is_judged(fact) and not (fact.fails and nested):
                hits = _hits(facts.path, fact, handed, kept, project)
                found = (*_called(facts.path, fact, called), *(_doubted(hits) if nested else hits))
                for hit in found:
                    causes.setdefault(_cause(hit), []).append(hit)
        for alike in causes.values():
            yield _one_of(alike)


def _is_judged(fact: BridgeFact) -> bool:
    """Tell whether a bridge makes or runs a loop that does not outlive it."""
    return fact.kind in LOOPS and (fact.fails or fact.role is not Role.RUNNER)


def _cause(hit: Hit) -> tuple[str, bool]:
    """Return the function where it fails, else the class, or outermost function, around it."""
    fails = hit.severity is Severity.HIGH
    symbol = hit.place.symbol
    return (symbol if fails else symbol.partition(".")[0]), fails


def _doubted(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yield hits of a project whose loops may run inside each other: nothing fails there."""
    for hit in hits:
        yield replace(hit, confidence=Confidence.LOW)


def _called(path: str, fact: BridgeFact, called: Mapping[str, tuple[Hop, ...]]) -> Iterator[Hit]:
    """Yield the hit at a loop made in a function that a coroutine calls: one runs already."""
    hops = called.get(fact.function, ())
    if not hops or fact.fails or fact.guarded or fact.itself:
        return
    name = fact.place.symbol.rpartition(".")[2]
    coroutine = hops[0].caller.rpartition(".")[2]
    yield Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message=f"{fact.operation} fails where the coroutine {coroutine} calls {name}: a loop runs",
        remedy=f"Await the coroutine in {coroutine}; leave {name} to code without a loop.",
        related=tuple(Related(h.path, h.line, f"{h.caller} calls {h.callee}") for h in hops),
    )


def _hits(
    path: str,
    fact: BridgeFact,
    handed: Mapping[str, Handing],
    kept: Mapping[str, str],
    project: Project,
) -> Iterator[Hit]:
    if fact.fails:
        yield _failing(path, fact)
    if fact.fails or fact.guarded or (fact.itself and fact.role is Role.ENTRY):
        return
    handing = handed.get(fact.function)
    if fact.runs_in is not None:
        handing = Handing(path, fact.handed_line, fact.runs_in)
    if handing is not None and handing.runs_in in _PER_CALL:
        yield _in_pool(path, fact, handing, kept.get(fact.runs, ""))
    elif handing is None and fact.role is Role.LIBRARY and not _is_script(fact, project):
        yield _in_library(path, fact, kept.get(fact.runs, ""))


def _one_of(hits: Sequence[Hit]) -> Hit:
    """Return the gravest of some hits, the first of equals; the others are related to it."""
    first = max(hits, key=lambda hit: (hit.severity.rank, hit.confidence.rank))
    others = tuple(
        Related(hit.path, hit.span.line, hit.message) for hit in hits if hit is not first
    )
    return replace(first, related=first.related + others)


def _is_script(fact: BridgeFact, project: Project) -> bool:
    """Tell whether the program starts here: at module level, in a script or below one alone."""
    if not fact.function or fact.function in project.scripts:
        return True
    return bool(fact.callers) and all(name in project.scripts for name in fact.callers)


def _in_pool(path: str, fact: BridgeFact, handing: Handing, kept: str) -> Hit:
    runs = "makes a new event loop" if fact.new_loop or fact.itself else "runs an event loop"
    where = "each task of a pool" if handing.runs_in is RunsIn.POOL else "a thread for each call"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        confidence=_confidence_in_pool(fact, handing, kept),
        message=f"{fact.operation} {runs} in {where}",
        remedy=_remedy_in_pool(fact),
        related=()
        if fact.itself
        else (Related(handing.path, handing.line, "the function is handed over here"),),
    )


def _confidence_in_pool(fact: BridgeFact, handing: Handing, kept: str) -> Confidence:
    """Return how sure it is that the loop does harm: where it is thrown away with what needs it.

    A thread for the call keeps it apart on purpose, and so does a bridge for what it is given.
    """
    if not (fact.new_loop or fact.itself) or fact.generic:
        return Confidence.LOW
    if handing.runs_in is RunsIn.THREAD_PER_CALL and not kept:
        return Confidence.LOW
    return Confidence.HIGH


def _remedy_in_pool(fact: BridgeFact) -> str:
    if fact.is_async:
        return "Await the coroutine here: a loop already runs, no thread and no second loop needed."
    return (
        "Keep one loop in one thread and hand coroutines to it:"
        " asyncio.run_coroutine_threadsafe(work(), loop).result(timeout=...); or await them all"
        " together with asyncio.gather under a single asyncio.run."
    )


def _failing(path: str, fact: BridgeFact) -> Hit:
    name = fact.place.symbol.rpartition(".")[2]
    where = f"the coroutine {name}" if fact.is_async else f"{name}, where a loop runs already"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        message=f"{fact.operation} always fails in {where}: a loop cannot be run inside another",
        remedy=_remedy_where_it_fails(name, fact),
    )


def _remedy_where_it_fails(name: str, fact: BridgeFact) -> str:
    if fact.is_async:
        return "Await the coroutine here: a loop already runs."
    return (
        f"Make {name} a coroutine and await it; or hand the work to a loop in another thread:"
        " asyncio.run_coroutine_threadsafe(work(), other_loop).result(timeout=...)."
    )


def _in_library(path: str, fact: BridgeFact, kept: str) -> Hit:
    name = fact.place.symbol.rpartition(".")[2]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=_confidence_in_library(fact, kept),
        message=_message_in_library(name, fact, kept),
        remedy=(
            f"Make {name} a coroutine and let the program's entry point call asyncio.run once; or"
            " keep one loop in a thread of its own for all calls and use"
            " asyncio.run_coroutine_threadsafe(work(), loop).result(timeout=...)."
        ),
    )


def _confidence_in_library(fact: BridgeFact, kept: str) -> Confidence:
    if not fact.new_loop or fact.place.symbol.endswith("__del__"):
        return Confidence.LOW
    if kept:
        return Confidence.HIGH
    return Confidence.MEDIUM if fact.hazard is not None else Confidence.LOW


_HARM = {
    LoopHazard.EACH_TURN: ", at each turn of a loop",
    LoopHazard.CLOSED_LOOP_LEFT: " and leaves its thread with a closed loop",
    LoopHazard.LEFT_OPEN: ", which it never closes",
    LoopHazard.ERROR_SWALLOWED: " and hides the error that a running loop gives",
    LoopHazard.AMONG_COROUTINES: ", among coroutines of its class",
    LoopHazard.OF_EITHER_KIND: ", but only where it is given a coroutine",
}


def _message_in_library(name: str, fact: BridgeFact, kept: str) -> str:
    if not fact.new_loop:
        return f"{name} is no entry point and runs the thread's event loop, which may run already"
    harm = f" although it uses {kept}, which outlives the call" if kept else ""
    if not harm and fact.hazard is not None:
        harm = _HARM[fact.hazard]
    return f"{name} is no entry point and makes an event loop for each call{harm}, {fact.operation}"


RULE = Rule(
    code="EXA404",
    name="sync-async-bridge",
    family=Family.CONCURRENCY,
    summary="a new event loop for each call, in a pool, a thread or library code",
    severity="high where it always fails, medium in a pool or a thread per call, else low",
    options=Options,
    check=check,
)
