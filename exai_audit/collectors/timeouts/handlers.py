"""Requests on a session that only their error handler tells: ``except requests.Timeout``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name

_ERRORS = ("requests.exceptions.", "requests.RequestException", "requests.Timeout",
           "requests.ConnectionError", "requests.ConnectTimeout", "requests.ReadTimeout",
           "requests.HTTPError")  # fmt: skip
_SESSIONS = frozenset({"http", "requests", "session"})


def is_of_requests(call: ast.Call, owner: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a call is on what is called a session, and an error of requests is expected."""
    if _SESSIONS.isdisjoint(words(last_name(owner))):
        return False
    if isinstance(tree.parent(call), ast.Await):
        return False
    return any(_is_error(caught, tree) for caught in _caught(call, tree))


def _caught(call: ast.Call, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield the errors that the function handles where it makes a call."""
    child: ast.AST = call
    for around in tree.ancestors(call):
        if isinstance(around, (*FUNCTIONS, ast.Lambda)):
            return
        if isinstance(around, ast.Try) and child in around.body:
            for handler in around.handlers:
                kinds = handler.type
                yield from kinds.elts if isinstance(kinds, ast.Tuple) else filter(None, [kinds])
        child = around


def _is_error(caught: ast.expr, tree: ModuleTree) -> bool:
    return (tree.qualified(caught) or "").startswith(_ERRORS)
