"""What limits bound whose receiver another module makes: ``make_session().get(url, timeout=5)``."""

from __future__ import annotations

from msgspec.structs import replace

from exai_audit.facts.calls import CallFact
from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import TimeoutFact, TimeoutForm
from exai_audit.knowledge.limit_names import unit_scale
from exai_audit.knowledge.table import table
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.constant_names import words_of
from exai_audit.project.definitions import Module
from exai_audit.project.project import Project
from exai_audit.project.targets import FunctionTarget, LibraryTarget

_FEWEST_WORDS = 2


class Receivers:
    """Names what a limit bounds where its own file does not show that."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._modules: dict[str, Module] = {}
        self._distinct: dict[tuple[str, str], tuple[str, float | None]] = {}
        self._own: dict[tuple[str, str], float | None] = {}
        self._is_ready = False

    def known(self, facts: FileFacts, fact: TimeoutFact) -> TimeoutFact:
        """Return a limit with the operation and unit that the whole project shows, if it does."""
        is_open = fact.form is TimeoutForm.CALL_KEYWORD and fact.scale is None
        if not is_open or fact.call == (0, 0) or table().call(fact.operation) is not None:
            return fact
        if not self._is_ready:
            self._prepare()
        return self._of_receiver(facts, fact) or self._of_distinct_name(facts, fact) or fact

    def _prepare(self) -> None:
        self._is_ready = True
        modules = self._project.call_graph().definitions.modules
        self._modules = {module.facts.path: module for module in modules}
        self._own = {
            (limit.function, limit.name): limit.scale
            for file in self._project.files
            for limit in file.limit_parameters
        }
        found: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
        for (function, name), scale in self._own.items():
            key = function.rpartition(".")[2], name
            found.setdefault(key, []).append((function, scale))
        self._distinct = {key: limits[0] for key, limits in found.items() if len(limits) == 1}

    def _of_receiver(self, facts: FileFacts, fact: TimeoutFact) -> TimeoutFact | None:
        module = self._modules.get(facts.path)
        function = module.functions.get(fact.place.symbol) if module is not None else None
        if module is None or function is None:
            return None
        graph = self._project.call_graph()
        calls = (call for call in function.calls if _is_of(call, fact))
        names = {_name(call, module, graph) for call in calls}
        name = names.pop() if len(names) == 1 else ""
        row = table().call(name)
        if row is None and (name, fact.name) in self._own:
            return _scaled(replace(fact, operation=name), self._own[name, fact.name])
        limit = row.timeout if row is not None else None
        if row is None or limit is None or fact.name not in (limit.argument, *limit.also):
            return None
        return _scaled(replace(fact, operation=row.name), unit_scale(limit.unit))

    def _of_distinct_name(self, facts: FileFacts, fact: TimeoutFact) -> TimeoutFact | None:
        """Return the limit as one of the only function of the project that is named so."""
        owner, _, last = fact.operation.rpartition(".")
        known = self._distinct.get((last, fact.name)) if owner else None
        if known is None or len(words_of(last)) < _FEWEST_WORDS:
            return None
        root = owner.partition(".")[0]
        own = facts.module.partition(".")[0]
        if root != own and any(name.partition(".")[0] == root for name in facts.imports):
            return None
        return _scaled(replace(fact, operation=known[0]), known[1])


def _is_of(call: CallFact, fact: TimeoutFact) -> bool:
    given = dict(call.arguments).get(fact.name, "")
    return call.line == fact.call[0] and (given == fact.literal or given == "?")


def _name(call: CallFact, module: Module, graph: CallGraph) -> str:
    target = graph.target(call, module)
    return target.name if isinstance(target, (LibraryTarget, FunctionTarget)) else ""


def _scaled(fact: TimeoutFact, scale: float | None) -> TimeoutFact:
    if scale is None or fact.amount is None:
        return fact
    return replace(fact, scale=scale, seconds=round(fact.amount * scale, 9))
