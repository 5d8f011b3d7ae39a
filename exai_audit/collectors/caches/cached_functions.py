"""Which functions keep their results, by a decorator or by a call around their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.caches.accesses import Named, scope_node
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keepers import made_before
from exai_audit.collectors.caches.triggers import UNKNOWN_DECORATORS
from exai_audit.collectors.caches.vocabulary import names_lifetime
from exai_audit.knowledge.calls import Cache, Call
from exai_audit.knowledge.table import table
from exai_audit.location import Place, Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments


class Cached(Struct, frozen=True):
    """A function and the expression that caches it: a decorator, or a call around its name."""

    function: Named
    by: ast.expr
    place: Place
    name: str
    cache: Cache
    callable: str


def cached_functions(tree: ModuleTree, index: CacheIndex, calls: set[ast.Call]) -> Iterator[Cached]:
    """Yield the functions that decorators cache, then those that calls do, in source order each.

    Args:
        calls: those of what may be a decorator for caches.
    """
    yield from _by_decorator(tree, index)
    yield from _by_call(tree, index, calls)


def _by_decorator(tree: ModuleTree, index: CacheIndex) -> Iterator[Cached]:
    for function in index.functions:
        for decorator in function.decorator_list:
            by = made_before(decorator, tree) or decorator
            row = row_of(by, tree)
            if row is not None and row.cache is not None and row.cache.kind != "store":
                place = _place(decorator, tree)
                yield Cached(function, by, place, function.name, row.cache, row.name)
                break


def _by_call(tree: ModuleTree, index: CacheIndex, calls: set[ast.Call]) -> Iterator[Cached]:
    """Yield ``fast = lru_cache(maxsize=None)(slow)`` for a function of the module."""
    if not calls:
        return
    by_name = {(scope_node(tree, f), f.name): f for f in index.functions}
    for assignment in index.assignments:
        call = assignment.value
        if not isinstance(call, ast.Call) or not {call, call.func} & calls:
            continue
        handed = _only_argument(call)
        row = row_of(call.func, tree) if isinstance(call.func, (ast.Call, ast.Name)) else None
        if row is None or row.cache is None or row.cache.kind == "store":
            continue
        scope = scope_node(tree, assignment)
        function = by_name.get((scope, handed.id)) if isinstance(handed, ast.Name) else None
        if function is not None and not isinstance(scope, FUNCTIONS):
            place = tree.place(call)
            yield Cached(function, call.func, place, function.name, row.cache, row.name)


def _only_argument(call: ast.Call) -> ast.expr | None:
    """Return what a call is given if it is one thing only."""
    handed = arguments(call)
    return handed[0].value if len(handed) == 1 else None


def _place(decorator: ast.expr, tree: ModuleTree) -> Place:
    """Return where a decorator is, from its ``@`` on."""
    place = tree.place(decorator)
    span = place.span
    column = tree.source.line(span.line).rfind("@", 0, span.column - 1) + 1
    if not column:
        return place
    span = Span(span.line, column, span.end_line, span.end_column)
    return Place(span, place.symbol, place.evidence)


def row_of(decorator: ast.expr, tree: ModuleTree) -> Call | None:
    """Return what is known of a decorator or store, also of one that only its name tells."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = tree.qualified(named)
    known = table().call(name) if name else None
    if known is None and name and name.rpartition(".")[2] in UNKNOWN_DECORATORS:
        return Call(name, cache=Cache("decorator", default_bound="unseen", expiry=_own(decorator)))
    return known


def _own(decorator: ast.expr) -> str | None:
    """Return the keyword by which a decorator that nobody knows is given a lifetime."""
    given_by = arguments(decorator) if isinstance(decorator, ast.Call) else []
    return next((one.name for one in given_by if one.name and names_lifetime(one.name)), None)
