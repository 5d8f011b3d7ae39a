"""One call as a fact: what it calls and is given, as terms, and what decides that it is reached."""

from __future__ import annotations

import ast

from exai_audit.collectors.concurrency.harmless import is_awaited, is_right_here
from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.collectors.concurrency.reachability import needs
from exai_audit.facts.calls import UNKNOWN, CallFact, CallForm
from exai_audit.facts.concurrency import Moment
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, arguments, last_name, text_of
from exai_audit.syntax.terms import CALLED, Terms

_RUNS_THROUGH = frozenset({
    "list", "tuple", "set", "dict", "sorted", "next", "any", "all", "sum", "max", "min", "join",
    "frozenset", "extend", "deque",
})  # fmt: skip
_MOST_ARGUMENTS = 12


class CallSites:
    """The calls of one module as facts."""

    def __init__(self, tree: ModuleTree, terms: Terms) -> None:
        self._tree = tree
        self._terms = terms
        self._asking: dict[frozenset[str], list[ast.Call]] = {}

    def fact(self, call: ast.Call, function: Function) -> CallFact | None:
        """Return what is to be said of a call, None where it leads nowhere."""
        tree = self._tree
        callee = self._terms.term(call.func)
        if not callee or callee.endswith(CALLED) or is_right_here(call, tree):
            return None
        is_async = isinstance(function, ast.AsyncFunctionDef)
        return CallFact(
            call.lineno,
            callee,
            self._arguments(call),
            () if is_async else needs(call, function, tree),
            self._form(call),
            tree.place(call) if is_async else None,
            moments_of(tree).of(call) if is_async else Moment.SERVING,
        )

    def asking(self, names: frozenset[str]) -> list[ast.Call]:
        """Return the calls of anything with one of these last names."""
        if names not in self._asking:
            calls = () if self._tree.words.isdisjoint(names) else self._tree.calls(names)
            self._asking[names] = [call for call in calls if last_name(call.func) in names]
        return self._asking[names]

    def _arguments(self, call: ast.Call) -> tuple[tuple[str, str], ...]:
        found = []
        for index, given in enumerate(arguments(call)[:_MOST_ARGUMENTS]):
            name = given.star or given.name or str(index)
            found.append((name, self._argument(given.value)))
        return tuple(found)

    def _argument(self, value: ast.expr) -> str:
        if isinstance(value, ast.Constant):
            text = text_of(value)
            return f"{text[:40]!r}" if text is not None else str(value.value)
        if not isinstance(value, (ast.Name, ast.Attribute, ast.Call)):
            return UNKNOWN
        term = self._terms.term(value)
        return term if term.endswith((")", ">")) else UNKNOWN

    def _form(self, call: ast.Call) -> CallForm:
        if is_awaited(call, self._tree):
            return CallForm.AWAITED
        parent = self._tree.parent(call)
        if isinstance(parent, ast.withitem):
            return CallForm.ENTERED
        if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is call:
            return CallForm.ITERATED
        if isinstance(parent, ast.Call) and last_name(parent.func) in _RUNS_THROUGH:
            return CallForm.ITERATED
        return CallForm.PLAIN
