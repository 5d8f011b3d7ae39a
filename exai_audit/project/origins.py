"""Where the results of a cache come from when another module fetches them."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.caches import CacheFact, CacheForm
from exai_audit.facts.calls import CallFact, FunctionFact
from exai_audit.facts.concurrency import BlockingKind
from exai_audit.facts.file import FileFacts
from exai_audit.project.call_graph import CallGraph

_FETCHES = frozenset({BlockingKind.NETWORK})


def fetched_elsewhere(cache: CacheFact, file: FileFacts, graph: CallGraph) -> str:
    """Return the call to another machine that another module makes for a cache's results.

    Empty where the file shows itself where they come from, or none is seen.
    """
    if cache.origin is not None or cache.on_coroutine:
        return ""
    for module in (one for one in graph.definitions.modules if one.facts.path == file.path):
        for function in module.facts.definitions.functions:
            for call in _computing(cache, function):
                ways = graph.ways(function, call, module)
                found = (way.blocks.operation for way in ways if way.blocks.kind in _FETCHES)
                if (operation := next(found, "")) != "":
                    return operation
    return ""


def _computing(cache: CacheFact, function: FunctionFact) -> Iterator[CallFact]:
    """Yield the calls that work out a result: of a decorated function, or before it is stored."""
    if cache.form is CacheForm.DECORATOR:
        name = f"{cache.owner}.{cache.name}" if cache.owner else cache.name
        yield from function.calls if function.name == name else ()
    elif cache.unlocked and function.name.rpartition(".")[2] == cache.unlocked_in:
        yield from (one for one in function.calls if cache.looked_up <= one.line <= cache.unlocked)
