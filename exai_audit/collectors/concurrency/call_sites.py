"""One call as a fact: what it calls and is given, as terms, and what decides that it is reached."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from functools import cached_property

from exai_audit.collectors.concurrency.asked import in_plain_branches
from exai_audit.collectors.concurrency.harmless import is_awaited, is_right_here
from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.collectors.concurrency.reachability import needs
from exai_audit.facts.calls import UNKNOWN, CallFact, CallForm, MadeFact
from exai_audit.facts.concurrency import Moment
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, first_parameter, last_name
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.terms import CALLED, Terms, unannotated

_RUNS_THROUGH = frozenset({
    "list", "tuple", "set", "dict", "sorted", "next", "any", "all", "sum", "max", "min", "join",
    "frozenset", "extend", "deque",
})  # fmt: skip
_MOST_ARGUMENTS = 12
_INIT = "__init__"


class CallSites:
    """The calls of one module as facts."""

    def __init__(self, tree: ModuleTree, held: Collection[str]) -> None:
        self._tree = tree
        self._held = held
        self._asking: dict[frozenset[str], dict[ast.AST | None, list[ast.Call]]] = {}
        self._open: dict[Function, frozenset[str]] = {}

    @cached_property
    def _for_plain(self) -> frozenset[ast.Call]:
        return in_plain_branches(self._tree)

    @cached_property
    def terms(self) -> Terms:
        """What the expressions of the module denote."""
        return Terms(self._tree.dotted, self._tree.parents, self._tree.scopes, self._tree.work)

    def fact(self, call: ast.Call, function: Function) -> CallFact | None:
        """Return what is to be said of a call, None where it leads nowhere."""
        tree = self._tree
        is_async = isinstance(function, ast.AsyncFunctionDef)
        if is_async and is_right_here(call, tree):
            return None
        callee = self._callee(call.func, function)
        if not callee or callee.endswith(CALLED):
            return None
        return CallFact(
            call.lineno,
            callee,
            self._arguments(call, function),
            () if is_async or function not in self._deciding else needs(call, function, tree),
            self._form(call),
            tree.place(call) if is_async else None,
            moments_of(tree).of(call) if is_async else Moment.SERVING,
            is_async and call in self._for_plain,
        )

    def made(self, call: ast.Call) -> MadeFact | None:
        """Return what a call of a class hands to the object, None where nothing of it is known.

        ``super().__init__(…)`` hands it to the class above.
        """
        name = last_name(call.func)
        if not name.lstrip("_")[:1].isupper() and name != _INIT:
            return None
        given = [(str(index), one) for index, one in enumerate(call.args[:_MOST_ARGUMENTS])]
        given += [(one.arg, one.value) for one in call.keywords if one.arg is not None]
        function = self._tree.function_of(call)
        open_ = self._parameters(function) if isinstance(function, FUNCTIONS) else frozenset()
        known = ((name, self._object(value, open_)) for name, value in given)
        arguments = tuple((name, term) for name, term in known if term)
        callee = self.terms.term(call.func).removesuffix(f".{_INIT}") if arguments else ""
        return MadeFact(callee, arguments) if callee and not callee.endswith(CALLED) else None

    def _object(self, value: ast.expr, parameters: frozenset[str]) -> str:
        """Return the term of an object that another file may type, empty for any other."""
        named = value.func if isinstance(value, ast.Call) else value
        if not isinstance(named, (ast.Name, ast.Attribute)):
            return ""
        is_parameter = isinstance(value, ast.Name) and value.id in parameters
        if last_name(named) not in self._held and not is_parameter:
            return ""
        term = self.terms.term(value)
        return term if term.endswith((")", ">")) or "." in term else ""

    def _callee(self, called: ast.expr, function: Function) -> str:
        """Return the term of what is called; of ``self.method`` without a search for it."""
        if type(called) is ast.Attribute and type(called.value) is ast.Name:
            owner = self._tree.parents.get(function)
            if (
                isinstance(owner, ast.ClassDef)
                and called.value.id == first_parameter(function)
                and not function.decorator_list
                and (owner, called.attr) not in self._tree.scopes.attributes
                and type(self._tree.parents.get(owner)) is ast.Module
            ):
                return f"{self._tree.dotted}.{owner.name}.{called.attr}"
        return self.terms.term(called)

    @cached_property
    def _deciding(self) -> set[ast.AST | None]:
        """The functions that decide anything."""
        return {self._tree.function_of(node) for node in self._tree.all(ast.If)}

    def asking(self, names: frozenset[str], function: Function) -> Sequence[ast.Call]:
        """Return the calls in a function of anything with one of these last names."""
        if names not in self._asking:
            found: dict[ast.AST | None, list[ast.Call]] = {}
            for call in self._tree.calls_named(names):
                found.setdefault(self._tree.function_of(call), []).append(call)
            self._asking[names] = found
        return self._asking[names].get(function, ())

    def _arguments(self, call: ast.Call, function: Function) -> tuple[tuple[str, str], ...]:
        found = [
            (f"*{index}" if type(one) is ast.Starred else str(index), self._argument(one, function))
            for index, one in enumerate(call.args[:_MOST_ARGUMENTS])
        ]
        for one in call.keywords[:_MOST_ARGUMENTS]:
            found.append((one.arg or "**", self._argument(one.value, function)))
        return tuple(found)

    def _argument(self, value: ast.expr, function: Function) -> str:
        """Return an argument: a literal, or the term of what is typed elsewhere."""
        kind = type(value)
        if isinstance(value, ast.Constant):
            text = value.value
            return f"{text[:40]!r}" if isinstance(text, str) else str(text)[:40]
        if kind is ast.Name and value.id in self._parameters(function):  # type: ignore[attr-defined]
            return self.terms.term(value)
        if kind is not ast.Name and kind is not ast.Attribute:
            return UNKNOWN
        if last_name(value) not in self._held:
            return self._passed_on(value, function)
        term = self.terms.term(value)
        return term if term.endswith((")", ">")) else UNKNOWN

    def _passed_on(self, value: ast.expr, function: Function) -> str:
        """Return what stands for a parameter of the function around, if it is one as it came."""
        if not isinstance(value, ast.Name):
            return UNKNOWN
        bound = self._tree.scopes.inside(function).names.get(value.id, ())
        is_one = len(bound) == 1 and bound[0].kind is BindingKind.PARAMETER
        return f"<{value.id}>" if is_one else UNKNOWN

    def _parameters(self, function: Function) -> frozenset[str]:
        if function not in self._open:
            self._open[function] = unannotated(function)
        return self._open[function]

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
