"""Whom a request goes to, as far as its address says: a host, or the constant that names one."""

from __future__ import annotations

import ast
from urllib.parse import urlsplit

from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, dotted, last_name, text_of
from exai_audit.syntax.scopes import BindingKind

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "urlopen"})
_SECOND = frozenset({"request", "stream"})
_JOINS = frozenset({"urljoin", "str", "join", "Request", "quote"})
_ANY = frozenset({
    "address", "api", "base", "endpoint", "full", "host", "href", "http", "https", "link", "path",
    "prefix", "root", "server", "service", "uri", "url", "urls", "website",
})  # fmt: skip
_DEEPEST = 4


def request_target(call: ast.Call | None, tree: ModuleTree) -> str:
    """Return the host of a request's address, or the name that it begins with.

    Empty where that is a parameter, an attribute of the object, or any name for an address.
    """
    name = last_name(call.func) if call is not None else ""
    if call is None or name not in _VERBS | _SECOND:
        return ""
    given = argument(call, "url", 1 if name in _SECOND else 0)
    return _target(given.value, tree, _DEEPEST) if given is not None else ""


def _target(node: ast.expr, tree: ModuleTree, left: int) -> str:
    text = text_of(node)
    if text is not None:
        return _host(text)
    if left <= 0:
        return ""
    if isinstance(node, ast.JoinedStr):
        return _target(node.values[0], tree, left) if node.values else ""
    if isinstance(node, ast.FormattedValue):
        return _target(node.value, tree, left - 1)
    if isinstance(node, ast.BinOp):
        return _target(node.left, tree, left)
    if isinstance(node, ast.Call):
        return _target_of_call(node, tree, left)
    if isinstance(node, ast.Name):
        return _target_of_name(node, tree, left)
    is_own = dotted(node).startswith(("self.", "cls."))
    return "" if is_own or not isinstance(node, ast.Attribute) else _told(node.attr)


def _target_of_call(node: ast.Call, tree: ModuleTree, left: int) -> str:
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "rstrip", "strip"):
        return _target(node.func.value, tree, left - 1)
    joins = last_name(node.func) in _JOINS and bool(node.args)
    return _target(node.args[0], tree, left - 1) if joins else ""


def _target_of_name(node: ast.Name, tree: ModuleTree, left: int) -> str:
    scope = tree.scopes.owner(node.id, tree.scopes.of(node))
    bound = scope.names.get(node.id, ()) if scope is not None else ()
    if len(bound) == 1 and bound[0].kind is BindingKind.VALUE and bound[0].value is not None:
        found = _target(bound[0].value, tree, left - 1)
        if found:
            return found
    is_shared = scope is tree.scopes.module
    return _told(node.id) if is_shared else ""


def _told(name: str) -> str:
    return "" if set(words(name)) <= _ANY else name


def _host(text: str) -> str:
    if "://" not in text:
        return ""
    try:
        return urlsplit(text).netloc.partition("@")[2] or urlsplit(text).netloc
    except ValueError:  # what is written between brackets is no address
        return ""
