"""How expressions are written: their code, and the identifiers in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS
from exai_audit.syntax.walk import children

Identifier = tuple[str, ast.AST]


def text(tree: ModuleTree, node: ast.expr) -> str:
    """Return the code of a node without its blanks, to compare expressions by."""
    return "".join(_written(tree, node).split())


def shown(tree: ModuleTree, node: ast.expr) -> str:
    """Return the code of a node in one line, with the brackets around it."""
    return " ".join(_written(tree, node).split())


def _written(tree: ModuleTree, node: ast.expr) -> str:
    """Return the code of an expression, and the tuple of ``cache[a, b]`` as ``(a, b)``."""
    code = _with_brackets(tree, node)
    if isinstance(node, ast.Tuple) and node.elts and isinstance(tree.parent(node), ast.Subscript):
        parts = [_written(tree, element) for element in node.elts]
        if code.startswith(parts[0]):  # it has no brackets of its own
            return f"({', '.join(parts)})" if len(parts) > 1 else f"({parts[0]},)"
    return code


def _with_brackets(tree: ModuleTree, node: ast.expr) -> str:
    code, before, after = tree.text(node), _before(tree, node), _after(tree, node)
    taken = [(len(before), 0)]
    while True:
        opened = before[: taken[-1][0]].rstrip()
        closed = after[taken[-1][1] :].lstrip()
        if not opened.endswith("(") or not closed.startswith(")"):
            break
        taken.append((len(opened) - 1, len(after) - len(closed) + 1))
    if len(taken) > 1 and _is_alone(tree, node) and not opened.endswith("("):
        taken.pop()  # the outermost are those of the call
    elif isinstance(node, ast.GeneratorExp) and len(taken) == 1 and _is_alone(tree, node):
        return code[1:-1]  # these, too
    left, right = taken[-1]
    return before[left:] + code + after[:right]


def _before(tree: ModuleTree, node: ast.expr) -> str:
    """Return what stands before a node, up to anything but a bracket."""
    span = tree.span(node)
    number = span.line
    found = tree.source.line(number)[: span.column - 1]
    while number > 1 and not found.strip(" \t\n("):
        number -= 1
        found = f"{tree.source.line(number)}\n{found}"
    return found


def _after(tree: ModuleTree, node: ast.expr) -> str:
    span = tree.span(node)
    number = span.end_line
    found = tree.source.line(number)[span.end_column - 1 :]
    while number < len(tree.source.lines) and not found.strip(" \t\n)"):
        number += 1
        found = f"{found}\n{tree.source.line(number)}"
    return found


def _is_alone(tree: ModuleTree, node: ast.expr) -> bool:
    """Tell whether a node is the only argument of a call, whose brackets are not its own."""
    call = tree.parent(node)
    if not isinstance(call, ast.Call) or call.func is node:
        return False
    return len(call.args) == 1 and not call.keywords


def identifiers(root: ast.AST) -> Iterator[Identifier]:
    """Yield all identifiers below a node in source order, each with the node that has it.

    They are names, attributes, keywords, parameters, what is defined, imported and declared, and
    the constants that are spelled like names.
    """
    stack: list[ast.AST | Identifier] = [root]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            yield current
        elif type(current) is ast.Name:
            yield current.id, current
        else:
            stack.extend(reversed(_parts(current)))


def _parts(node: ast.AST) -> list[ast.AST | Identifier]:
    below: list[ast.AST | Identifier] = [*children(node)]
    if isinstance(node, ast.Attribute):
        return [*below, (node.attr, node)]
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        first = len(node.decorator_list)
        return [*below[:first], (node.name, node), *below[first:]]
    return [*((name, node) for name in _own(node)), *below]


def _own(node: ast.AST) -> list[str]:
    """Return the identifiers that a node of another kind has itself."""
    if isinstance(node, ast.Constant):
        return [str(node.value)] if node.value is None or isinstance(node.value, bool) else []
    if isinstance(node, (ast.keyword, ast.arg)):
        return [node.arg] if node.arg else []
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [(alias.name, alias.asname) for alias in node.names]
        module = node.module if isinstance(node, ast.ImportFrom) else None
        parts = (module, *(part for both in names for part in both))
        return [name for part in parts if part for name in part.split(".")]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    return node.kwd_attrs if isinstance(node, ast.MatchClass) else []
