"""Coroutines that run alone in a loop of their own, by what the whole project hands to whom."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.facts.concurrency import Role
from exai_audit.facts.file import FileFacts
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.targets import FunctionTarget


def alone_in_loops(files: Iterable[FileFacts]) -> frozenset[str]:
    """Return the last names of coroutines that are only ever run in loops of their own.

    They are handed to functions of the project that start a thread for a coroutine, or that run it
    themselves; these names nobody else may await, or hand to a loop that others share.
    """
    loops = [facts.own_loops for facts in files]
    threads = {name for one in loops for name in one.threads}
    inline = {name for one in loops for name in one.inline} - threads
    if not threads and not inline:
        return frozenset()
    awaited = {name for one in loops for name in one.awaited}
    alone: set[str] = set()
    shared: set[str] = set()
    for taker, work in (pair for one in loops for pair in one.handed):
        if taker in threads:
            alone.add(work)
        elif taker in inline:
            (shared if work in awaited else alone).add(work)
        else:
            shared.add(work)
    return frozenset(alone - shared)


def run_by_entries(files: Iterable[FileFacts], graph: CallGraph) -> frozenset[tuple[str, str]]:
    """Return the coroutine functions that entry points run: path and name of each."""
    modules = {module.facts.path: module for module in graph.definitions.modules}
    found: set[tuple[str, str]] = set()
    for facts in files:
        for bridge in facts.bridges:
            if bridge.role is Role.ENTRY and bridge.runs and facts.path in modules:
                target = graph.resolution.resolve(bridge.runs, modules[facts.path])
                if isinstance(target, FunctionTarget):
                    found.add((target.module.facts.path, target.fact.name))
    return frozenset(found)
