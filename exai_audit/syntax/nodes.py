"""How a syntax tree says the plain things: arguments, parameters, names, text, nothing at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.syntax.walk import arguments_in_order

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Argument(Struct, frozen=True):
    """What is given to a call: ``name`` by keyword, ``star`` is ``*`` or ``**`` where unpacked.

    ``node`` is where it stands as a whole, with its keyword or star.
    """

    node: ast.AST
    value: ast.expr
    name: str = ""
    star: str = ""


class Parameter(Struct, frozen=True):
    """What a function takes; ``star`` is ``*`` or ``**``, ``by_name`` whether by keyword only."""

    node: ast.arg
    default: ast.expr | None = None
    star: str = ""
    by_name: bool = False

    @property
    def name(self) -> str:
        return self.node.arg

    @property
    def annotation(self) -> ast.expr | None:
        return self.node.annotation


def arguments(call: ast.Call | ast.ClassDef) -> list[Argument]:
    """Return the arguments of a call, or the bases and keywords of a class, as they are written."""
    return [argument_of(node) for node in arguments_in_order(call)]


def argument_of(node: ast.AST) -> Argument:
    """Return what stands among the arguments of a call as one of them."""
    if isinstance(node, ast.keyword):
        return Argument(node, node.value, node.arg or "", "" if node.arg else "**")
    if isinstance(node, ast.Starred):
        return Argument(node, node.value, star="*")
    assert isinstance(node, ast.expr)
    return Argument(node, node)


def argument(call: ast.Call, name: str, position: int | None = None) -> Argument | None:
    """Return the argument given by keyword, or by position where nothing is unpacked before it."""
    for given in call.keywords:
        if given.arg == name:
            return argument_of(given)
    if position is None or position >= len(call.args):
        return None
    before = call.args[: position + 1]
    return None if any(isinstance(one, ast.Starred) for one in before) else argument_of(before[-1])


def parameters(function: Function | ast.Lambda) -> list[Parameter]:
    """Return the parameters of a function in order, with their defaults."""
    return list(_parameters(function.args))


def _parameters(given: ast.arguments) -> Iterator[Parameter]:
    positional = [*given.posonlyargs, *given.args]
    without = len(positional) - len(given.defaults)
    for node in positional[:without]:
        yield Parameter(node)
    for node, default in zip(positional[without:], given.defaults, strict=True):
        yield Parameter(node, default)
    if given.vararg is not None:
        yield Parameter(given.vararg, star="*")
    for node, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield Parameter(node, value, by_name=True)
    if given.kwarg is not None:
        yield Parameter(given.kwarg, star="**")


def first_parameter(function: Function | ast.Lambda) -> str | None:
    """Return the name of a function's first positional parameter."""
    positional = [*function.args.posonlyargs, *function.args.args]
    return positional[0].arg if positional else None


def is_none(node: ast.AST | None) -> bool:
    """Tell whether an expression is ``None``."""
    return isinstance(node, ast.Constant) and node.value is None


def is_number(node: ast.AST | None) -> bool:
    """Tell whether an expression is an integer or float literal, which no truth value is."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def text_of(node: ast.AST | None) -> str | None:
    """Return the text of a string literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` of names joined by dots, or an empty string for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def last_name(node: ast.AST) -> str:
    """Return the last identifier of a dotted expression, a call or a subscript."""
    kind = type(node)
    if kind is ast.Name:  # most are
        return node.id  # type: ignore[attr-defined, no-any-return]
    if kind is ast.Attribute:
        return node.attr  # type: ignore[attr-defined, no-any-return]
    while isinstance(node, (ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def source_order(node: ast.expr) -> tuple[int, int, int, int]:
    """Return a key that sorts expressions as they stand, outer before inner."""
    end = (-(node.end_lineno or 0), -(node.end_col_offset or 0))
    return (node.lineno, node.col_offset, *end)


def receiver(node: ast.AST) -> ast.expr | None:
    """Return what a method is called on."""
    return node.value if isinstance(node, ast.Attribute) else None


def names_bound(target: ast.AST) -> Iterator[str]:
    """Yield the names that a target binds, of attributes the last."""
    waiting = [target]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.Tuple, ast.List)):
            waiting += node.elts
        elif isinstance(node, ast.Starred):
            waiting.append(node.value)
