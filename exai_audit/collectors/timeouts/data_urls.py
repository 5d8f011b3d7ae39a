"""Addresses that hold their own data, which no machine is asked for: ``data:text/plain,…``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, text_of

_LEAVES = (ast.Return, ast.Raise, ast.Continue)
_PAIRS = (("data", "url"), ("data", "uri"))


def reads_a_data_url(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call opens data URLs only, as its function's name or the tests around say."""
    if last_name(call.func) != "urlopen":
        return False
    function = next((one for one in tree.ancestors(call) if isinstance(one, FUNCTIONS)), None)
    if function is None:
        return _is_guarded(call, tree)
    if _is_named_so(function.name) or _leaves_the_others(function, call):
        return True
    callers = list(tree.calls_named(frozenset({function.name})))
    guarded = bool(callers) and all(_is_guarded(one, tree) for one in callers)
    return guarded or _is_guarded(call, tree)


def _is_named_so(name: str) -> bool:
    parts = words(name)
    return "dataurl" in parts or any(pair in _PAIRS for pair in pairwise(parts))


def _is_guarded(node: ast.AST, tree: ModuleTree) -> bool:
    child = node
    for around in tree.ancestors(node):
        if isinstance(around, FUNCTIONS):
            return False
        if isinstance(around, ast.If) and child in around.body and _asks(around.test):
            return True
        if isinstance(around, ast.IfExp) and child is around.body and _asks(around.test):
            return True
        child = around
    return False


def _leaves_the_others(function: Function, call: ast.Call) -> bool:
    """Tell whether a function is left before the call with any address but a data URL."""
    return any(
        isinstance(one, ast.If)
        and isinstance(one.test, ast.UnaryOp)
        and isinstance(one.test.op, ast.Not)
        and _asks(one.test.operand)
        and isinstance(one.body[-1], _LEAVES)
        and one.lineno < call.lineno
        for one in function.body
    )


def _asks(test: ast.expr) -> bool:
    return any(map(_is_prefix_test, _all_of(test)))


def _all_of(test: ast.expr) -> Iterator[ast.expr]:
    """Yield what must be true together."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _all_of(part)
    else:
        yield test


def _is_prefix_test(test: ast.expr) -> bool:
    if not isinstance(test, ast.Call) or last_name(test.func) != "startswith" or not test.args:
        return False
    return (text_of(test.args[0]) or "").startswith("data:")
