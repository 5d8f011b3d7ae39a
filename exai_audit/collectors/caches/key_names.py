"""Which names a key is made of, and whether they say that it is a digest of what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import identifiers
from exai_audit.collectors.caches.key_words import DIGESTS
from exai_audit.collectors.caches.uses import Use
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import BindingKind


def key_names(use: Use, tree: ModuleTree) -> Iterator[str]:
    """Yield the names in the key of a store, and in what a local key is made of."""
    for name, _ in identifiers(use.key) if use.key is not None else ():
        yield name
        bindings = tree.scopes.inside(use.function).names.get(name, []) if use.function else []
        made = [one.value for one in bindings if one.kind is BindingKind.VALUE]
        if len(bindings) == len(made) == 1 and made[0] is not None:
            yield from (part for part, _ in identifiers(made[0]))


def is_keyed_by_digest(stored: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether keys are digests by their names: what is kept for one never changes."""
    named = [{word for name in key_names(use, tree) for word in words(name)} for use in stored]
    return bool(named) and not any(map(DIGESTS.isdisjoint, named))
