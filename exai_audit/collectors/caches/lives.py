"""Where a module makes objects of classes: once, for another object, or in the course of a call."""

from __future__ import annotations

import ast

from exai_audit.collectors.caches.accesses import is_constructor, last_name
from exai_audit.facts.caches import Makings
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, first_parameter
from exai_audit.syntax.walk import descendants

_STARTING = frozenset({
    "app", "application", "boot", "bootstrap", "build", "init", "initialize", "lifespan", "main",
    "setup", "start", "startup",
})  # fmt: skip
_MAINS = frozenset({"main", "amain", "async_main", "main_async"})
_SERVES = frozenset({"forever", "serve", "polling", "idle", "mainloop"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_KEEPING = frozenset({"cache", "lru_cache", "singleton"})


def makings(tree: ModuleTree) -> Makings:
    """Return the classes of which the module makes objects, by last name and by how long they live.

    What is made at module or class level, for a ``global`` name, or by a function without
    parameters that keeps its result, is made once; so is what ``main`` makes before it serves. What
    a constructor gives to ``self`` lives as long as that object.
    """
    once: set[str] = set()
    parts: set[tuple[str, str]] = set()
    passing: set[str] = set()
    for call in tree.calls_named(frozenset(filter(_may_name_class, tree.called_names))):
        name = last_name(call.func)
        if not _names_class(name):
            continue
        owner = _made_for(tree, call)
        if _is_made_once(tree, call):
            once.add(name)
        elif owner:
            parts.add((owner, name))
        elif not _is_raised(tree, call) and not _is_while_starting(tree, call):
            passing.add(name)
    return Makings(tuple(sorted(once)), tuple(sorted(parts)), tuple(sorted(passing)))


def _may_name_class(called: str) -> bool:
    return not called or _names_class(called)  # what is called may be subscripted


def _names_class(name: str) -> bool:
    start = name.lstrip("_")
    return start[:1].isupper() and not start.isupper()


def _is_raised(tree: ModuleTree, call: ast.Call) -> bool:
    return isinstance(tree.parent(call), ast.Raise)


def _is_while_starting(tree: ModuleTree, call: ast.Call) -> bool:
    """Tell whether a function that starts the program makes something: it may live on."""
    around = (one for one in tree.ancestors(call) if isinstance(one, FUNCTIONS))
    return any(not _STARTING.isdisjoint(words(function.name)) for function in around)


def _is_made_once(tree: ModuleTree, call: ast.Call) -> bool:
    function = tree.function_of(call)
    if function is None:
        return isinstance(_statement(tree, call), (ast.Assign, ast.AnnAssign, ast.Expr))
    if isinstance(function, ast.Lambda):
        return False
    if _is_main(tree, function) and not any(isinstance(o, _LOOPS) for o in tree.ancestors(call)):
        return True
    if not function.args.args and any(
        last_name(one) in _KEEPING for one in function.decorator_list
    ):
        return True
    statement = _statement(tree, call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return any(
        not names.isdisjoint(node.names) and function in tree.ancestors(node)
        for node in tree.all(ast.Global)
    )


def _is_main(tree: ModuleTree, function: Function) -> bool:
    """Tell whether a function is the whole program, which runs until it is stopped."""
    if function.name.strip("_") not in _MAINS or tree.parent(function) is not tree.module:
        return False
    return any(map(_serves, descendants(function)))


def _serves(node: ast.AST) -> bool:
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant) and node.test.value is True
    return isinstance(node, ast.Call) and not _SERVES.isdisjoint(words(last_name(node.func)))


def _made_for(tree: ModuleTree, call: ast.Call) -> str:
    """Return the class whose constructor keeps what a call makes, empty where none does."""
    function = tree.function_of(call)
    owner = tree.class_of(call)
    if owner is None or not isinstance(function, FUNCTIONS) or not is_constructor(function):
        return ""
    statement = _statement(tree, call)
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    own = first_parameter(function)
    kept = any(
        isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) and t.value.id == own
        for t in targets
    )
    return owner.name if kept else ""


def _statement(tree: ModuleTree, node: ast.AST) -> ast.AST | None:
    return next((one for one in tree.ancestors(node) if isinstance(one, ast.stmt)), None)
