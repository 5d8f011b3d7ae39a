"""Small questions about syntax nodes that the cache collector asks in several places."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct

from exai_audit.collectors.caches.writing import identifiers, shown, text
from exai_audit.facts.caches import Lifetime
from exai_audit.knowledge.calls import Cache
from exai_audit.location import Place, Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, first_parameter, is_none
from exai_audit.syntax.nodes import Function as Named
from exai_audit.syntax.scopes import Scope

__all__ = [
    "CONSTRUCTORS",
    "Function",
    "Mention",
    "Named",
    "Target",
    "argument",
    "call_given",
    "given",
    "identifiers",
    "is_called",
    "is_constructor",
    "is_literal",
    "last_name",
    "last_names",
    "method_class",
    "name_of",
    "outermost",
    "outermost_method",
    "place_of",
    "scope_node",
    "scope_of",
    "shown",
    "target_of",
    "text",
]  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Mention = ast.Name | ast.Attribute | ast.keyword
CONSTRUCTORS = frozenset({
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__setstate__",
    "__copy__", "__deepcopy__", "__attrs_post_init__", "model_post_init",
})  # fmt: skip
_SCOPES = (ast.Module, ast.ClassDef, *FUNCTIONS)
_LIFETIMES: dict[type[ast.AST], Lifetime] = {
    ast.Module: Lifetime.MODULE, ast.ClassDef: Lifetime.CLASS,
}  # fmt: skip


class Target(Struct, frozen=True):
    """What an assignment gives a name to: the scope or class that owns it, and how long it lives.

    ``node`` may also be a parameter, or the class whose objects are the container; `place_of` says
    where it is. ``owner`` is the module, class or function; a function's own local has the
    lifetime None.
    """

    node: ast.AST
    name: str
    owner: ast.AST
    lifetime: Lifetime | None


def last_name(node: ast.AST) -> str:
    """Return the last identifier of a name, attribute, call or subscript of these, or await."""
    while isinstance(node, (ast.Call, ast.Subscript, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def last_names(nodes: Iterable[ast.AST]) -> set[str]:
    return {last_name(node) for node in nodes}


def argument(call: ast.Call, keyword: str | None, position: int | None) -> ast.expr | None:
    """Return an argument by keyword, else by position, None where the call does not give it."""
    for given in call.keywords:
        if given.arg is not None and given.arg == keyword:
            return given.value
    if position is None or position >= len(call.args):
        return None
    value = call.args[position]
    return None if isinstance(value, ast.Starred) else value


def call_given(tree: ModuleTree, node: ast.AST) -> ast.Call | None:
    """Return the call that ``node`` is an argument of, by keyword or unpacked or as it is."""
    parent = tree.parent(node)
    if isinstance(parent, (ast.keyword, ast.Starred)):
        node, parent = parent, tree.parent(parent)
    return parent if isinstance(parent, ast.Call) and parent.func is not node else None


def is_called(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a name is that of a function which is called, and stands for no value."""
    call = tree.parent(node)
    return isinstance(call, ast.Call) and call.func is node


def given(call: ast.Call | None, cache: Cache, tree: ModuleTree) -> tuple[str | None, str | None]:
    """Return the bound and the expiry that the arguments of a call say, else its defaults."""
    default = None if cache.default_bound == "none" else str(cache.default_bound)
    if default is not None and cache.bound:
        default = f"{cache.bound}={default}"
    bound = argument(call, cache.bound, cache.bound_position) if call and cache.bound else None
    expiry = argument(call, cache.expiry, cache.expiry_position) if call and cache.expiry else None
    return (
        default if bound is None else _said(cache.bound, bound, tree),
        None if expiry is None else _said(cache.expiry, expiry, tree),
    )


def _said(name: str | None, value: ast.expr, tree: ModuleTree) -> str | None:
    return None if is_none(value) else f"{name}={shown(tree, value)}"


def is_literal(node: ast.AST) -> bool:
    """Tell whether an expression is made of literals only."""
    if isinstance(node, ast.Constant):
        return node.value is not ...
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(is_literal, node.elts))
    return isinstance(node, ast.Name) and node.id == "Ellipsis"


def name_of(function: Function | None) -> str:
    """Return a function's name, empty for a lambda or the module."""
    return "" if function is None or isinstance(function, ast.Lambda) else function.name


def is_constructor(function: Function | None) -> bool:
    return name_of(function) in CONSTRUCTORS


def method_class(tree: ModuleTree, function: Function) -> ast.ClassDef | None:
    """Return the class whose body directly defines ``function``, None for other functions."""
    node = scope_node(tree, function)
    return node if isinstance(node, ast.ClassDef) else None


def scope_node(tree: ModuleTree, node: ast.AST) -> ast.AST:
    """Return the module, class or function, or else, whose scope a node stands in."""
    if not isinstance(node, ast.stmt):
        return tree.scopes.of(node).node
    parent = tree.parent(node)
    while parent is not None and not isinstance(parent, _SCOPES):
        parent = tree.parent(parent)
    return tree.module if parent is None else parent


def scope_of(tree: ModuleTree, name: ast.Name) -> Scope | None:
    """Return the scope that owns a name where it stands."""
    return tree.scopes.owner(name.id, tree.scopes.of(name))


def target_of(tree: ModuleTree, node: ast.expr) -> Target | None:
    """Return what an assignment's target names, None for subscripts, unpackings and the like."""
    if isinstance(node, ast.Name):
        scope = scope_of(tree, node)
        if scope is None:
            return None
        return Target(node, node.id, scope.node, _LIFETIMES.get(type(scope.node)))
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    holder = _function_named(tree, node.value)
    if holder is not None:
        return Target(node, node.attr, holder, Lifetime.MODULE)
    function = outermost_method(tree, node)
    if function is None or first_parameter(function) != node.value.id:
        return None
    owner = tree.class_of(function)
    if owner is None:
        return None
    of_class = node.value.id == "cls" and not is_constructor(function)
    return Target(node, node.attr, owner, Lifetime.CLASS if of_class else Lifetime.INSTANCE)


def _function_named(tree: ModuleTree, name: ast.Name) -> Named | None:
    """Return the function of the module that a name denotes, if it is one and nothing else."""
    scope = scope_of(tree, name)
    bindings = scope.names.get(name.id, []) if scope is tree.scopes.module and scope else []
    nodes = [binding.node for binding in bindings]
    return nodes[0] if len(nodes) == 1 and isinstance(nodes[0], FUNCTIONS) else None


def outermost(tree: ModuleTree, function: Function | None) -> Named | None:
    """Return the nearest function with a name, a lambda or nested function's outer one."""
    while isinstance(function, ast.Lambda):
        function = tree.function_of(function)
    return function


def outermost_method(tree: ModuleTree, node: ast.AST) -> Named | None:
    """Return the method around a node, through functions nested in it."""
    function = tree.function_of(node)
    while function is not None:
        if not isinstance(function, ast.Lambda) and method_class(tree, function) is not None:
            return function
        function = tree.function_of(function)
    return None


def place_of(tree: ModuleTree, node: ast.AST) -> Place:
    """Return where a name is given: of a class only its name, of a parameter, too."""
    place = tree.place(node)
    span = place.span
    if isinstance(node, ast.arg):
        return Place(_span(span, span.column, node.arg), place.symbol, place.evidence)
    if isinstance(node, ast.ClassDef):
        line = tree.source.line(span.line)
        column = line.find(node.name, span.column - 1 + len("class")) + 1
        return Place(_span(span, column, node.name), place.symbol, place.evidence)
    return place


def _span(span: Span, column: int, name: str) -> Span:
    return Span(span.line, column, span.line, column + len(name))
