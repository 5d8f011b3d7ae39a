"""The functions of a symbol that could import what they need, and what it calls at import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

from exai_audit.collectors.structure.symbols.uses import uses_of
from exai_audit.facts.symbols import FunctionBody
from exai_audit.syntax.walk import children

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_RUN_LATER = (*_FUNCTIONS, ast.Lambda)
_HOOKS = frozenset({"__init_subclass__", "__class_getitem__", "__set_name__", "__mro_entries__"})
_OF_A_METACLASS = frozenset({"__new__", "__init__", "__prepare__", "__call__"})


def function_bodies(nodes: Iterable[ast.stmt], names: Set[str]) -> tuple[FunctionBody, ...]:
    """Return functions and methods with those of ``names`` that their bodies need.

    Not those whose body stands on the line of their ``def``: nothing can be put before it.
    """
    found = []
    for function in _functions(nodes):
        first = _first_of_body(function)
        if first is not None and first.lineno > _end_of_header(function):
            needed = uses_of([function], annotations_run=True).deferred & names
            if needed:
                place = (function.name, first.lineno, first.col_offset)
                found.append(FunctionBody(*place, tuple(sorted(needed))))
    return tuple(found)


def needed_around(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return what statements need later on outside of such functions: in lambdas and blocks."""
    return uses_of(_around(nodes), annotations_run=True).deferred


def _functions(nodes: Iterable[ast.stmt]) -> Iterator[_Function]:
    """Yield functions, and methods of classes, in source order; not those of inner scopes."""
    for node in nodes:
        if isinstance(node, _FUNCTIONS):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body)


def _around(nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in nodes:
        if isinstance(node, _FUNCTIONS):
            first = _first_of_body(node)
            if first is None or first.lineno <= _end_of_header(node):
                yield node
                continue
            defaults = [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
            yield from map(ast.Expr, [*node.decorator_list, *defaults])
        elif isinstance(node, ast.ClassDef):
            given = [*node.bases, *(keyword.value for keyword in node.keywords)]
            yield from map(ast.Expr, [*node.decorator_list, *given])
            yield from _around(node.body)
        else:
            yield node


def _first_of_body(function: _Function) -> ast.stmt | None:
    """Return the first statement of a function but its docstring."""
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return function.body[1] if len(function.body) > 1 else None
    return first


def _end_of_header(function: _Function) -> int:
    given = function.args
    taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, *given.defaults]
    taken += [one for one in (given.vararg, given.kwarg) if one is not None]
    returned = [] if function.returns is None else [function.returns]
    parts = [*taken, *returned, *(one for one in given.kw_defaults if one is not None)]
    return max([function.lineno, *(getattr(part, "end_lineno", 0) for part in parts)])


def touched(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return the objects of the module whose methods statements call: ``app.include(router)``."""
    return {
        _root(node.value.func)
        for node in nodes
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
    }


def called_at_import(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return the names whose functions, or methods of whose objects, statements run at import."""
    found = set()
    waiting: list[ast.AST] = [*nodes]
    for node in waiting:  # which grows on the way
        kind = type(node)
        if kind is ast.Call:
            found.add(_root(node.func))  # type: ignore[attr-defined]
        elif kind is ast.Subscript:
            found.add(_root(node.value))  # type: ignore[attr-defined]
        elif isinstance(node, _DEFINITIONS):
            found.update(map(_root, node.decorator_list))
        if isinstance(node, _RUN_LATER):
            waiting += getattr(node, "decorator_list", ())
            waiting += [d for d in (*node.args.defaults, *node.args.kw_defaults) if d]
        elif kind is not ast.Name and kind is not ast.Constant:
            waiting += children(node)
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def hook_needs(nodes: Iterable[ast.stmt]) -> set[str]:
    """Return what functions of a class need that run when another class is made of it."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            is_meta = any(
                _root(base) == "type" or _last(base).endswith("Meta") for base in node.bases
            )
            names = _HOOKS | _OF_A_METACLASS if is_meta else _HOOKS
            run = [f for f in node.body if isinstance(f, _FUNCTIONS) and f.name in names]
            found |= uses_of(run, annotations_run=True).deferred
    return found


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else _root(node)
