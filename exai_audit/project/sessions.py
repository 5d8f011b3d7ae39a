"""Requests without a limit on a session that another module makes."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.calls import CallFact, CallForm
from exai_audit.knowledge.table import table
from exai_audit.location import Place, Span
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.definitions import Module
from exai_audit.project.targets import LibraryTarget

_SESSION = "requests.Session."
_ADAPTERS = "requests.adapters"
_FEW = 4


def requests_without_limit(graph: CallGraph) -> Iterator[tuple[str, Place, str]]:
    """Yield path, place and operation of each, where no limit can come by another way.

    An adapter may give one to all requests: where the modules on the way import any, none is told.
    """
    for module in graph.definitions.modules:
        for function in module.facts.definitions.functions:
            for call in function.calls:
                operation = _operation(call, module, graph)
                if operation:
                    place = call.place or Place(Span(call.line, 1, call.line, 1), function.name, "")
                    yield module.facts.path, place, operation


def _operation(call: CallFact, module: Module, graph: CallGraph) -> str:
    given = [name for name, _ in call.arguments]
    if call.form is CallForm.AWAITED or "timeout" in given or len(given) > _FEW:
        return ""
    if any(name.startswith("*") for name in given):
        return ""
    target = graph.target(call, module)
    if not isinstance(target, LibraryTarget) or not target.name.startswith(_SESSION):
        return ""
    row = table().call(target.name)
    if row is None or row.timeout is None or row.timeout.default != "forever":
        return ""
    return "" if _may_have_adapters(call, module, graph) else row.name


def _may_have_adapters(call: CallFact, module: Module, graph: CallGraph) -> bool:
    maker = graph.definitions.locate(call.callee.split("(")[0].split("."), module)
    modules = [module, *([maker[0]] if maker is not None else [])]
    names = (name for one in modules for name in one.facts.imports)
    return any(name.startswith((_ADAPTERS, "urllib3")) for name in names)
