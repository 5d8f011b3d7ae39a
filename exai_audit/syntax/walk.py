"""One walk over a syntax tree: every node in source order, with what holds it.

The tree is the interpreter's own, read by its parser or made from libcst's (see `reading`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

_Children = Callable[..., list[ast.AST]]


class Walked:
    """The nodes of a tree, outer before inner, in source order, and each one's parent.

    ``nodes`` are all of them, also those that no run reaches, ``inner`` those of the others but
    names, literals and statements of one word: they are nearly half of all, and hardly ever asked
    for. Contexts (``ast.Load``) and operators are no nodes here: they stand nowhere.
    """

    def __init__(
        self, root: ast.AST, inner: list[ast.AST], parents: dict[ast.AST, ast.AST]
    ) -> None:
        self._root = root
        self.inner = inner
        self.parents = parents

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(descendants(self._root))


def walk(root: ast.AST) -> Walked:
    """Visit all of a tree that can run; deep ones, too: nothing here recurses.

    The side of a condition that a constant excludes (``if False:``) is no code, and has no parents.
    """
    inner: list[ast.AST] = []
    parents: dict[ast.AST, ast.AST] = {}
    stack = [root]
    pop, push, note = stack.pop, stack.append, inner.append
    known, leaves = _REACHED, LEAVES
    while stack:
        node = pop()
        note(node)
        found = known[type(node)](node)
        found.reverse()
        for child in found:
            parents[child] = node
            if type(child) not in leaves:
                push(child)
    return Walked(root, inner, parents)


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below ``node``, in source order."""
    return _CHILDREN[type(node)](node)


def descendants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield ``node`` and all that is below it, outer before inner, in source order."""
    stack, known = [node], _CHILDREN
    while stack:
        current = stack.pop()
        yield current
        found = known[type(current)](current)
        found.reverse()
        stack += found


def below(roots: Iterable[ast.AST]) -> list[ast.AST]:
    """Return some nodes and all that is below them, in no order that matters; the fastest way."""
    found = [*roots]
    known = _CHILDREN
    for node in found:  # which grows on the way
        found += known[type(node)](node)
    return found


def arguments_in_order(call: ast.Call | ast.ClassDef) -> list[ast.AST]:
    """Return what is given to a call or class, keywords among the others as they are written."""
    positional = call.args if isinstance(call, ast.Call) else call.bases
    given: list[ast.AST] = [*positional, *call.keywords]
    if call.keywords and positional and isinstance(positional[-1], ast.Starred):
        given.sort(key=_where)  # only an unpacked argument may follow a keyword
    return given


def _where(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _call(node: ast.Call) -> list[ast.AST]:
    if not node.keywords:
        return [node.func, *node.args]
    return [node.func, *arguments_in_order(node)]


def _none(node: ast.AST) -> list[ast.AST]:
    return []


def _value(node: ast.Attribute | ast.keyword | ast.Starred | ast.Expr) -> list[ast.AST]:
    return [node.value]


def _value_if_any(node: ast.Return | ast.Yield) -> list[ast.AST]:
    return [node.value] if node.value is not None else []


def _assign(node: ast.Assign) -> list[ast.AST]:
    return [*node.targets, node.value]


def _annotated(node: ast.AnnAssign) -> list[ast.AST]:
    found: list[ast.AST] = [node.target, node.annotation]
    if node.value is not None:
        found.append(node.value)
    return found


def _if(node: ast.If | ast.While) -> list[ast.AST]:
    return [node.test, *node.body, *node.orelse]


def _reached(node: ast.If | ast.While) -> list[ast.AST]:
    """Return the children but those of the side that a constant condition excludes."""
    if type(node.test) is not ast.Constant:
        return _if(node)
    if node.test.value:
        return [node.test, *node.body]
    if not node.orelse and all(map(_says_something, node.body)):
        return _if(node)
    return [node.test, *node.orelse]


def _says_something(statement: ast.stmt) -> bool:
    """Tell whether a statement counts though it never runs.

    An import for type checkers, or the ``yield`` that makes a function a generator.
    """
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(statement, (ast.Import, ast.ImportFrom)) or isinstance(value, _YIELDS)


def _choice(node: ast.IfExp) -> list[ast.AST]:
    return [node.body, node.test, node.orelse]


def _subscript(node: ast.Subscript) -> list[ast.AST]:
    return [node.value, node.slice]


def _compare(node: ast.Compare) -> list[ast.AST]:
    return [node.left, *node.comparators]


def _operation(node: ast.BinOp) -> list[ast.AST]:
    return [node.left, node.right]


def _operand(node: ast.UnaryOp) -> list[ast.AST]:
    return [node.operand]


def _raise(node: ast.Raise) -> list[ast.AST]:
    return [one for one in (node.exc, node.cause) if one is not None]


def _try(node: ast.Try) -> list[ast.AST]:
    return [*node.body, *node.handlers, *node.orelse, *node.finalbody]


def _handler(node: ast.ExceptHandler) -> list[ast.AST]:
    return [node.type, *node.body] if node.type is not None else [*node.body]


def _for(node: ast.For | ast.AsyncFor) -> list[ast.AST]:
    return [node.target, node.iter, *node.body, *node.orelse]


def _slice(node: ast.Slice) -> list[ast.AST]:
    return [one for one in (node.lower, node.upper, node.step) if one is not None]


def _changed(node: ast.AugAssign) -> list[ast.AST]:
    return [node.target, node.value]


def _chain(node: ast.BoolOp | ast.JoinedStr) -> list[ast.AST]:
    return [*node.values]


def _elements(node: ast.Tuple | ast.List | ast.Set) -> list[ast.AST]:
    return [*node.elts]


def _dict(node: ast.Dict) -> list[ast.AST]:
    found: list[ast.AST] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            found.append(key)
        found.append(value)
    return found


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST]:
    found: list[ast.AST] = [*node.decorator_list, *getattr(node, "type_params", ()), node.args]
    if node.returns is not None:
        found.append(node.returns)
    found += node.body
    return found


def _class(node: ast.ClassDef) -> list[ast.AST]:
    before = [*node.decorator_list, *getattr(node, "type_params", ())]
    return [*before, *arguments_in_order(node), *node.body]


def _arguments(node: ast.arguments) -> list[ast.AST]:
    positional = [*node.posonlyargs, *node.args]
    if not node.defaults and not node.kwonlyargs and node.vararg is None and node.kwarg is None:
        return [*positional]
    without = len(positional) - len(node.defaults)
    found: list[ast.AST] = [*positional[:without]]
    for argument, default in zip(positional[without:], node.defaults, strict=True):
        found += (argument, default)
    if node.vararg is not None:
        found.append(node.vararg)
    for argument, given in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        found.append(argument)
        if given is not None:
            found.append(given)
    if node.kwarg is not None:
        found.append(node.kwarg)
    return found


def _argument(node: ast.arg) -> list[ast.AST]:
    return [node.annotation] if node.annotation is not None else []


def _in_order(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node whose fields are declared in source order."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and type(value) not in _STAND_NOWHERE:
            found.append(value)
    return found


def _kinds(*bases: type[ast.AST]) -> Iterator[type[ast.AST]]:
    for base in bases:
        yield base
        yield from _kinds(*base.__subclasses__())


_STAND_NOWHERE = frozenset(
    _kinds(ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
)
LEAVES = frozenset({ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue})
"""Kinds of nodes that never have any below them, names and literals among them."""


_YIELDS = (ast.Yield, ast.YieldFrom)


class _Finders(dict[type[ast.AST], _Children]):
    """What finds the children of each kind of node; of kinds not listed, their fields do."""

    def __missing__(self, kind: type[ast.AST]) -> _Children:
        self[kind] = _in_order
        return _in_order


_CHILDREN = _Finders({
    ast.Name: _none, ast.Constant: _none, ast.Pass: _none, ast.Break: _none, ast.Continue: _none,
    ast.Import: _none, ast.ImportFrom: _none, ast.Global: _none, ast.Nonlocal: _none,
    ast.Call: _call, ast.Attribute: _value, ast.keyword: _value, ast.Starred: _value,
    ast.Expr: _value, ast.Return: _value_if_any, ast.Await: _value, ast.Yield: _value_if_any,
    ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _changed,
    ast.If: _if, ast.While: _if, ast.IfExp: _choice, ast.For: _for, ast.AsyncFor: _for,
    ast.Try: _try, ast.ExceptHandler: _handler, ast.Raise: _raise,
    ast.Subscript: _subscript, ast.Slice: _slice, ast.Compare: _compare, ast.BinOp: _operation,
    ast.UnaryOp: _operand, ast.BoolOp: _chain, ast.JoinedStr: _chain,
    ast.Tuple: _elements, ast.List: _elements, ast.Set: _elements, ast.Dict: _dict,
    ast.FunctionDef: _function, ast.AsyncFunctionDef: _function, ast.ClassDef: _class,
    ast.arguments: _arguments, ast.arg: _argument,
})  # fmt: skip
_REACHED = _Finders({**_CHILDREN, ast.If: _reached, ast.While: _reached})
