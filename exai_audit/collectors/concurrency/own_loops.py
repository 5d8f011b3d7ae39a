"""Functions that run a coroutine in a loop of its own, and which coroutines are handed to whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.facts.concurrency import OwnLoopFacts
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, last_name, parameters, receiver
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

_SIGNS = frozenset({"async", "asyncio", "await"})
_TAKES = frozenset({
    "task", "tasks", "coro", "coroutine", "run", "thread", "async", "sync", "spawn",
})  # fmt: skip
"""Words in the names of functions that take a coroutine to run it."""
_RUNS = frozenset({"run", "run_until_complete"})
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "uvloop.run"})
_THREAD = "Thread"
_LOOPS = frozenset({"loop", "asyncio", "tg", "group", "nursery", "scope"})
_ROUNDS = 3
TRIGGER = Trigger(names=_SIGNS)


def own_loops(tree: ModuleTree) -> OwnLoopFacts:
    """Return who of a module runs coroutines in loops of their own, and who is handed which."""
    if tree.words.isdisjoint(_SIGNS):
        return OwnLoopFacts()
    runners = _Runners(tree)
    return OwnLoopFacts(
        threads=tuple(sorted(runners.threads)),
        inline=tuple(sorted(runners.inline)),
        handed=tuple(sorted(set(_handed(tree)))),
        awaited=tuple(sorted(set(_awaited(tree)))),
    )


def _handed(tree: ModuleTree) -> Iterator[tuple[str, str]]:
    """Yield the calls that are given a call, which may make a coroutine: both last names."""
    names = frozenset(name for name in tree.called_names if _TAKES & set(words(name)))
    for call in tree.calls_named(names) if names else ():
        for given in arguments(call)[:2]:
            if isinstance(given.value, ast.Call):
                yield _taker(call), last_name(given.value.func)


def _taker(call: ast.Call) -> str:
    """Return the last name of what takes a coroutine; with ``asyncio`` before it, if it is that."""
    name, owner = last_name(call.func), receiver(call.func)
    is_library = owner is not None and _LOOPS & set(words(last_name(owner)))
    return f"asyncio.{name}" if is_library else name


def _awaited(tree: ModuleTree) -> Iterator[str]:
    for node in tree.all(ast.Await):
        if isinstance(node.value, ast.Call):
            yield last_name(node.value.func)


class _Runners:
    """The plain functions of a module that run a coroutine which they are given, by their names.

    Each does so in a thread that it starts, or inline.
    """

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._classes: set[str] = set()
        self.threads: set[str] = set()
        self.inline: set[str] = set()
        runs = [call for call in tree.calls_named(_RUNS) if self._is_run(call)]
        for call in runs:
            self._note_run(call)
        for _ in range(_ROUNDS if runs else 0):
            self._follow()

    def _is_run(self, call: ast.Call) -> bool:
        return last_name(call.func) != "run" or self._tree.qualified(call.func) in _RUNNERS

    def _note_run(self, call: ast.Call) -> None:
        function, owner = self._tree.function_of(call), self._tree.class_of(call)
        if not isinstance(function, ast.FunctionDef):
            return
        if function.name == "run" and owner is not None and _is_thread(owner):
            self._classes.add(owner.name)
        elif self._is_given_on(call, function):
            self.inline.add(function.name)

    def _is_given_on(self, call: ast.Call, function: ast.FunctionDef) -> bool:
        """Tell whether a call is given what the function around it was given."""
        taken = {one.name for one in parameters(function)} - {"self", "cls"}
        return any(
            isinstance(node, ast.Name) and node.id in taken
            for given in arguments(call)
            for node in descendants(given.value)
        )

    def _follow(self) -> None:
        """Note the functions that hand on to those known by now what they are given."""
        known = self.threads | self.inline
        for call in self._tree.calls_named(frozenset({*known, *self._classes, _THREAD})):
            function, name = self._tree.function_of(call), last_name(call.func)
            if not isinstance(function, ast.FunctionDef) or function.name in known:
                continue
            if not self._is_given_on(call, function):
                continue
            if name in self._classes or (name == _THREAD and _target(call) in known):
                self.threads.add(function.name)
            elif name in known:
                (self.threads if name in self.threads else self.inline).add(function.name)


def _is_thread(owner: ast.ClassDef) -> bool:
    return any(last_name(base) == _THREAD for base in owner.bases)


def _target(call: ast.Call) -> str:
    given = next((one.value for one in call.keywords if one.arg == "target"), None)
    return last_name(given) if given is not None else ""
