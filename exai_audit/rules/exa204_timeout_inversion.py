"""A limit inside another that is no longer than itself, so that it can never fire.

*Why.* The outer limit ends the wait first. The inner one, with whatever handling hangs on it
(a retry, a fallback, a clear error), is dead code; people read it and believe it works.

*Bad*

```python
import asyncio


async def price(queue):
    async with asyncio.timeout(5):
        return await asyncio.wait_for(queue.get(), 30)
```

*Good*

```python
import asyncio


async def price(queue):
    async with asyncio.timeout(30):
        return await asyncio.wait_for(queue.get(), 5)
```

*Known false alarms.* A limit that is one call away may belong to a branch that this caller does
not take: medium confidence. Two calls away it is looked for where the first only hands on what the
second returns. Equal limits of the whole and of a phase in one limit object are a usual way to say
"no further limit" and are no findings.

*References.* Only limits whose seconds the code shows are compared, through the project's
constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import EnclosedFact, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.calls import exported_names
from exai_audit.project.central_timeouts import shown_seconds
from exai_audit.project.project import Project
from exai_audit.project.targets import FunctionTarget
from exai_audit.rulebook.registry import Rule, Scoped

_IN_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API)
_CLIENTS = frozenset({"httpx.AsyncClient", "aiohttp.ClientSession"})
_Callees = Mapping[str, list[tuple[str, TimeoutFact]]]


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each inner limit that the one around it makes useless."""
    if not any(facts.enclosed for facts in project.judged_files()):
        return
    constants = project.constants()
    callees = _limits_by_function(project)
    exported = exported_names(project.files)
    for facts in project.judged_files():
        spoken: set[object] = set()
        for fact in facts.enclosed:
            outer = _seconds(fact.outer_seconds, fact.outer_refers, constants)
            if outer is None or outer <= 0 or fact.place in spoken:
                continue
            inner = _seconds(fact.seconds, fact.refers, constants)
            if inner is None and not fact.refers:
                inner = _handed(facts, fact)
            hit = None
            if inner is not None:
                too_long = inner > outer if fact.phase else inner >= outer
                hit = _direct(facts.path, fact, inner, outer) if too_long else None
            elif not fact.refers:
                name = exported.get(fact.operation, fact.operation)
                limits = callees.get(name, [])
                hit = _away(facts.path, fact, outer, limits, constants)
                if hit is None:
                    limits = _two_calls_away(fact.operation, facts, callees, project)
                    hit = _away(facts.path, fact, outer, limits, constants)
            if hit is not None:
                spoken.add(fact.place)
                yield hit


def _seconds(known: float | None, refers: str, constants: Mapping[str, float]) -> float | None:
    return known if known is not None else constants.get(refers)


def _handed(facts: FileFacts, call: EnclosedFact) -> float | None:
    """Return the limit that a call of the project hands over by position."""
    around = call.place.span
    for fact in facts.timeouts:
        span = fact.place.span
        if (
            fact.form is TimeoutForm.PROJECT_CALL
            and (around.line, around.column) <= (span.line, span.column)
            and (span.end_line, span.end_column) <= (around.end_line, around.end_column)
            and fact.operation.rpartition(".")[2] == call.operation.rpartition(".")[2]
        ):
            return fact.seconds
    return None


def _limits_by_function(project: Project) -> _Callees:
    """Return the limits that each function gives to the calls it makes."""
    found: dict[str, list[tuple[str, TimeoutFact]]] = {}
    for facts in project.files:
        for fact in facts.timeouts:
            is_call = fact.form in _IN_CALLS and fact.is_async and not fact.fallback
            is_call = is_call and _waits_there(fact.operation)
            if is_call and fact.value is not ValueKind.NONE:
                name = ".".join(part for part in (facts.module, fact.place.symbol) if part)
                found.setdefault(name, []).append((facts.path, fact))
    return found


def _waits_there(operation: str) -> bool:
    """Tell whether a function that calls this waits in it, or by a client made for it alone."""
    last = operation.rpartition(".")[2].lstrip("_")
    return last[:1].islower() or operation in _CLIENTS


def _direct(path: str, fact: EnclosedFact, inner: float, outer: float) -> Hit:
    what = f"{fact.operation} ({fact.name})" if fact.name else fact.operation
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        message=(
            f"The limit of {shown_seconds(inner)} on {what} can never fire:"
            f" {fact.outer} around it ends after {shown_seconds(outer)}"
        ),
        remedy=_remedy(inner, outer),
        related=(Related(path, fact.outer_line, f"the limit around it: {shown_seconds(outer)}"),),
        measured=inner,
        threshold=outer,
    )


def _two_calls_away(
    operation: str, facts: FileFacts, callees: _Callees, project: Project
) -> list[tuple[str, TimeoutFact]]:
    """Return the limits in the function that a function of the project hands its work on to."""
    graph = project.call_graph()
    module = next((m for m in graph.definitions.modules if m.facts.path == facts.path), None)
    target = graph.resolution.resolve(operation, module) if module is not None else None
    if not isinstance(target, FunctionTarget):
        return []
    handed_on = "(await)" if target.fact.is_async else "()"
    term = target.fact.returns
    if not term.endswith(handed_on):
        return []
    term = term.removesuffix(handed_on)
    called = graph.resolution.resolve(term, target.module)
    name = called.name if isinstance(called, FunctionTarget) else term
    return list(callees.get(name, []))


def _away(
    path: str,
    fact: EnclosedFact,
    outer: float,
    limits: list[tuple[str, TimeoutFact]],
    constants: Mapping[str, float],
) -> Hit | None:
    for inner_path, limit in limits:
        inner = _seconds(limit.seconds, limit.refers, constants)
        if inner is not None and inner >= outer:
            return Hit(
                path=path,
                place=fact.place,
                severity=Severity.HIGH,
                confidence=Confidence.MEDIUM,
                message=(
                    f"{fact.operation} limits {limit.operation or limit.name} to"
                    f" {shown_seconds(inner)}, which can never fire: {fact.outer} around the call"
                    f" ends after {shown_seconds(outer)}"
                ),
                remedy=_remedy(inner, outer),
                related=(
                    Related(path, fact.outer_line, f"the limit around it: {shown_seconds(outer)}"),
                    Related(inner_path, limit.place.span.line, limit.place.evidence),
                ),
                measured=inner,
                threshold=outer,
            )
    return None


def _remedy(inner: float, outer: float) -> str:
    return (
        f"Make the inner limit shorter than {shown_seconds(outer)} so that it fires first, or the"
        f" outer one longer than {shown_seconds(inner)}."
    )


RULE = Rule(
    code="EXA204",
    name="timeout-inversion",
    family=Family.TIMEOUTS,
    summary="an inner limit that the one around it makes useless",
    severity="high",
    options=Options,
    check=check,
)
