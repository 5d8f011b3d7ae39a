"""Which calls of coroutines block the loop: themselves, or by what they lead to in any file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.calls import FunctionFact
from exai_audit.facts.concurrency import BlockingFact, BlockingKind, Moment
from exai_audit.finding import Severity
from exai_audit.location import Place
from exai_audit.project.blocking_severity import severity_of
from exai_audit.project.call_graph import CallGraph, Way
from exai_audit.project.definitions import Module
from exai_audit.project.own_loops import run_by_entries
from exai_audit.project.project import Project

Judged = Callable[[str, Way], bool]


class Blocked(Struct, frozen=True):
    """A call in a coroutine, and the way from it to what blocks.

    ``line`` is that of the coroutine.
    """

    path: str
    place: Place
    way: Way
    moment: Moment
    line: int = 0

    @property
    def severity(self) -> Severity:
        """Return how much it costs, by what blocks and at what moment of the coroutine."""
        return severity_of(self.way.blocks, self.moment)

    @property
    def cause(self) -> tuple[str, int, int]:
        """Return the place that blocks: the call itself, or what it leads to."""
        span = self.way.blocks.place.span if self.way.hops else self.place.span
        path = self.way.path if self.way.hops else self.path
        return path, span.line, 0 if self.way.hops else span.column


def blocked_calls(project: Project, is_judged: Judged) -> Iterator[Blocked]:
    """Yield the calls that block; what other files say of one comes before what its name tells.

    Args:
        is_judged: whether what blocks counts for the coroutines of a file, given by its path.
    """
    spoken: set[tuple[str, object]] = set()
    for one in (*_named(project, is_judged), *_led_all(project, is_judged), *_untyped(project)):
        if (one.path, one.place.span) not in spoken:
            spoken.add((one.path, one.place.span))
            yield one


def _named(project: Project, is_judged: Judged) -> Iterator[Blocked]:
    for facts in project.importable_files():
        for fact in facts.blocking:
            way = Way(facts.path, fact)
            if not fact.untyped and is_judged(facts.path, way):
                yield Blocked(facts.path, fact.place, way, fact.moment)


def _led_all(project: Project, is_judged: Judged) -> Iterator[Blocked]:
    graph = project.call_graph()
    judged = {facts.path for facts in project.importable_files()}
    run = run_by_entries(project.importable_files(), graph)
    for module, function in graph.coroutines():
        path = module.facts.path
        if path in judged:
            for one in _led(graph, module, function, is_judged):
                starts = (path, function.name) in run and one.place.span.line < function.serves_from
                yield replace(one, moment=Moment.START) if starts else one


def _untyped(project: Project) -> Iterator[Blocked]:
    coroutines = {name.rpartition(".")[2] for file in project.files for name in file.coroutines}
    for facts in project.importable_files():
        for fact in facts.blocking:
            if fact.untyped and not _may_be_a_coroutine(fact, coroutines):
                yield Blocked(facts.path, fact.place, Way(facts.path, fact), fact.moment)


def _may_be_a_coroutine(fact: BlockingFact, coroutines: set[str]) -> bool:
    """Tell whether a wait that is known by its method alone may be of the project's own."""
    name = fact.operation.rpartition(".")[2]
    return fact.kind is BlockingKind.IN_PROCESS and name in coroutines


def _led(
    graph: CallGraph, module: Module, function: FunctionFact, is_judged: Judged
) -> Iterator[Blocked]:
    """Yield the calls of a coroutine that lead to what blocks, each with its gravest way."""
    path = module.facts.path
    for call in function.calls:
        ways = [way for way in graph.ways(function, call, module) if is_judged(path, way)]
        if ways and call.place is not None:
            typed = [way for way in ways if not way.blocks.untyped]
            way = max(typed or ways, key=lambda way: severity_of(way.blocks, call.moment).rank)
            yield Blocked(path, call.place, way, call.moment, function.line)
