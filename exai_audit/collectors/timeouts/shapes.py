"""How code writes what may give a limit: targets, keys, options, choices, setters."""

from __future__ import annotations

import ast
from functools import lru_cache

from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.nodes import arguments, last_name, text_of
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.tree import SyntaxTree

OPTIONS = frozenset({"add_argument", "add_option", "option", "Option"})
HEARTBEATS = frozenset({"ping_interval", "heartbeat"})
OPTION_MAKERS = frozenset({"Option", "Argument"})
_WRAPPERS = frozenset({"shield", "create_task", "ensure_future"})


def targets_of(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """Return what an assignment gives a value to."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def is_target(node: ast.AST, tree: SyntaxTree) -> bool:
    """Tell whether a name, attribute or subscript is given a value where it stands."""
    holder = tree.parent(node)
    if isinstance(holder, ast.Assign):
        return any(node is target for target in holder.targets)
    if isinstance(holder, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.NamedExpr)):
        return node is holder.target
    if isinstance(holder, ast.withitem):
        return node is holder.optional_vars
    return isinstance(holder, (ast.Tuple, ast.List)) and is_target(holder, tree)


def name_of_target(target: ast.expr) -> str:
    """Return the name, attribute or key that is given a value, empty for anything else."""
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else key_of(target)


def options_of(node: ast.BoolOp | ast.IfExp) -> tuple[ast.expr, ast.expr]:
    """Return what is asked first, and what may be the literal that stands in for it."""
    if isinstance(node, ast.BoolOp):
        return node.values[0], node.values[1]
    if is_numeric_literal(node.orelse):
        return node.body, node.orelse
    return node.orelse, node.body


def key_of(node: ast.expr) -> str:
    """Return the string key of a subscript, empty for anything else."""
    return (text_of(node.slice) or "") if isinstance(node, ast.Subscript) else ""


def is_plain(node: ast.expr) -> bool:
    """Tell whether a value is written out: a number, or a number as text."""
    return is_numeric_literal(node) or text_of(node) is not None


def is_setter(call: ast.Call) -> bool:
    """Tell whether a method is called that by its name sets a limit: ``settimeout(5)``."""
    if len(call.args) != 1 or call.keywords or not isinstance(call.func, ast.Attribute):
        return False
    return is_numeric_literal(call.args[0]) and may_set(call.func.attr)


@lru_cache(maxsize=16384)
def may_set(name: str) -> bool:
    """Tell whether a method of this name may set a limit."""
    parts = words(name.replace("settimeout", "set_timeout"))
    return parts[:1] == ("set",) and parts[-1:] == ("timeout",)


def through_tasks(node: ast.expr) -> ast.expr:
    """Return what a task or a shield is made of."""
    while isinstance(node, ast.Call) and last_name(node.func) in _WRAPPERS:
        given = arguments(node)
        if not given:
            break
        node = given[0].value
    return node


def annotates_an_option(annotation: ast.expr) -> bool:
    """Tell whether an annotation is ``Annotated[float, Option(…)]``."""
    if not isinstance(annotation, ast.Subscript) or last_name(annotation.value) != "Annotated":
        return False
    said = annotation.slice
    indexes = said.elts if isinstance(said, ast.Tuple) else [said]
    return any(isinstance(i, ast.Call) and last_name(i.func) in OPTION_MAKERS for i in indexes)
