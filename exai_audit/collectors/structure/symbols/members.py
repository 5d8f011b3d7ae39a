"""The methods of a class: which need which, and which attributes they use."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from exai_audit.collectors.structure.symbols.bound import bound_in
from exai_audit.collectors.structure.symbols.vocabulary import parameters_of, words_in
from exai_audit.facts.symbols import ClassMembers, LineRange, SymbolFact, SymbolKind
from exai_audit.syntax.walk import below

_Method = ast.FunctionDef | ast.AsyncFunctionDef


def class_members(name: str, node: ast.ClassDef) -> ClassMembers:
    """Return the methods of a class; those of one name, as of a property, are one."""
    found: dict[str, list[_Method]] = {}
    for method in _methods(node.body):
        found.setdefault(method.name, []).append(method)
    at = {method: number for number, method in enumerate(found)}
    read = [_Read(parts) for parts in found.values()]
    methods = tuple(
        SymbolFact(
            names=(method,),
            kind=SymbolKind.FUNCTION,
            ranges=tuple(_lines(part) for part in parts),
            uses=tuple(sorted({at[n] for n in said.reached if n in at} - {at[method]})),
            words=words_in(said.nodes),
            parameters=parameters_of(parts),
            attributes=tuple(sorted(n for n in said.reached - at.keys() if not _is_special(n))),
            registers=tuple(sorted(_decorators(parts))),
        )
        for (method, parts), said in zip(found.items(), read, strict=True)
    )
    return ClassMembers(
        name,
        _lines(node),
        tuple(ast.unparse(base) for base in node.bases),
        methods,
        assigned=tuple(sorted({n for said in read for n in said.assigned} - _bound_in_body(node))),
        plain=tuple(n for n, said in enumerate(read) if said.is_plain),
        supers=tuple(n for n, said in enumerate(read) if said.calls_super),
        mangled=tuple(
            (number, name)
            for number, said in enumerate(read)
            for name in sorted(said.reached)
            if name.startswith("__") and not _is_special(name)
        ),
    )


class _Read:
    """What the definitions of one method say: all their ``nodes``, read once.

    ``reached`` are the attributes of the object, and of ``super()``, that they use, ``assigned``
    those that they set.
    """

    def __init__(self, parts: Collection[_Method]) -> None:
        self._parts = parts
        self.nodes: list[ast.AST] = []
        self.reached: set[str] = set()
        self.assigned: set[str] = set()
        self.uses_object = self.calls_super = False
        for part in parts:
            nodes = below((part,))
            self._read(nodes, _first_parameter(part))
            self.nodes += nodes

    @property
    def is_plain(self) -> bool:
        """Whether the method does something and does not use the object for it."""
        return not self.uses_object and not all(map(_is_to_be_overridden, self._parts))

    def _read(self, nodes: Iterable[ast.AST], owner: str) -> None:
        for node in nodes:
            if isinstance(node, ast.Name):
                self.calls_super |= node.id == "super"
                self.uses_object |= node.id in (owner, "super")
            elif isinstance(node, ast.Attribute) and _is_named(node.value, owner):
                self.reached.add(node.attr)
                if isinstance(node.ctx, ast.Store):
                    self.assigned.add(node.attr)


def _methods(body: Iterable[ast.stmt]) -> Iterator[_Method]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _methods([*node.body, *node.orelse])


def _lines(node: _Method | ast.ClassDef) -> LineRange:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return LineRange(first, node.end_lineno or node.lineno)


def _bound_in_body(node: ast.ClassDef) -> set[str]:
    return {name for statement in node.body for name in bound_in(statement)}


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and bool(name) and node.id == name


def _first_parameter(method: _Method) -> str:
    given = [*method.args.posonlyargs, *method.args.args]
    return given[0].arg if given and "staticmethod" not in _decorators([method]) else ""


def _is_to_be_overridden(method: _Method) -> bool:
    """Tell whether a method says nothing but what others may put in its place."""
    said = [node for node in method.body if not _is_text(node)]
    return all(isinstance(node, (ast.Pass, ast.Raise)) for node in said)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _decorators(parts: Iterable[_Method]) -> set[str]:
    return {
        ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        for part in parts
        for decorator in part.decorator_list
    }


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
