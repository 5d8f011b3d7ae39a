"""Limits that stand in for what settings may leave out: ``self.config.get("timeout", 10)``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from exai_audit.collectors.timeouts.getters import may_get
from exai_audit.collectors.timeouts.shapes import options_of, targets_of
from exai_audit.collectors.timeouts.sites import Site
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    arguments,
    dotted,
    last_name,
    parameters,
    receiver,
    text_of,
)

SETTINGS = frozenset({"settings", "config", "conf", "configuration", "options", "cfg"})
_Read = tuple[str, str]


def stands_in_once(site: Site, tree: ModuleTree) -> bool:
    """Tell whether a limit is the fallback of a setting that its class, or module, reads once."""
    if not site.value.fallback:
        return False
    read = next(_reads(ast.walk(site.covers)), None)
    if read is None:
        return False
    owner = tree.class_of(site.covers)
    nodes = tree.all(ast.Call, ast.Attribute, ast.Subscript)
    return sum(tree.class_of(one) is owner for one in nodes if _read(one) == read) == 1


def is_a_default(site: Site, tree: ModuleTree) -> bool:
    """Tell whether a limit stands in for a parameter, or for a key, that is not given.

    It is a default then, as it could stand in the signature: ``timeout or 10`` of a parameter, and
    ``if "timeout" not in given: given["timeout"] = 10``. So is what a handler sets where reading
    the setting failed.
    """
    if _could_not_be_read(site.at, tree):
        return True
    if isinstance(site.at, ast.Subscript):
        statement = tree.statement(site.at)
        around = tree.parent(statement) if statement is not None else None
        return isinstance(around, ast.If) and _asks_for_key(around.test, site.at)
    return site.value.fallback and any(map(_replaces_parameter(tree), ast.walk(site.covers)))


def _could_not_be_read(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a handler gives a number to what its ``try`` reads from settings."""
    statement = tree.statement(node)
    handler = tree.parent(statement) if statement is not None else None
    around = tree.parent(handler) if isinstance(handler, ast.ExceptHandler) else None
    if not isinstance(around, ast.Try) or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    named = set(map(dotted, targets_of(statement)))
    return any(
        isinstance(one, (ast.Assign, ast.AnnAssign))
        and named == set(map(dotted, targets_of(one)))
        and one.value is not None
        and any(map(_names_settings, ast.walk(one.value)))
        for one in around.body
    )


def _names_settings(node: ast.AST) -> bool:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False
    return _are_settings(node) or last_name(node) in ("environ", "getenv")


def _asks_for_key(test: ast.expr, entry: ast.Subscript) -> bool:
    asked = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn)
    return (
        asked
        and isinstance(test, ast.Compare)
        and text_of(test.left) == text_of(entry.slice)
        and dotted(test.comparators[0]) == dotted(entry.value) != ""
    )


def _replaces_parameter(tree: ModuleTree) -> Callable[[ast.AST], bool]:
    def does(node: ast.AST) -> bool:
        if not isinstance(node, (ast.BoolOp, ast.IfExp)):
            return False
        asked = options_of(node)[0]
        if isinstance(asked, ast.Call) and len(asked.args) == 1 and not asked.keywords:
            asked = asked.args[0]
        function = tree.function_of(node)
        return (
            isinstance(asked, ast.Name)
            and isinstance(function, FUNCTIONS)
            and any(asked.id == one.name for one in parameters(function))
        )

    return does


def _reads(nodes: Iterator[ast.AST]) -> Iterator[_Read]:
    return (read for node in nodes if (read := _read(node)) is not None)


def _read(node: ast.AST) -> _Read | None:
    """Return whose settings are read, under which key."""
    if isinstance(node, ast.Call):
        return _got(node)
    if isinstance(node, ast.Attribute) and not may_get(node.attr):
        key: str | None = node.attr
    else:
        key = text_of(node.slice) if isinstance(node, ast.Subscript) else None
    source = node.value if isinstance(node, (ast.Attribute, ast.Subscript)) else None
    return (dotted(source), key) if source is not None and key and _are_settings(source) else None


def _got(call: ast.Call) -> _Read | None:
    texts = [text for given in arguments(call) if (text := text_of(given.value))]
    name = last_name(call.func)
    source = call.args[0] if name == "getattr" and call.args else receiver(call.func)
    is_read = bool(texts) and may_get(name) and source is not None and _are_settings(source)
    return (dotted(source), ".".join(texts)) if source is not None and is_read else None


def _are_settings(node: ast.expr) -> bool:
    name = text_of(node.slice) if isinstance(node, ast.Subscript) else last_name(node)
    return bool(SETTINGS & set(words(name or "")[-1:]))
