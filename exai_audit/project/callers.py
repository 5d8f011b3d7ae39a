"""What the callers of a function give it that it hands on by ``**``."""

from __future__ import annotations

from exai_audit.facts.calls import CallFact, FunctionFact
from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import TimeoutForm, UnlimitedFact
from exai_audit.knowledge.table import table
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.definitions import Module
from exai_audit.project.project import Project
from exai_audit.project.targets import FunctionTarget

_FARTHEST = 3


def callers_give_none(fact: UnlimitedFact, file: FileFacts, project: Project) -> bool:
    """Tell whether a function has callers, and none of them gives it a limit to hand on.

    Nor does any call of that name whose receiver nobody knows.
    """
    if _is_limited_by_name(fact, project):
        return False
    graph = project.call_graph()
    of_file = [m for m in graph.definitions.modules if m.facts.path == file.path]
    return any(_gives(fact.rest_of, fact.argument, module, graph) is False for module in of_file)


def _is_limited_by_name(fact: UnlimitedFact, project: Project) -> bool:
    name = fact.rest_of.rpartition(".")[2]
    return any(
        one.form is TimeoutForm.CALL_KEYWORD
        and one.name == fact.argument
        and one.operation.rpartition(".")[2] == name
        and table().call(one.operation) is None
        for file in project.files
        for one in file.timeouts
    )


def _gives(
    name: str, argument: str, module: Module, graph: CallGraph, left: int = _FARTHEST
) -> bool | None:
    """Tell whether a caller may give a function an argument, None where there is no caller."""
    found = [
        _hands(caller, call, argument, there, graph, left)
        for there in graph.definitions.modules
        for caller in there.facts.definitions.functions
        for call in caller.calls
        if _is_of(call, name, module, there, graph)
    ]
    known = [one for one in found if one is not None]
    return any(known) if known else None


def _is_of(call: CallFact, name: str, module: Module, there: Module, graph: CallGraph) -> bool:
    if call.callee.rpartition(".")[2] != name.rpartition(".")[2]:
        return False
    target = graph.target(call, there)
    return (
        isinstance(target, FunctionTarget) and target.module is module and target.fact.name == name
    )


def _hands(
    caller: FunctionFact, call: CallFact, argument: str, there: Module, graph: CallGraph, left: int
) -> bool | None:
    given = [one for one, _ in call.arguments]
    if argument in given:
        return True
    if not any(one.startswith("*") for one in given):
        return False
    takes_the_rest = any(one.startswith("**") for one, _ in caller.parameters)
    if not takes_the_rest or left <= 0:
        return True
    return _gives(caller.name, argument, there, graph, left - 1)
