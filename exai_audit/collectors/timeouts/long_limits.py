"""Which limits are a minute or more, as far as the file says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name
from exai_audit.syntax.scopes import Binding, BindingKind

_LONG = frozenset({"day", "days", "hour", "hours", "minute", "minutes", "mins"})
_A_MINUTE = 60


def names_in(limit: ast.expr) -> Iterator[str]:
    """Yield the last names of what a limit is made of."""
    nodes = (one for one in ast.walk(limit) if isinstance(one, (ast.Name, ast.Attribute)))
    return map(last_name, nodes)


def lasts(limit: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a limit may be a minute or more: by its number, its default or its unit.

    So may what another module defines; a caller may give any limit, and give a short one.
    """
    kept = [limit, *_defaults(limit, tree)]
    if any(not _LONG.isdisjoint(words(name)) for one in kept for name in names_in(one)):
        return True
    parts = (one for value in kept for one in ast.walk(value) if isinstance(one, ast.expr))
    known = [number for number in map(tree.number, parts) if number is not None]
    return max(known) >= _A_MINUTE if known else not any(_is_given(one, tree) for one in kept)


def _defaults(limit: ast.expr, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield what an attribute of the object keeps, and the defaults of parameters."""
    names = [one for one in ast.walk(limit) if isinstance(one, ast.Name)]
    owner = tree.class_of(limit)
    if isinstance(limit, ast.Attribute) and owner is not None:
        kept = tree.self_bindings(owner, limit.attr)
        yield from kept
        names = [one for one in kept if isinstance(one, ast.Name)]
    for bound in (one for name in names for one in _bound(name, tree)):
        if bound.kind is BindingKind.PARAMETER and bound.value is not None:
            yield bound.value


def _is_given(limit: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a limit is, or is worked out from, what a function is given."""
    names = (one for one in ast.walk(limit) if isinstance(one, ast.Name))
    kinds = {bound.kind for name in names for bound in _bound(name, tree) if name.id != "self"}
    return BindingKind.PARAMETER in kinds


def _bound(name: ast.Name, tree: ModuleTree) -> Sequence[Binding]:
    scope = tree.scopes.owner(name.id, tree.scopes.of(name))
    return scope.names.get(name.id, ()) if scope is not None else ()
