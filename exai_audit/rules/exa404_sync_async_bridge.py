"""A new event loop for each call, between synchronous code and coroutines.

*Why.* ``asyncio.run`` makes a loop, runs one coroutine and throws the loop away. In a function
that a pool or a thread runs for each call, nothing survives the call: connection pools, locks and
clients belong to a loop that is gone, and "attached to a different loop" or "loop is closed" comes
at the second call. In library code it fails as soon as the caller already runs in a loop.

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
started once with a loop of its own, and code that makes, owns and closes the loop it runs, are
silent. ``get_event_loop().run_until_complete`` runs the thread's own loop: low confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exai_audit.facts.concurrency import BridgeFact, BridgeKind, Role, RunsIn
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.calls import exported_names
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_LOOPS = (BridgeKind.RUN, BridgeKind.RUN_UNTIL_COMPLETE)
_PER_CALL = (RunsIn.POOL, RunsIn.THREAD_PER_CALL)


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no settings."""


@dataclass(frozen=True, slots=True)
class _Handing:
    """Where a function is handed to a pool or a thread."""

    path: str
    line: int
    runs_in: RunsIn


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each function that makes a loop for one call, at the gravest place in it."""
    handed = _handed_in_other_files(project)
    for facts in project.judged_files():
        by_function: dict[str, list[Hit]] = {}
        for fact in facts.bridges:
            if fact.kind in _LOOPS and fact.role is not Role.RUNNER:
                for hit in _hits(facts.path, fact, handed, project):
                    by_function.setdefault(fact.place.symbol, []).append(hit)
        for hits in _with_nested(by_function):
            yield _one_of(hits)


def _with_nested(by_function: Mapping[str, list[Hit]]) -> Iterator[list[Hit]]:
    """Yield the hits of each function with those of the functions inside it."""
    for symbol, hits in by_function.items():
        if not any(symbol.startswith(f"{other}.") for other in by_function):
            inside = (
                h for s, found in by_function.items() if s.startswith(f"{symbol}.") for h in found
            )
            yield [*hits, *inside]


def _hits(
    path: str, fact: BridgeFact, handed: Mapping[str, _Handing], project: Project
) -> Iterator[Hit]:
    handing = handed.get(fact.function)
    if fact.runs_in is not None:
        handing = _Handing(path, fact.handed_line, fact.runs_in)
    if handing is not None and handing.runs_in in _PER_CALL:
        yield _in_pool(path, fact, handing)
    elif handing is None and fact.role is Role.LIBRARY and not _is_script(fact, project):
        yield _in_library(path, fact)


def _one_of(hits: Sequence[Hit]) -> Hit:
    """Return the gravest hit of a function, the first of equals; the others are related to it."""
    first = max(hits, key=lambda hit: (hit.severity.rank, hit.confidence.rank))
    others = tuple(
        Related(hit.path, hit.span.line, hit.message) for hit in hits if hit is not first
    )
    return replace(first, related=first.related + others)


def _handed_in_other_files(project: Project) -> Mapping[str, _Handing]:
    exported = exported_names(project.files)
    return {
        exported.get(fact.function, fact.function): _Handing(
            facts.path, fact.place.span.line, fact.runs_in
        )
        for facts in project.files
        for fact in facts.offloaded_functions
    }


def _is_script(fact: BridgeFact, project: Project) -> bool:
    """Tell whether the program starts here: at module level, in a script or below one alone."""
    if not fact.function or fact.function in project.scripts:
        return True
    return bool(fact.callers) and all(name in project.scripts for name in fact.callers)


def _in_pool(path: str, fact: BridgeFact, handing: _Handing) -> Hit:
    where = "each task of a pool" if handing.runs_in is RunsIn.POOL else "a thread for each call"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.MEDIUM,
        message=f"{fact.operation} makes a new event loop in {where}",
        remedy=_remedy_in_pool(fact),
        related=()
        if fact.itself
        else (Related(handing.path, handing.line, "the function is handed over here"),),
    )


def _remedy_in_pool(fact: BridgeFact) -> str:
    if fact.is_async:
        return "Await the coroutine here: a loop already runs, no thread and no second loop needed."
    return (
        "Keep one loop in one thread and hand coroutines to it:"
        " asyncio.run_coroutine_threadsafe(work(), loop).result(timeout=...); or await them all"
        " together with asyncio.gather under a single asyncio.run."
    )


def _in_library(path: str, fact: BridgeFact) -> Hit:
    name = fact.place.symbol.rpartition(".")[2]
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.HIGH if fact.new_loop else Confidence.LOW,
        message=_message_in_library(name, fact),
        remedy=(
            f"Make {name} a coroutine and let the program's entry point call asyncio.run once; or"
            " keep one loop in a thread of its own for all calls and use"
            " asyncio.run_coroutine_threadsafe(work(), loop).result(timeout=...)."
        ),
    )


def _message_in_library(name: str, fact: BridgeFact) -> str:
    if fact.new_loop:
        return f"{name} is no entry point and makes an event loop for each call, {fact.operation}"
    return f"{name} is no entry point and runs the thread's event loop, which may run already"


RULE = Rule(
    code="EXA404",
    name="sync-async-bridge",
    family=Family.CONCURRENCY,
    summary="a new event loop for each call, in a pool, a thread or library code",
    severity="medium in a pool or a thread per call, else low",
    options=Options,
    check=check,
)
