"""Dictionaries and sets that are gone over while something else may add to them or remove."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.caches.accesses import is_constructor
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.sharing import is_held_by_callers, is_inside_lock
from exai_audit.collectors.caches.vocabulary import says_locked
from exai_audit.facts.caches import GoneOverFact
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, receiver
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

TRIGGER = Trigger(words=re.compile(r"(?i)lock\Z"), names=frozenset({"await"}))
_KINDS = frozenset({
    "builtins.dict", "builtins.set", "collections.defaultdict", "collections.OrderedDict",
})  # fmt: skip
_VIEWS = frozenset({"items", "keys", "values"})
_REMOVES = frozenset({"pop", "popitem", "discard", "remove"})
_ADDS = frozenset({"add", "setdefault", "update"})
_ENDS = frozenset({"clear", "close", "disconnect", "reset", "shutdown", "stop", "teardown"})
# At the start nothing else runs yet.
_BEGINS = frozenset({"boot", "init", "initialize", "launch", "load", "run", "setup", "start"})
_LEAVES = (ast.Return, ast.Break, ast.Raise)
_Key = tuple[ast.AST | None, str]


class _Change(Struct, frozen=True):
    """What changes the size of a container, and the function that does it."""

    node: ast.AST
    function: Function
    removes: bool
    locked: bool


def gone_over(tree: ModuleTree) -> tuple[GoneOverFact, ...]:
    """Return the loops in source order, each with the change that may come between.

    That is one by another coroutine while the loop awaits, or by another thread where the change
    is made under a lock and the loop runs without.
    """
    loops = list(_loops(tree))
    made = _made(tree) if loops else {}
    loops = [(loop, key) for loop, key in loops if key in made]
    if not loops:
        return ()
    changes = _changes(tree, {key for _, key in loops})
    index = CacheIndex(tree)
    found = [_fact(loop, key, changes.get(key, []), tree, index) for loop, key in loops]
    return tuple(fact for fact in found if fact is not None)


def _loops(tree: ModuleTree) -> Iterator[tuple[ast.For | ast.comprehension, _Key]]:
    """Yield the loops over what an object or a module keeps, not over a copy of it."""
    for loop in tree.all(ast.For, ast.comprehension):
        over = loop.iter
        if isinstance(over, ast.Call) and last_name(over.func) in _VIEWS and not over.args:
            over = receiver(over.func) or over
        key = _key(over, tree)
        if key is not None and isinstance(tree.function_of(loop), FUNCTIONS):
            yield loop, key


def _key(node: ast.AST, tree: ModuleTree) -> _Key | None:
    """Return whose attribute an expression is, or which variable of the module."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = tree.class_of(node) if node.value.id in ("self", "cls") else None
        return (owner, node.attr) if owner is not None else None
    if isinstance(node, ast.Name):
        own = tree.scopes.owner(node.id, tree.scopes.of(node))
        return (None, node.id) if own is tree.scopes.module else None
    return None


def _made(tree: ModuleTree) -> dict[_Key, str]:
    """Return the attributes and variables that are given a dictionary or a set."""
    found: dict[_Key, str] = {}
    for node in tree.all(ast.Assign, ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        key = _key(target, tree)
        if key is not None and node.value is not None and _is_container(node.value, tree):
            found[key] = ""
    return found


def _is_container(value: ast.expr, tree: ModuleTree) -> bool:
    if isinstance(value, (ast.Dict, ast.Set)):
        return True
    return isinstance(value, ast.Call) and tree.qualified(value.func) in _KINDS


def _changes(tree: ModuleTree, keys: set[_Key]) -> dict[_Key, list[_Change]]:
    found: dict[_Key, list[_Change]] = defaultdict(list)
    for node in tree.all(ast.Subscript, ast.Call):
        place: ast.AST | None = None
        removes = False
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            place, removes = node.value, isinstance(node.ctx, ast.Del)
        elif isinstance(node, ast.Call) and last_name(node.func) in _REMOVES | _ADDS:
            place, removes = receiver(node.func), last_name(node.func) in _REMOVES
        key = _key(place, tree) if place is not None else None
        function = tree.function_of(node)
        if key in keys and isinstance(function, FUNCTIONS) and not is_constructor(function):
            locked = isinstance(function, ast.FunctionDef) and is_inside_lock(node, tree)
            found[key].append(_Change(node, function, removes, locked))
    return found


def _fact(
    loop: ast.For | ast.comprehension,
    key: _Key,
    changes: list[_Change],
    tree: ModuleTree,
    index: CacheIndex,
) -> GoneOverFact | None:
    function = tree.function_of(loop)
    tree.work.add(len(changes))
    others = [one for one in changes if one.function is not function]
    if not isinstance(function, FUNCTIONS) or says_locked(function.name):
        return None
    if is_inside_lock(loop, tree) or is_held_by_callers(function, tree, index):
        return None
    if not _BEGINS.isdisjoint(words(function.name)[:1]):
        return None
    awaits = isinstance(loop, ast.For) and _awaits(loop, tree)
    if awaits:
        change = next((one for one in others if one.removes and not _ends(one.function)), None)
    else:
        locked = [one for one in others if one.locked]
        change = next(iter(locked), None) if len(locked) == len(others) else None
        if isinstance(function, ast.AsyncFunctionDef) or is_constructor(function):
            change = None
    if change is None:
        return None
    place = tree.place(loop if isinstance(loop, ast.For) else loop.iter)
    return GoneOverFact(
        place, key[1], tree.symbol(change.function), tree.span(change.node).line, awaits
    )


def _awaits(loop: ast.For, tree: ModuleTree) -> bool:
    """Tell whether a loop awaits and goes on."""
    if isinstance(loop.body[-1], _LEAVES):
        return False
    awaited = (node for one in loop.body for node in (one, *descendants(one)))
    return any(
        isinstance(node, (ast.Await, ast.AsyncWith, ast.AsyncFor))
        and tree.function_of(node) is tree.function_of(loop)
        and not _leaves_after(node, loop, tree)
        for node in awaited
    )


def _leaves_after(node: ast.AST, loop: ast.For, tree: ModuleTree) -> bool:
    """Tell whether the loop is left once an await in it is done: by its block's last statement."""
    child = node
    for parent in tree.ancestors(node):
        if parent is loop:
            return False
        if isinstance(child, ast.stmt):
            block, _ = tree.place_in_block(child)
            if isinstance(block[-1], _LEAVES):
                return True
        child = parent
    return False


def _ends(function: Function) -> bool:
    return not _ENDS.isdisjoint(words(function.name)[:1])
