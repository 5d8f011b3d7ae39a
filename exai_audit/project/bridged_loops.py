"""What a project's other files say of where its bridges run and what they run."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from exai_audit.facts.concurrency import LOOPS, BridgeKind, RunsIn
from exai_audit.project.call_graph import Hop
from exai_audit.project.calls import exported_names
from exai_audit.project.project import Project


class Handing(Struct, frozen=True):
    """Where a function is handed to a pool or a thread."""

    path: str
    line: int
    runs_in: RunsIn


def called_by_coroutines(project: Project) -> Mapping[str, tuple[Hop, ...]]:
    """Return the functions that make a loop and that coroutines call, each with the way there."""
    unasked = _making_loops_unasked(project)
    runs = any(one.runs_loop for file in project.files for one in file.definitions.functions)
    if not unasked or not runs:
        return {}
    found: dict[str, tuple[Hop, ...]] = {}
    graph = project.call_graph()
    judged = {facts.path for facts in project.importable_files()}
    inside = (one for one in graph.coroutines() if one[0].facts.path in judged)
    for module, coroutine in inside:
        for call in coroutine.calls:
            hops = graph.way_to_loop(coroutine, call, module)
            if hops and hops[-1].called in unasked:
                found.setdefault(hops[-1].called, hops)
    return found


def _making_loops_unasked(project: Project) -> set[str]:
    """Return the plain functions that make a loop and do not ask whether one runs already."""
    return {
        fact.function
        for facts in project.importable_files()
        for fact in facts.bridges
        if fact.kind in LOOPS and not (fact.guarded or fact.itself or fact.is_async)
    }


def nests_loops(project: Project) -> bool:
    """Tell whether the project has loops run inside running ones, with nest_asyncio."""
    kinds = (fact.kind for facts in project.files for fact in facts.bridges)
    return BridgeKind.NEST_ASYNCIO in kinds


def kept_by_users(project: Project) -> Mapping[str, str]:
    """Return by the dotted name of a coroutine function what it uses that outlives its call."""
    return {
        user: bound.kept_as
        for facts in project.files
        for bound in facts.loop_bound
        for user in bound.users
    }


def handed_in_other_files(project: Project) -> Mapping[str, Handing]:
    """Return by its dotted name where a function of another file is handed to a pool or thread."""
    exported = exported_names(project.files)
    return {
        exported.get(fact.function, fact.function): Handing(
            facts.path, fact.place.span.line, fact.runs_in
        )
        for facts in project.files
        for fact in facts.offloaded_functions
    }
