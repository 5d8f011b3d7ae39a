"""Locks that are kept one for each key: whether a value is one, and how many keys there can be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.accesses import identifiers, last_name
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.key_words import is_file_name
from exai_audit.collectors.caches.keys import openness
from exai_audit.collectors.caches.object_lives import is_made_once
from exai_audit.collectors.caches.uses import Use
from exai_audit.collectors.caches.vocabulary import is_lock, is_long_lived
from exai_audit.facts.caches import Openness
from exai_audit.syntax.module import ModuleTree

_ARGUMENTS = frozenset({"args", "kwargs"})


def is_a_lock(value: ast.expr | None) -> bool:
    """Tell whether a value is a lock, semaphore or mutex, or a call that makes one."""
    named = value.func if isinstance(value, ast.Call) else value
    return named is not None and is_lock(last_name(named))


def keeps_locks(stored: list[Use]) -> bool:
    """Tell whether all that is stored are locks."""
    return bool(stored) and all(is_a_lock(use.value) for use in stored)


def openness_of_locks(stored: list[Use], tree: ModuleTree) -> Openness:
    """Return how many keys there can be: of files, too, or of all that a function may be given."""
    found = openness(tree, stored)
    if found is not Openness.UNSAID:
        return found
    names = {name for use in stored for name in _names(use, tree)}
    has_no_end = any(map(is_file_name, names)) or names >= _ARGUMENTS
    return Openness.OPEN if has_no_end else found


def _names(use: Use, tree: ModuleTree) -> Iterator[str]:
    """Yield the names in a key, and in what a local key is made from."""
    if use.key is None:
        return
    known = tree.scopes.inside(use.function).names if use.function is not None else {}
    for name, _ in identifiers(use.key):
        yield name
        bindings = known.get(name, [])
        value = bindings[0].value if len(bindings) == 1 else None
        if value is not None:
            yield from (part for part, _ in identifiers(value))


def keeper_lives_long(tree: ModuleTree, index: CacheIndex, owner: ast.AST) -> bool:
    """Tell whether objects of the class that keeps the locks live as long as the process.

    A lock that it makes for itself would say so, these are for others.
    """
    if not isinstance(owner, ast.ClassDef):
        return False
    return is_long_lived(owner.name) or is_made_once(tree, index, owner)
