"""What a class removes from one of its dictionaries and leaves in another, under one key."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import Named, last_name
from exai_audit.collectors.caches.key_names import key_names
from exai_audit.collectors.caches.key_words import has_many_values
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import names_cache
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS

_Removal = tuple[str, str, Named]
_REMOVES = frozenset({"pop", "__delitem__"})


def forgotten(container: Container, stored: Iterable[Use], tree: ModuleTree) -> str:
    """Return what its class removes under a key of this container, but not from it.

    It is said as ``_states, in stop``, and is empty where the class removes nothing of the kind:
    where keys have an end that the class knows, entries that outlive it are forgotten ones. What is
    dropped from a cache has no end: it is made again.
    """
    owner = container.target.owner
    keys = {name for use in stored for name in key_names(use, tree) if has_many_values(name)}
    if not keys or not isinstance(owner, ast.ClassDef):
        return ""
    for attribute, key, method in _removals(owner, tree):
        if key not in keys or attribute == container.target.name or names_cache(attribute):
            continue
        if not _only_reads(container, method):
            return f"{attribute}, in {method.name}"
    return ""


def _only_reads(container: Container, method: Named) -> bool:
    """Tell whether a method looks a container up and leaves it as it is: that is on purpose."""
    here = {use.act for use in container.uses if use.function is method}
    return Act.LOOK_UP in here and Act.STORE not in here


def _removals(owner: ast.ClassDef, tree: ModuleTree) -> Iterator[_Removal]:
    """Yield what the methods of a class remove: from which attribute, under which key, where."""
    for call in tree.calls(_REMOVES):
        source = call.func.value if isinstance(call.func, ast.Attribute) else None
        if source is not None and call.args and tree.class_of(call) is owner:
            yield from _removal(source, call.args[0], tree)
    for deletion in tree.all(ast.Delete):
        for target in deletion.targets if tree.class_of(deletion) is owner else ():
            if isinstance(target, ast.Subscript):
                yield from _removal(target.value, target.slice, tree)


def _removal(source: ast.expr, key: ast.expr, tree: ModuleTree) -> Iterator[_Removal]:
    function = tree.function_of(source)
    of_self = isinstance(source, ast.Attribute) and last_name(source.value) == "self"
    if of_self and isinstance(function, FUNCTIONS):
        yield last_name(source), last_name(key), function
