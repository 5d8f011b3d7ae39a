"""Requests without a limit on a session that another module makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.facts.calls import CallFact, CallForm, DefinitionFacts, FunctionForm
from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import OF_A_SESSION, UnlimitedFact
from exai_audit.knowledge.table import table
from exai_audit.location import Place, Span
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.definitions import Module
from exai_audit.project.session_makers import may_be_limited
from exai_audit.project.targets import LibraryTarget

_SESSION = "requests.Session."
_SENDS = frozenset({"request", "send"})
_FEW = 4


def requests_without_limit(graph: CallGraph) -> Iterator[tuple[str, Place, str]]:
    """Yield path, place and operation of each, where no limit can come by another way.

    An adapter may give one to all requests: none is told where the modules on the way import any,
    or have one of their own that sends in its own way.
    """
    names = _names_of_requests(graph.definitions.modules)
    for module in graph.definitions.modules:
        for function in module.facts.definitions.functions:
            for call in function.calls:
                is_worth = _may_be(call, names)
                operation = _operation(call, module, graph) if is_worth else ""
                if operation:
                    place = call.place or Place(Span(call.line, 1, call.line, 1), function.name, "")
                    yield module.facts.path, place, operation


def is_limited_by_its_maker(fact: UnlimitedFact, path: str, graph: CallGraph) -> bool:
    """Tell whether another module makes the session of a call, and may give it a limit."""
    if not fact.operation.endswith(OF_A_SESSION):
        return False
    last = fact.operation.removesuffix(OF_A_SESSION).rpartition(".")[2]
    return any(
        call.line == fact.place.span.line
        and _last(call.callee) == last
        and may_be_limited(call.callee, module, graph)
        for module in graph.definitions.modules
        if module.facts.path == path
        for function in module.facts.definitions.functions
        for call in function.calls
    )


def _may_be(call: CallFact, names: frozenset[str]) -> bool:
    """Tell whether the name of what is called lets it be a request; few calls are resolved then."""
    last = call.callee.rpartition(".")[2]
    return last in names or last.endswith((")", ">")) or "*" in names


def _names_of_requests(modules: Sequence[Module]) -> frozenset[str]:
    """Return the names of what waits without a limit, and those that the modules give to such."""
    rows = (row for name, row in table().calls.items() if name.startswith(_SESSION))
    waiting = (row for row in rows if row.timeout and row.timeout.default == "forever")
    names = {_last(name) for row in waiting for name in (row.name, *row.aliases)}
    given = [pair for module in modules for pair in _given_names(module.facts.definitions)]
    while more := {name for name, term in given if _last(term) in names and name not in names}:
        names |= more
    return frozenset(names)


def _given_names(found: DefinitionFacts) -> Iterator[tuple[str, str]]:
    """Yield the names of variables, attributes and properties with what they are given."""
    yield from found.variables
    for one in found.classes:
        yield from one.attributes
    for function in found.functions:
        if function.form is FunctionForm.PROPERTY:
            yield _last(function.name), function.returns


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def makes_own_sessions(files: Iterable[FileFacts]) -> bool:
    """Tell whether the project has a class of sessions that sends requests in its own way.

    What is annotated as a session may be one of these, and limit every request.
    """
    return any(
        "requests.Session" in owner.bases and not _SENDS.isdisjoint(owner.methods)
        for file in files
        for owner in file.definitions.classes
    )


def _operation(call: CallFact, module: Module, graph: CallGraph) -> str:
    given = [name for name, _ in call.arguments]
    if call.form is CallForm.AWAITED or "timeout" in given or len(given) > _FEW:
        return ""
    if any(name.startswith("*") for name in given) or ("stream", "True") in call.arguments:
        return ""  # a stream of events may last
    target = graph.target(call, module)
    if not isinstance(target, LibraryTarget) or not target.name.startswith(_SESSION):
        return ""
    row = table().call(target.name)
    if row is None or row.timeout is None or row.timeout.default != "forever":
        return ""
    return "" if may_be_limited(call.callee, module, graph) else row.name
