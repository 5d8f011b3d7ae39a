"""Functions that have a coroutine twin: what the twin awaits, they wait for.

``get_answer`` beside ``aget_answer``, ``async_get_answer`` or ``get_answer_async``; the methods of
``Client`` beside those of ``AsyncClient``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from exai_audit.collectors.concurrency.vocabulary import OF_ANYTHING, OF_PLAIN_OBJECTS
from exai_audit.facts.calls import twins_of
from exai_audit.facts.concurrency import BlockingFact, BlockingKind
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, dotted, last_name, parameters, receiver
from exai_audit.syntax.walk import descendants

_NO_WAITS = frozenset({
    "sleep", "gather", "wait_for", "wait", "acquire", "checkpoint", "to_thread", "run_in_executor",
    "run_sync", "run_in_threadpool", "close", "aclose",
})  # fmt: skip
_OF_MANY = OF_ANYTHING | OF_PLAIN_OBJECTS
_AWAITED_WORDS = frozenset({"async", "aio", "a", "asynchronous"})
_ASYNC = "Async"
_Owned = dict[str, Function]


def blocking_twins(tree: ModuleTree) -> dict[ast.AST, tuple[BlockingFact, ...]]:
    """Return the synchronous functions whose twin awaits what they wait for."""
    if "await" not in tree.source.text:
        return {}
    found: dict[ast.AST, tuple[BlockingFact, ...]] = {}
    for plain, twin in _pairs(tree):
        waits = _mirrored(plain, twin)
        if waits is not None:
            found[plain] = (_fact(waits, twin, tree),)
    return found


def _fact(waits: ast.Call, twin: ast.AsyncFunctionDef, tree: ModuleTree) -> BlockingFact:
    name = " ".join(tree.text(waits.func).split())
    instead = f"await {tree.symbol(twin)}(...)"
    return BlockingFact(tree.place(waits), name, instead, BlockingKind.TWIN)


def _pairs(tree: ModuleTree) -> Iterator[tuple[ast.FunctionDef, ast.AsyncFunctionDef]]:
    owned: dict[ast.AST | None, _Owned] = defaultdict(dict)
    for function in tree.functions:
        owned[tree.parent(function)][function.name] = function
    classes = {owner.name: owner for owner in owned if isinstance(owner, ast.ClassDef)}
    for owner, functions in owned.items():
        others: _Owned = {}
        if isinstance(owner, ast.ClassDef) and f"{_ASYNC}{owner.name}" in classes:
            others = owned[classes[f"{_ASYNC}{owner.name}"]]
        for name, function in functions.items():
            if isinstance(function, ast.FunctionDef) and not name.startswith("__"):
                twins = [functions.get(one) for one in twins_of(name)] + [others.get(name)]
                twin = next((one for one in twins if isinstance(one, ast.AsyncFunctionDef)), None)
                if twin is not None:
                    yield function, twin


def _mirrored(plain: ast.FunctionDef, twin: ast.AsyncFunctionDef) -> ast.Call | None:
    """Return the call of a function that its twin makes and awaits, too.

    Of names that anything may have the receiver must be alike, as well.
    """
    alike: dict[str, set[str]] = defaultdict(set)
    for call in _awaited(twin):
        for name in _synchronous(last_name(call.func)):
            alike[name].add(_receiver(call))
    taken = {parameter.name for parameter in parameters(plain)}
    for node in _own(plain):
        if isinstance(node, ast.Call) and not _is_named(node.func, taken):
            name = last_name(node.func)
            if name in alike and (name not in _OF_MANY or _receiver(node) in alike[name]):
                return node
    return None


def _is_named(called: ast.expr, names: Collection[str]) -> bool:
    """Tell whether one of the names is called: a plain function that a parameter is."""
    return isinstance(called, ast.Name) and called.id in names


def _receiver(call: ast.Call) -> str:
    """Return what a method is called on, without what says that it is awaited."""
    owner = receiver(call.func)
    name = dotted(owner) if owner is not None else ""
    parts = [part for part in words(name) if part not in _AWAITED_WORDS]
    return "_".join(parts)


def _synchronous(name: str) -> Iterator[str]:
    """Yield how a coroutine function, and a function whose twin it is, may be called."""
    if name in _NO_WAITS:
        return
    yield name
    if name.startswith("async_"):
        yield name.removeprefix("async_")
    elif name.endswith("_async"):
        yield name.removesuffix("_async")
    elif name.startswith("a"):
        yield name[1:].lstrip("_")


def _awaited(function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    for node in _own(function):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            yield node.value


def _own(function: Function) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from descendants(statement)
