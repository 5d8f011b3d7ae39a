"""Whether a function or method of a module may as well run in a thread, beside the loop."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from exai_audit.facts.concurrency import BlockingKind
from exai_audit.fixing.bench import Bench
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, dotted, first_parameter, last_name

_ANYWHERE = frozenset(
    {BlockingKind.NETWORK, BlockingKind.PROCESS, BlockingKind.SLEEP, BlockingKind.DNS}
)
_KEPT_OUTSIDE = (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom)
_BOUND_TO_A_THREAD = frozenset({"sqlite3", "sqlalchemy", "threading", "contextvars", "asyncio"})
_SESSIONS = frozenset({"requests.Session", "requests.session", "requests.sessions.Session"})
_CHANGING = frozenset({
    "append", "appendleft", "add", "clear", "discard", "extend", "insert", "pop", "popitem",
    "popleft", "put", "put_nowait", "remove", "reverse", "setdefault", "sort", "update", "write",
})  # fmt: skip


class Helper(Struct, frozen=True):
    """A function of a module, or a method, by its name in the module: ``save``, ``Store.save``."""

    name: str
    function: ast.FunctionDef
    owner: ast.ClassDef | None


def offloadable(call: ast.Call, tree: ModuleTree, bench: Bench) -> str:
    """Return the dotted name of what is called, where it may as well run in a thread.

    That is one that waits for the network, a process or a time, and writes nothing that others
    read meanwhile: no global variable, and of its object nothing at all. It is empty otherwise.
    """
    found = _called(call, tree)
    if found is None or found.function.decorator_list:
        return ""
    facts = bench.facts[tree.source.path].definitions.functions
    blocks = [kind for one in facts if one.name == found.name for kind in one.blocks]
    inside = list(ast.walk(found.function))
    is_plain = not any(isinstance(node, _KEPT_OUTSIDE) for node in inside)
    # a thread cannot hand StopIteration to who awaits it
    stops = any(isinstance(n, ast.Call) and last_name(n.func) == "next" for n in inside)
    waits = bool(blocks) and all(one.kind in _ANYWHERE for one in blocks)
    is_alone = found.owner is None or _leaves_object(found, found.owner, tree)
    if not (waits and is_plain and not stops and is_alone):
        return ""
    return found.name if found.owner is not None else f"{tree.dotted}.{found.name}"


def _called(call: ast.Call, tree: ModuleTree) -> Helper | None:
    """Return the one function of the module, or method of the caller's class, that is called."""
    if isinstance(call.func, ast.Name):
        made = list(_defined(call.func.id, tree.module.body))
        return Helper(call.func.id, made[0], None) if len(made) == 1 else None
    function = tree.function_of(call)
    owner = tree.class_of(function) if function is not None else None
    if owner is None or function is None or not isinstance(call.func, ast.Attribute):
        return None
    is_own = tree.parent(function) is owner and tree.parent(owner) is tree.module
    if not is_own or dotted(call.func.value) != first_parameter(function):
        return None
    methods = list(_defined(call.func.attr, owner.body))
    return (
        Helper(f"{owner.name}.{call.func.attr}", methods[0], owner) if len(methods) == 1 else None
    )


def _defined(name: str, body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef]:
    return (n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)


def _leaves_object(found: Helper, owner: ast.ClassDef, tree: ModuleTree) -> bool:
    """Tell whether a method only reads of its object, and only what is set once, for any thread."""
    methods = [node for node in owner.body if isinstance(node, FUNCTIONS)]
    named = {method.name for method in methods}
    touched = {node.attr for node in _of_object(found.function)}
    if touched & named or _hands_itself_on(found.function):
        return False
    changed = {
        node.attr
        for method in methods
        if method.name != "__init__"
        for node in _of_object(method)
        if _is_changed(node, tree)
    }
    return not touched & changed and all(_is_for_any(name, owner, tree) for name in touched)


def _of_object(method: Function) -> list[ast.Attribute]:
    """Return the attributes of its object that a method mentions."""
    me = first_parameter(method)
    return [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and dotted(node.value) == me
    ]


def _hands_itself_on(method: Function) -> bool:
    me = first_parameter(method)
    names = [n for n in ast.walk(method) if isinstance(n, ast.Name) and n.id == me]
    supers = [n for n in ast.walk(method) if isinstance(n, ast.Name) and n.id == "super"]
    return len(names) > len(_of_object(method)) or bool(supers)


def _is_changed(node: ast.Attribute, tree: ModuleTree) -> bool:
    """Tell whether code gives an attribute another value, or changes the value that it has."""
    if not isinstance(node.ctx, ast.Load):
        return True
    parent = tree.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return not isinstance(parent.ctx, ast.Load)
    return isinstance(parent, ast.Attribute) and parent.attr in _CHANGING


def _is_for_any(attribute: str, owner: ast.ClassDef, tree: ModuleTree) -> bool:
    """Tell whether nothing shows that an attribute belongs to one thread, or is used by one."""
    values = tree.self_bindings(owner, attribute)
    for value in values:
        made = value.func if isinstance(value, ast.Call) else value
        name = tree.qualified(made) or ""
        if name in _SESSIONS or name.partition(".")[0] in _BOUND_TO_A_THREAD:
            return False
    return bool(values) or not owner.bases
