"""Functions of the project that cache what they decorate: what expires their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import Named, is_literal
from exai_audit.collectors.caches.triggers import UNKNOWN_DECORATORS
from exai_audit.collectors.caches.vocabulary import names_lifetime
from exai_audit.facts.caches import CacheFact, CacheForm, OwnDecorator
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import is_none, parameters

_NO_STORE = frozenset({CacheForm.DECORATOR, CacheForm.CACHED_PROPERTY, CacheForm.REGISTRY})


def own_decorators(tree: ModuleTree, found: Iterable[CacheFact]) -> Iterator[OwnDecorator]:
    """Yield the module's own decorators for caches.

    Their expiry is that of the store made in it; a parameter with a default that gives a lifetime
    is one, too.
    """
    stores = [fact for fact in found if fact.form not in _NO_STORE]
    for function in tree.functions:
        if function.name in UNKNOWN_DECORATORS and tree.class_of(function) is None:
            inside = [s for s in stores if s.place.symbol.split(".")[0] == function.name]
            expiry = next((s.expiry for s in inside if s.expiry), None) or _lifetime(function)
            yield OwnDecorator(f"{tree.dotted}.{function.name}", expiry)


def _lifetime(function: Named) -> str | None:
    for param in parameters(function):
        default = param.default
        given = default is not None and is_literal(default) and not is_none(default)
        if given and names_lifetime(param.name):
            return f"{param.name} of the decorator"
    return None
