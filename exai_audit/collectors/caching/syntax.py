"""Small questions about syntax nodes that the cache collector asks in several places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from exai_audit.collectors.scopes import Scope, first_parameter
from exai_audit.collectors.tree import ModuleTree
from exai_audit.collectors.walk import children
from exai_audit.facts.caches import Lifetime
from exai_audit.knowledge.table import Cache

Function = cst.FunctionDef | cst.Lambda
CONSTRUCTORS = frozenset({
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__setstate__",
    "__copy__", "__deepcopy__", "__attrs_post_init__", "model_post_init",
})  # fmt: skip


@dataclass(slots=True)
class Gathered:
    """The nodes of one module that the cache collector looks at, in source order."""

    assignments: list[cst.Assign | cst.AnnAssign] = field(default_factory=list)
    functions: list[cst.FunctionDef] = field(default_factory=list)
    classes: list[cst.ClassDef] = field(default_factory=list)
    calls: list[cst.Call] = field(default_factory=list)
    names: dict[str, list[cst.Name]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """What an assignment gives a name to: the scope or class that owns it, and how long it lives.

    ``owner`` is the module, class or function; a function's own local has the lifetime None.
    """

    node: cst.BaseExpression
    name: str
    owner: cst.CSTNode
    lifetime: Lifetime | None


def descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield ``node`` and all nodes below it, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def text(tree: ModuleTree, node: cst.CSTNode) -> str:
    """Return the code of a node without its blanks, to compare expressions by."""
    return "".join(tree.module.code_for_node(node).split())


def last_name(node: cst.CSTNode) -> str:
    """Return the last identifier of a name, attribute, call or subscript of these."""
    while isinstance(node, (cst.Call, cst.Subscript, cst.Await)):
        if isinstance(node, cst.Call):
            node = node.func
        else:
            node = node.expression if isinstance(node, cst.Await) else node.value
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def argument(
    call: cst.Call, keyword: str | None, position: int | None
) -> cst.BaseExpression | None:
    """Return an argument by keyword, else by position, None where the call does not give it."""
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and keyword is not None and arg.keyword.value == keyword:
            return arg.value
        if arg.keyword is None and not arg.star and position is not None and index == position:
            return arg.value
    return None


def given(call: cst.Call | None, cache: Cache, tree: ModuleTree) -> tuple[str | None, str | None]:
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


def _said(name: str | None, value: cst.BaseExpression, tree: ModuleTree) -> str | None:
    if isinstance(value, cst.Name) and value.value == "None":
        return None
    return f"{name}={' '.join(tree.module.code_for_node(value).split())}"


def is_literal(node: cst.BaseExpression) -> bool:
    """Tell whether an expression is made of literals only."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString, cst.BaseNumber)):
        return True
    if isinstance(node, (cst.Tuple, cst.List)):
        return all(is_literal(element.value) for element in node.elements)
    return isinstance(node, cst.Name) and node.value in ("None", "True", "False", "Ellipsis")


def name_of(function: Function | None) -> str:
    """Return a function's name, empty for a lambda or the module."""
    return function.name.value if isinstance(function, cst.FunctionDef) else ""


def is_constructor(function: Function | None) -> bool:
    return name_of(function) in CONSTRUCTORS


def method_class(tree: ModuleTree, function: cst.CSTNode) -> cst.ClassDef | None:
    """Return the class whose body directly defines ``function``, None for other functions."""
    node = tree.scopes.of(function).node
    return node if isinstance(node, cst.ClassDef) else None


def scope_of(tree: ModuleTree, name: cst.Name) -> Scope | None:
    """Return the scope that owns a name where it stands."""
    return tree.scopes.owner(name.value, tree.scopes.of(name))


def is_attribute_name(tree: ModuleTree, name: cst.Name) -> bool:
    parent = tree.parent(name)
    return isinstance(parent, cst.Attribute) and parent.attr is name


def target_of(tree: ModuleTree, node: cst.BaseExpression) -> Target | None:
    """Return what an assignment's target names, None for subscripts, unpackings and the like."""
    if isinstance(node, cst.Name):
        scope = scope_of(tree, node)
        if scope is None:
            return None
        lifetimes: dict[type, Lifetime] = {
            cst.Module: Lifetime.MODULE, cst.ClassDef: Lifetime.CLASS,
        }  # fmt: skip
        return Target(node, node.value, scope.node, lifetimes.get(type(scope.node)))
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
        return None
    function = outermost_method(tree, node)
    if function is None or first_parameter(function) != node.value.value:
        return None
    owner = tree.class_of(function)
    if owner is None:
        return None
    of_class = node.value.value == "cls" and not is_constructor(function)
    return Target(node, node.attr.value, owner, Lifetime.CLASS if of_class else Lifetime.INSTANCE)


def outermost(tree: ModuleTree, function: Function | None) -> cst.FunctionDef | None:
    """Return the nearest function with a name, a lambda or nested function's outer one."""
    while isinstance(function, cst.Lambda):
        function = tree.function_of(function)
    return function


def outermost_method(tree: ModuleTree, node: cst.CSTNode) -> cst.FunctionDef | None:
    """Return the method around a node, through functions nested in it."""
    function = tree.function_of(node)
    while function is not None:
        if isinstance(function, cst.FunctionDef) and method_class(tree, function) is not None:
            return function
        function = tree.function_of(function)
    return None


def lineage(
    tree: ModuleTree, owner: cst.ClassDef, classes: list[cst.ClassDef]
) -> set[cst.ClassDef]:
    """Return the classes of the file that ``owner`` inherits from or that inherit from it."""
    by_name = {c.name.value: c for c in classes}
    bases = {c: {by_name.get(last_name(base.value)) for base in c.bases} for c in classes}
    family = {owner}
    while True:
        more = {c for c in classes if bases[c] & family}
        more |= {b for c in family for b in bases.get(c, set()) if b is not None}
        if more <= family:
            return family
        family |= more
