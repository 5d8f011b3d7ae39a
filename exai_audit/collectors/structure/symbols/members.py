"""The methods of a class: which need which, and which attributes they use."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from exai_audit.collectors.structure.symbols.statements import bound_in
from exai_audit.collectors.structure.symbols.vocabulary import parameters_of, words_in
from exai_audit.facts.symbols import ClassMembers, LineRange, SymbolFact, SymbolKind
from exai_audit.syntax.walk import descendants

_Method = ast.FunctionDef | ast.AsyncFunctionDef


def class_members(name: str, node: ast.ClassDef) -> ClassMembers:
    """Return the methods of a class; those of one name, as of a property, are one."""
    found: dict[str, list[_Method]] = {}
    for method in _methods(node.body):
        found.setdefault(method.name, []).append(method)
    at = {method: number for number, method in enumerate(found)}
    reached = [[*_reached(parts)] for parts in found.values()]
    methods = tuple(
        SymbolFact(
            names=(method,),
            kind=SymbolKind.FUNCTION,
            ranges=tuple(_lines(part) for part in parts),
            uses=tuple(sorted({at[n] for n in names if n in at} - {at[method]})),
            words=words_in(parts),
            parameters=parameters_of(parts),
            attributes=tuple(sorted({n for n in names if n not in at and not _is_special(n)})),
            registers=tuple(sorted(_decorators(parts))),
        )
        for (method, parts), names in zip(found.items(), reached, strict=True)
    )
    return ClassMembers(
        name,
        _lines(node),
        tuple(ast.unparse(base) for base in node.bases),
        methods,
        assigned=tuple(sorted(_assigned(found.values()) - _bound_in_body(node))),
        plain=tuple(n for n, parts in enumerate(found.values()) if _is_plain(parts)),
        supers=tuple(n for n, parts in enumerate(found.values()) if _calls_super(parts)),
        mangled=tuple(
            (number, name)
            for number, names in enumerate(reached)
            for name in sorted({n for n in names if n.startswith("__") and not _is_special(n)})
        ),
    )


def _methods(body: Iterable[ast.stmt]) -> Iterator[_Method]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _methods([*node.body, *node.orelse])


def _lines(node: _Method | ast.ClassDef) -> LineRange:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return LineRange(first, node.end_lineno or node.lineno)


def _reached(parts: Iterable[_Method]) -> Iterator[str]:
    """Yield the attributes of the object, and of ``super()``, that methods use."""
    for part in parts:
        owner = _first_parameter(part)
        for node in descendants(part):
            if isinstance(node, ast.Attribute) and _is_named(node.value, owner):
                yield node.attr


def _assigned(methods: Iterable[Iterable[_Method]]) -> set[str]:
    """Return the attributes that methods set on the object."""
    return {
        node.attr
        for parts in methods
        for part in parts
        for node in descendants(part)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and _is_named(node.value, _first_parameter(part))
    }


def _bound_in_body(node: ast.ClassDef) -> set[str]:
    return {name for statement in node.body for name in bound_in(statement)}


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and bool(name) and node.id == name


def _first_parameter(method: _Method) -> str:
    given = [*method.args.posonlyargs, *method.args.args]
    return given[0].arg if given and "staticmethod" not in _decorators([method]) else ""


def _is_plain(parts: Collection[_Method]) -> bool:
    """Tell whether methods do something and do not use the object for it."""
    return not _uses_object(parts) and not all(_is_to_be_overridden(part) for part in parts)


def _is_to_be_overridden(method: _Method) -> bool:
    """Tell whether a method says nothing but what others may put in its place."""
    said = [node for node in method.body if not _is_text(node)]
    return all(isinstance(node, (ast.Pass, ast.Raise)) for node in said)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _uses_object(parts: Iterable[_Method]) -> bool:
    for part in parts:
        owner = _first_parameter(part)
        for node in descendants(part):
            if isinstance(node, ast.Name) and node.id in ({owner} | {"super"}):
                return True
    return False


def _calls_super(parts: Iterable[_Method]) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == "super"
        for part in parts
        for node in descendants(part)
    )


def _decorators(parts: Iterable[_Method]) -> set[str]:
    return {
        ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        for part in parts
        for decorator in part.decorator_list
    }


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
