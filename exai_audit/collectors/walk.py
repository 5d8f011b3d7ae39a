"""One walk over a syntax tree: every node in source order, with what holds it.

The tree is the interpreter's own, read by its parser or made from libcst's (see `reading`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_Children = Callable[..., list[ast.AST]]


@dataclass(frozen=True, slots=True)
class Walked:
    """The nodes of a tree, outer before inner, in source order, and each one's parent.

    Contexts (``ast.Load``) and operators are no nodes here: they stand nowhere.
    """

    nodes: list[ast.AST]
    parents: dict[ast.AST, ast.AST]


def walk(root: ast.AST) -> Walked:
    """Visit a whole tree; deep ones, too: nothing here recurses."""
    nodes: list[ast.AST] = []
    parents: dict[ast.AST, ast.AST] = {}
    stack = [root]
    pop, note, known = stack.pop, nodes.append, _CHILDREN
    while stack:
        node = pop()
        note(node)
        kind = type(node)
        if kind in _LEAVES:
            continue
        find = known.get(kind)
        found = find(node) if find is not None else _in_order(node)
        for child in found:
            parents[child] = node
        found.reverse()
        stack += found
    return Walked(nodes, parents)


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below ``node``, in source order."""
    kind = type(node)
    if kind in _LEAVES:
        return []
    find = _CHILDREN.get(kind)
    return find(node) if find is not None else _in_order(node)


def descendants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield ``node`` and all that is below it, outer before inner, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


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


def _attribute(node: ast.Attribute | ast.keyword | ast.Starred) -> list[ast.AST]:
    return [node.value]


def _of_value(node: ast.Expr | ast.Return | ast.Await) -> list[ast.AST]:
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


def _choice(node: ast.IfExp) -> list[ast.AST]:
    return [node.body, node.test, node.orelse]


def _subscript(node: ast.Subscript) -> list[ast.AST]:
    return [node.value, node.slice]


def _compare(node: ast.Compare) -> list[ast.AST]:
    return [node.left, *node.comparators]


def _operation(node: ast.BinOp) -> list[ast.AST]:
    return [node.left, node.right]


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
_LEAVES = frozenset({
    ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.Import, ast.ImportFrom,
    ast.Global, ast.Nonlocal,
})  # fmt: skip
_CHILDREN: dict[type[ast.AST], _Children] = {
    ast.Call: _call, ast.Attribute: _attribute, ast.keyword: _attribute, ast.Starred: _attribute,
    ast.Expr: _of_value, ast.Return: _of_value, ast.Await: _of_value, ast.Assign: _assign,
    ast.AnnAssign: _annotated, ast.If: _if, ast.While: _if, ast.IfExp: _choice,
    ast.Subscript: _subscript, ast.Compare: _compare, ast.BinOp: _operation, ast.BoolOp: _chain,
    ast.JoinedStr: _chain, ast.Tuple: _elements, ast.List: _elements, ast.Set: _elements,
    ast.Dict: _dict, ast.FunctionDef: _function, ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class, ast.arguments: _arguments, ast.arg: _argument,
}  # fmt: skip
