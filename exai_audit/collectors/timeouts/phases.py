"""Which phases of a limit have no end: ``timeout=None``, ``(3, None)``, ``Timeout(None)``."""

from __future__ import annotations

import ast
from enum import Enum

from exai_audit.knowledge.calls import Timeout
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, argument, arguments, is_none, parameters
from exai_audit.syntax.scopes import BindingKind

_READS = frozenset({"read", "sock_read"})
_WHOLE = "all phases together"


class Open(Enum):
    """Which phases of a limit have no end."""

    NOTHING = 0
    SOME = 1
    ALL = 2


def given_limit(call: ast.Call, limit: Timeout) -> ast.expr | None:
    """Return what is given to the limiting argument, or to another that limits the same wait."""
    given = argument(call, limit.argument, limit.position)
    if given is not None:
        return given.value
    return next((keyword.value for keyword in call.keywords if keyword.arg in limit.also), None)


def open_phases(given: ast.expr, tree: ModuleTree) -> Open:
    """Return which phases of a limit are given as None: ``(3, None)``, ``Timeout(None)``."""
    phases = _phases(given, tree)
    endless = {name for name, value in phases.items() if is_none(value)}
    limited = phases.keys() - endless
    if not endless or limited & _READS or (_WHOLE in limited):
        return Open.NOTHING
    return Open.SOME if limited else Open.ALL


def _phases(given: ast.expr, tree: ModuleTree) -> dict[str, ast.expr]:
    """Return the phases of a tuple or a limit object by name; empty for anything else."""
    if isinstance(given, ast.Tuple):
        return {str(number): element for number, element in enumerate(given.elts)}
    if not isinstance(given, ast.Call) or unpacks(given):
        return {}
    row = table().call(tree.qualified(given.func) or "")
    if row is None or row.timeout is None or row.timeout.waits != "limit":
        return {}
    whole = argument(given, row.timeout.argument, row.timeout.position)
    name_of_whole = _WHOLE if row.timeout.whole else row.timeout.argument
    return {
        name_of_whole if whole is not None and one.node is whole.node else one.name: one.value
        for one in arguments(given)
    }


def is_unlimited(given: ast.expr | None, limit: Timeout) -> bool:
    if given is None:
        return limit.default == "forever" or bool(limit.forever_below)
    means_it = limit.unlimited or limit.default == "forever"
    return means_it and is_none(given)


def none_by_default(given: ast.expr | None, limit: Timeout, tree: ModuleTree) -> bool:
    """Tell whether a limit is a parameter that is None unless a caller gives one.

    That matters where None lifts the limit that the library has by default.
    """
    if not isinstance(given, ast.Name) or not limit.unlimited or limit.default == "forever":
        return False
    scope = tree.scopes.owner(given.id, tree.scopes.of(given))
    bound = scope.names.get(given.id, ()) if scope is not None else ()
    if len(bound) != 1 or bound[0].kind is not BindingKind.PARAMETER or not is_none(bound[0].value):
        return False
    function = scope.node if scope is not None else None
    if not isinstance(function, FUNCTIONS) or tree.function_of(function) is not None:
        return False  # one inside another is often handed on, to who gives a limit
    if any(_is_asked(use, tree) for use in tree.uses(given)):
        return False
    position = [param.name for param in parameters(function)].index(given.id)
    position -= tree.class_of(function) is not None
    calls = list(tree.calls_named(frozenset({function.name})))
    return not calls or any(argument(call, given.id, position) is None for call in calls)


def _is_asked(use: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a condition asks about a name: ``if timeout is None``, ``timeout or 5``."""
    around = tree.parent(use)
    return isinstance(around, (ast.Compare, ast.BoolOp, ast.If, ast.IfExp, ast.UnaryOp))


def unpacks(call: ast.Call) -> bool:
    """Tell whether a call is given an unpacked sequence or mapping."""
    starred = any(isinstance(given, ast.Starred) for given in call.args)
    return starred or any(keyword.arg is None for keyword in call.keywords)
