"""What a file defines that other files may call, and the calls that lead on from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property, lru_cache

from exai_audit.collectors.concurrency.blocking import BLOCKS_ANYWHERE, blocking_calls
from exai_audit.collectors.concurrency.call_sites import CallSites
from exai_audit.collectors.concurrency.classes import (
    LEAVES_TO_OTHERS,
    GivenAttributes,
    abstract_methods,
    held_attributes,
)
from exai_audit.collectors.concurrency.held_names import HeldNames, imported_names
from exai_audit.collectors.concurrency.inherited import InheritedCalls
from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.collectors.concurrency.reachability import ASKS_FOR_ITEMS, ASKS_FOR_LOOP
from exai_audit.collectors.concurrency.signatures import forwards, loop_runners, taken
from exai_audit.collectors.concurrency.twins import blocking_twins
from exai_audit.collectors.concurrency.untyped_waits import plain_untyped_waits
from exai_audit.collectors.concurrency.vocabulary import OF_ANYTHING, OF_PLAIN_OBJECTS
from exai_audit.facts.calls import (
    CallFact,
    ClassFact,
    DefinitionFacts,
    FunctionFact,
    FunctionForm,
    MadeFact,
)
from exai_audit.facts.concurrency import BlockingFact
from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, receiver, source_order
from exai_audit.syntax.terms import Terms, unannotated
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(names=frozenset({"def", "class", "import"}))
_ROUNDS = 3
_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
_PROPERTIES = frozenset({"property", "cached_property"})


def definitions(tree: ModuleTree) -> DefinitionFacts:
    """Return the functions, classes and variables that may lead to what matters."""
    foreign, clients = imported_names(tree)
    blocks = BLOCKS_ANYWHERE.is_in(tree.words, tree.roots)
    leaves = not LEAVES_TO_OTHERS.isdisjoint(tree.words)
    runs = "run" in tree.words and "asyncio" in tree.roots
    if not foreign and not clients and not blocks and not leaves and not runs:
        return DefinitionFacts()
    return _Definitions(tree, foreign, clients, blocks).facts()


@lru_cache(maxsize=4)
def _methods_of_clients(own: object) -> frozenset[str]:
    rows = (row.name for row in table().calls.values() if row.blocking and row.name.count(".") > 1)
    return frozenset(name.rpartition(".")[2] for name in rows) - OF_ANYTHING


class _Definitions:
    """The definitions of one module.

    Args:
        foreign: the names that may be of other files.
        clients: the names that come from libraries with clients.
        blocks: whether the module can block at all.
    """

    def __init__(
        self, tree: ModuleTree, foreign: set[str], clients: set[str], blocks: bool
    ) -> None:
        self._tree = tree
        self._held = HeldNames(foreign, tree)
        self._sites = CallSites(tree, self._held.names)
        self._clients = clients
        self._blocking = blocking_calls(tree) if blocks else None
        self._calls: dict[Function, dict[ast.Call, CallFact]] = {}
        self._given = GivenAttributes(tree)
        self._inherited = InheritedCalls(tree)

    @property
    def _terms(self) -> Terms:
        return self._sites.terms

    @cached_property
    def _generators(self) -> set[ast.AST | None]:
        yields = (*self._tree.all(ast.Yield), *self._tree.all(ast.YieldFrom))
        return {self._tree.function_of(node) for node in yields}

    def facts(self) -> DefinitionFacts:
        self._blocks = self._blocking_functions()
        self._runners = loop_runners(self._tree)
        self._exits()
        self._calls_of_arguments()
        self._calls_within()
        holders = self._holders()
        made = tuple(self._made())
        functions = tuple(self._functions(holders))
        classes = tuple(self._classes(holders))
        variables = tuple(self._variables(holders))
        return DefinitionFacts(functions, classes, variables, made)

    def _blocking_functions(self) -> dict[ast.AST, tuple[BlockingFact, ...]]:
        found: dict[ast.AST, tuple[BlockingFact, ...]] = {}
        for function, fact in plain_untyped_waits(self._tree):
            found[function] = (*found.get(function, ()), fact)
        found |= blocking_twins(self._tree, self._terms)
        calls = self._blocking
        if calls is None:
            return found
        plain = [one for one in calls.functions if isinstance(one, ast.FunctionDef)]
        named = ((function, calls.of(function)) for function in plain)
        return found | {function: facts for function, facts in named if facts}

    def _exits(self) -> None:
        """Note the calls that may be of something that another file defines or holds."""
        inherited = list(self._inherited.below(self._held.names))
        for call in inherited:
            self._held.follow(call)
        for call in (*self._held.calls, *inherited, *self._given.calls()):
            if self._may_lead_on(call):
                self._note(call)

    def _may_lead_on(self, call: ast.Call) -> bool:
        """Tell whether a call may block: not what is awaited, raised, or of texts and containers.

        What makes an object seldom does, and only coroutines are asked about it.
        """
        tree, name = self._tree, last_name(call.func)
        if name in OF_PLAIN_OBJECTS or isinstance(tree.parent(call), (ast.Await, ast.Raise)):
            return False
        makes = name.lstrip("_")[:1].isupper()
        return not makes or isinstance(tree.function_of(call), ast.AsyncFunctionDef)

    def _calls_of_arguments(self) -> None:
        """Note the calls of methods of a parameter of which only its caller knows what it is."""
        for call in self._tree.calls_named(_methods_of_clients(configuration())):
            owner = receiver(call.func)
            function = self._tree.function_of(call)
            if not isinstance(owner, ast.Name) or not isinstance(function, ast.FunctionDef):
                continue
            if owner.id in unannotated(function) and owner.id not in ("self", "cls"):
                self._note(call)

    def _note(self, call: ast.Call) -> bool:
        function = self._tree.function_of(call)
        if not isinstance(function, FUNCTIONS):
            return False
        noted = self._calls.setdefault(function, {})
        if call in noted:
            return False
        fact = self._sites.fact(call, function)
        if fact is None:
            return False
        noted[call] = fact
        return True

    def _calls_within(self) -> None:
        """Note the calls of functions of the module itself that lead to a call noted before."""
        leading: set[ast.AST] = {f for f, calls in self._calls.items() if calls}
        leading |= self._blocks.keys() | self._runners
        asked: set[str] = set()
        for _ in range(_ROUNDS):
            names = {name for function in leading for name in self._names_of(function)} - asked
            asked |= names
            leading = set()
            for call in self._tree.calls_named(frozenset(names)) if names else ():
                if self._note(call):
                    leading.add(self._tree.function_of(call) or self._tree.module)

    def _names_of(self, function: ast.AST) -> Iterator[str]:
        if not isinstance(function, FUNCTIONS):
            return
        if function.name in ("__init__", "__enter__", "__call__"):
            owner = self._tree.class_of(function)
            if owner is not None:
                yield owner.name
        else:
            yield function.name

    def _holders(self) -> set[str]:
        """Return the names that may hold what matters, those of classes that do among them."""
        leading = {*self._blocks, *self._runners, *(f for f, calls in self._calls.items() if calls)}
        owners = {self._tree.class_of(function) for function in leading}
        owners |= {owner for owner in self._given.names if isinstance(owner, ast.ClassDef)}
        owners |= {one for one in self._tree.all(ast.ClassDef) if abstract_methods(one, self._tree)}
        classes = {owner.name for owner in owners if owner is not None}
        held = self._held
        held.add({*self._clients, *classes, *(("cls",) if classes else ())})
        held.add({owner.name for owner in self._tree.all(ast.ClassDef) if self._names_in(owner)})
        return held.names

    def _names_in(self, owner: ast.ClassDef) -> set[str]:
        """Return the names of what a class holds that matters: in its body, on its objects."""
        names = self._held.names
        inside = self._tree.scopes.inside(owner).names.keys() & names
        return inside | (self._inherited.attributes.get(owner, set()) & names)

    def _made(self) -> Iterator[MadeFact]:
        """Yield the calls that make objects of classes, and hand them what matters."""
        for call in (*self._held.calls, *self._inherited.of_super):
            if call.args or call.keywords:
                fact = self._sites.made(call)
                if fact is not None:
                    yield fact

    # Functions

    def _functions(self, holders: set[str]) -> Iterator[FunctionFact]:
        for function in self._tree.functions:
            noted = self._calls.get(function, {})
            calls = tuple(noted[call] for call in sorted(noted, key=source_order))
            blocks = self._blocks.get(function, ())
            returns = self._terms.returned(function) if function.name in holders else ""
            if calls or blocks or returns or function in self._runners:
                yield self._function(function, calls, blocks, returns)

    def _function(
        self,
        function: Function,
        calls: tuple[CallFact, ...],
        blocks: tuple[BlockingFact, ...],
        returns: str,
    ) -> FunctionFact:
        tree = self._tree
        return FunctionFact(
            name=tree.symbol(function),
            line=function.lineno,
            is_async=isinstance(function, ast.AsyncFunctionDef),
            form=self._form(function),
            parameters=tuple(taken(function, tree)),
            returns=returns,
            calls=calls,
            blocks=blocks,
            asks_for_loop=bool(self._sites.asking(ASKS_FOR_LOOP, function)),
            asks_for_items=tuple(
                sorted(
                    {
                        last_name(receiver(ask.func) or ask.func)
                        for ask in self._sites.asking(ASKS_FOR_ITEMS, function)
                    }
                )
            ),
            runs_loop=function in self._runners,
            forwards=forwards(function),
            serves_from=(
                moments_of(tree).serves_from(function)
                if isinstance(function, ast.AsyncFunctionDef)
                else 0
            ),
        )

    def _form(self, function: Function) -> FunctionForm:
        decorated = {last_name(one) for one in function.decorator_list}
        if decorated & _MANAGERS:
            return FunctionForm.CONTEXT_MANAGER
        if decorated & _PROPERTIES:
            return FunctionForm.PROPERTY
        return FunctionForm.GENERATOR if function in self._generators else FunctionForm.PLAIN

    # Classes and variables

    def _classes(self, holders: set[str]) -> Iterator[ClassFact]:
        for owner in self._tree.all(ast.ClassDef):
            if owner.name in holders:
                yield self._class(owner)

    def _class(self, owner: ast.ClassDef) -> ClassFact:
        tree, given = self._tree, self._given.names.get(owner, set())
        methods = [node for node in owner.body if isinstance(node, FUNCTIONS)]
        bases = (self._terms.term(base) for base in owner.bases)
        made = [one for one in methods if one.name == "__init__"]
        return ClassFact(
            tree.symbol(owner),
            tuple(base for base in bases if base),
            tuple(one.name for one in methods),
            tuple(held_attributes(owner, self._names_in(owner) | given, tree, self._terms)),
            abstract_methods(owner, tree),
            tuple(name for one in made for name, _ in taken(one, tree)),
        )

    def _variables(self, holders: set[str]) -> Iterator[tuple[str, str]]:
        tree = self._tree
        for name in sorted(holders & tree.scopes.module.names.keys()):
            term = self._terms.module_variable(name)
            if term:
                yield name, term
