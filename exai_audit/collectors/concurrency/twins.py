"""Functions that have a coroutine twin: what the twin awaits, they wait for.

``get_answer`` beside ``aget_answer``, ``async_get_answer`` or ``get_answer_async``; the methods of
``Client`` beside those of ``AsyncClient``.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Collection, Iterator

from exai_audit.collectors.concurrency.vocabulary import OF_ANYTHING, OF_PLAIN_OBJECTS
from exai_audit.facts.calls import twins_of
from exai_audit.facts.concurrency import BlockingFact, BlockingKind
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    dotted,
    first_parameter,
    last_name,
    parameters,
    receiver,
)
from exai_audit.syntax.terms import Terms
from exai_audit.syntax.walk import descendants

_NO_WAITS = frozenset({
    "sleep", "gather", "wait_for", "wait", "acquire", "checkpoint", "to_thread", "run_in_executor",
    "run_sync", "run_in_threadpool", "close", "aclose",
})  # fmt: skip
_OF_MANY = OF_ANYTHING | OF_PLAIN_OBJECTS
_TAKE_COROUTINES = frozenset({
    "create_task", "ensure_future", "run_coroutine_threadsafe", "run", "run_until_complete",
    "run_sync", "async_to_sync", "gather",
})  # fmt: skip
_AWAITED_WORDS = frozenset({"async", "aio", "a", "asynchronous"})
_ASYNC = "Async"
_Owned = dict[str, Function]


def blocking_twins(tree: ModuleTree, terms: Terms) -> dict[ast.AST, tuple[BlockingFact, ...]]:
    """Return the synchronous functions whose twin awaits what they wait for.

    Args:
        terms: say what they call, for the project to tell whether there is such a function.
    """
    if "await" not in tree.source.text:
        return {}
    found: dict[ast.AST, tuple[BlockingFact, ...]] = {}
    for plain, twin in _pairs(tree):
        waits = next((one for one in _mirrored(plain, twin) if _may_wait(one, plain, tree)), None)
        if waits is not None:
            found[plain] = (_fact(waits, twin, tree, terms.term(waits.func)),)
    return found


def _fact(
    waits: ast.Call, twin: ast.AsyncFunctionDef, tree: ModuleTree, callee: str
) -> BlockingFact:
    name = " ".join(tree.text(waits.func).split())
    instead = f"await {tree.symbol(twin)}(...)"
    return BlockingFact(tree.place(waits), name, instead, BlockingKind.TWIN, callee=callee)


def _may_wait(call: ast.Call, plain: ast.FunctionDef, tree: ModuleTree) -> bool:
    """Tell whether a call may wait: not what makes a coroutine, nor what only looks something up.

    Of the object's own methods those that are there, and do more than that.
    """
    around = tree.parent(call)
    if isinstance(around, ast.Call) and last_name(around.func) in _TAKE_COROUTINES:
        return False
    owner = tree.parent(plain)
    is_own = isinstance(owner, ast.ClassDef) and _is_of_object(call, plain)
    if not is_own or not isinstance(owner, ast.ClassDef):
        return True
    name = last_name(call.func)
    methods = [one for one in owner.body if isinstance(one, FUNCTIONS) and one.name == name]
    if methods:
        return any(isinstance(one, ast.FunctionDef) and _calls_more(one) for one in methods)
    return bool(owner.bases) or bool(tree.self_bindings(owner, name))


def _is_of_object(call: ast.Call, plain: ast.FunctionDef) -> bool:
    """Tell whether a method of the object itself is called."""
    on = receiver(call.func)
    return isinstance(on, ast.Name) and on.id in ("cls", first_parameter(plain))


def _calls_more(function: ast.FunctionDef) -> bool:
    """Tell whether a function calls anything but what looks up, converts or makes an object."""
    calls = (node for node in _own(function) if isinstance(node, ast.Call))
    names = (last_name(call.func) for call in calls)
    return any(
        name not in _OF_MANY and not hasattr(builtins, name) and not name[:1].isupper()
        for name in names
    )


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


def _mirrored(plain: ast.FunctionDef, twin: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """Yield the calls of a function that its twin makes and awaits, too.

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
                yield node


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
