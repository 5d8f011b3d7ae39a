"""What one thread or request may do to a container between another one's look-up and store."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct

from exai_audit.collectors.caches.accesses import (
    Function,
    Named,
    is_called,
    is_constructor,
    last_name,
    name_of,
    scope_of,
    text,
)
from exai_audit.collectors.caches.idiom import is_setdefault
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import is_lock, says_locked
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments
from exai_audit.syntax.walk import descendants

_AWAITING = (ast.Await, ast.AsyncWith, ast.AsyncFor)
_DEEPEST = 3
_Spot = tuple[int, int]


class Unlocked(Struct, frozen=True):
    """A look-up and a store with no lock around; see `exai_audit.facts.caches.CacheFact`."""

    unlocked: int = 0
    looked_up: int = 0
    unlocked_in: str = ""
    awaits: bool = False
    counts: bool = False
    on_loop: bool = False
    read_again: bool = False
    of_objects: bool = False


NEVER = Unlocked()


def check_then_act(
    held: Container, stored: Iterable[Use], tree: ModuleTree, index: CacheIndex
) -> Unlocked:
    """Return the first function that stores what it looked up before, and what lies in between.

    A coroutine counts only if it awaits before it stores: until then no other runs.
    """
    found = [_acting(use, held, tree, index) for use in stored if not is_setdefault(use)]
    return next((one for one in found if one is not None), NEVER)


def _acting(use: Use, held: Container, tree: ModuleTree, index: CacheIndex) -> Unlocked | None:
    function = use.function
    if not isinstance(function, FUNCTIONS) or is_constructor(function):
        return None
    if is_locked(use, tree) or is_held_by_callers(function, tree, index):
        return None
    look = _look_up(use, held, tree)
    counts = use.act is Act.COUNT
    if look is None and not counts:
        return None
    start = tree.span((look or use).node)
    awaits = isinstance(function, ast.AsyncFunctionDef)
    if awaits and not (look is not None and _awaits_value(function, look, use, tree)):
        return None
    line, symbol = tree.span(use.node).line, tree.symbol(function)
    guarded = any(is_locked(other, tree) for other in held.uses)
    on_loop = not guarded and _is_on_loop(function, tree, index, _DEEPEST)
    read = any(
        look.function is function and isinstance(look.node, ast.Subscript)
        for look in held.does(Act.LOOK_UP)
    )
    objects = any(_makes_object(value) for value in _values(use, tree))
    return Unlocked(line, start.line, symbol, awaits, counts, on_loop, read, objects)


def _makes_object(value: ast.expr) -> bool:
    name = last_name(value.func).lstrip("_") if isinstance(value, ast.Call) else ""
    return name == "cls" or (name[:1].isupper() and not name.isupper())


def _is_on_loop(function: Function | None, tree: ModuleTree, index: CacheIndex, depth: int) -> bool:
    """Tell whether a function is a coroutine, or only ever called by coroutines of the module."""
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    if not isinstance(function, ast.FunctionDef) or depth == 0:
        return False
    mentions = [] if function.name.startswith("__") else index.mentions(function.name)
    return bool(mentions) and all(
        is_called(one, tree) and _is_on_loop(tree.function_of(one), tree, index, depth - 1)
        for one in mentions
    )


def _look_up(use: Use, held: Container, tree: ModuleTree) -> Use | None:
    """Return the look-up that comes before a store in its function: of its own key, if any is."""
    before = [
        look
        for look in held.does(Act.LOOK_UP)
        if look.function is use.function and _spot(look.node, tree) < _spot(use.node, tree)
    ]
    key = text(tree, use.key) if use.key is not None else ""
    same = [look for look in before if look.key is not None and text(tree, look.key) == key]
    return next(iter(same or before), None)


def _spot(node: ast.AST, tree: ModuleTree) -> _Spot:
    span = tree.span(node)
    return span.line, span.column


def _awaits_value(function: Named, look: Use, store: Use, tree: ModuleTree) -> bool:
    """Tell whether what is stored was awaited after the look-up, or made after an await."""
    statement = tree.statement(store.node)
    last = tree.span(statement if statement is not None else store.node)
    first, end = _spot(look.node, tree), (last.end_line, last.end_column)
    waits = any(
        isinstance(node, _AWAITING) and first < _spot(node, tree) < end
        for node in descendants(function)
    )
    return waits and any(_is_made(value, store, tree) for value in _values(store, tree))


def _values(store: Use, tree: ModuleTree) -> list[ast.expr]:
    """Return what is stored: of a local name, all that it is assigned."""
    value = store.value
    if not isinstance(value, ast.Name) or store.function is None:
        return [] if value is None else [value]
    bindings = tree.scopes.inside(store.function).names.get(value.id, [])
    return [binding.value for binding in bindings if binding.value is not None]


def _is_made(value: ast.expr, store: Use, tree: ModuleTree) -> bool:
    """Tell whether a value is awaited, or is a part of what a local name was awaited for."""
    holds = isinstance(value, (ast.Await, ast.Tuple, ast.Call))
    if holds and any(isinstance(node, ast.Await) for node in descendants(value)):
        return True
    if not isinstance(value, (ast.Subscript, ast.Attribute, ast.Call)) or store.function is None:
        return False
    names = tree.scopes.inside(store.function).names
    used = (node.id for node in descendants(value) if isinstance(node, ast.Name))
    made = (names.get(name, []) for name in used)
    return any(len(one) == 1 and isinstance(one[0].value, ast.Await) for one in made)


def is_locked(use: Use, tree: ModuleTree) -> bool:
    """Tell whether something is done with a container while a lock is held."""
    return is_inside_lock(use.node, tree)


def is_held_by_callers(function: Function, tree: ModuleTree, index: CacheIndex) -> bool:
    """Tell whether a function is only called with a lock held, as its name or its callers say."""
    name = name_of(function)
    if says_locked(name):
        return True
    mentions = [] if name.startswith("__") else index.mentions(name)
    if not name.startswith("_") and len(mentions) != 1:
        return False  # other files may call it too
    return bool(mentions) and all(is_inside_lock(one, tree) for one in mentions)


def is_inside_lock(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a lock is held where a node stands, as far as its function shows."""
    for parent in tree.ancestors(node):
        if isinstance(parent, (ast.With, ast.AsyncWith)) and any(
            _is_lock(item.context_expr, tree) for item in parent.items
        ):
            return True
        if isinstance(parent, FUNCTIONS):
            return _acquires(parent) or any(map(_takes_lock, parent.decorator_list))
    return False


def _is_lock(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is a lock by its name, or by what its name was assigned."""
    if is_lock(last_name(node)):
        return True
    scope = scope_of(tree, node) if isinstance(node, ast.Name) else None
    bindings = scope.names.get(node.id, []) if scope and isinstance(node, ast.Name) else []
    made = [binding.value for binding in bindings if isinstance(binding.value, ast.Call)]
    return any(is_lock(last_name(call.func)) for call in made)


def _takes_lock(decorator: ast.expr) -> bool:
    """Tell whether a decorator is called a lock, or is given one: ``@wrap_with(Lock())``."""
    given = arguments(decorator) if isinstance(decorator, ast.Call) else []
    return any(is_lock(last_name(node)) for node in (decorator, *(one.value for one in given)))


def _acquires(function: Named) -> bool:
    """Tell whether a function takes a lock by hand in one of its own statements."""
    calls = (one.value for one in function.body if isinstance(one, ast.Expr))
    return any(isinstance(c, ast.Call) and last_name(c.func) == "acquire" for c in calls)
