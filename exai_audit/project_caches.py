"""Caches as the whole project shows them: counted once, and what other files do with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from exai_audit.facts.caches import CacheFact, CacheFacts, CacheForm, Layer, Lifetime
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.layers import own_layer
from exai_audit.project import Project

_NO_RESULTS = frozenset({CacheForm.REGISTRY, CacheForm.CACHED_PROPERTY})
OWN = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.CLASS})
"""The forms in which the code keeps results by itself, without a library."""


def with_project_caches(
    files: Sequence[FileFacts], own_layers: Mapping[Layer, tuple[str, ...]]
) -> tuple[FileFacts, ...]:
    """Return the files with what only the whole project shows about their caches.

    An object of a cache class of the project is a reference to that class, no second cache. What
    another file clears is invalidated. Words of the user's own decide about layers first.
    """
    classes = {f.name for file in files for f in file.caches.found if f.form is CacheForm.CLASS}
    cleared = {name for file in files for name in file.caches.cleared}
    emptying = {name for file in files for name in file.caches.emptying}

    def seen(fact: CacheFact) -> CacheFact:
        if fact.form is CacheForm.DECORATOR and fact.name in cleared:
            fact = replace(fact, invalidation="cache_clear", emptied=True)
        elif emptying.intersection(fact.removers):
            fact = replace(fact, emptied=True)
        names = [fact.callable, fact.name, fact.place.symbol]
        return replace(fact, layer=own_layer(names, own_layers) or fact.layer)

    def counted(caches: CacheFacts) -> CacheFacts:
        found = (seen(f) for f in caches.found if not _refers(f, classes))
        return replace(caches, found=tuple(found))

    return tuple(
        replace(file, caches=counted(file.caches)) if file.caches.found else file for file in files
    )


def _refers(fact: CacheFact, classes: set[str]) -> bool:
    return fact.form is CacheForm.LIBRARY_STORE and fact.callable.rpartition(".")[2] in classes


def result_caches(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    """Yield the caches of results in the judged files: neither registries nor single values."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.form not in _NO_RESULTS and not is_single(cache):
                yield facts, cache


def is_single(cache: CacheFact) -> bool:
    """Tell whether a decorated function takes nothing: it keeps one value, not one by key."""
    return cache.form is CacheForm.DECORATOR and cache.parameters == 0


def strategic_caches(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    """Yield the caches that one strategy could rule.

    The memory of a pure function needs none: its results never go stale. Nor does an unnamed
    dictionary of a single object.
    """
    for facts, cache in result_caches(project):
        of_object = cache.form is CacheForm.MEMO_IDIOM and cache.lifetime is Lifetime.INSTANCE
        if not of_object and not is_memory_of_pure(cache):
            yield facts, cache


def is_memory_of_pure(cache: CacheFact) -> bool:
    """Tell whether a cache only remembers what follows from its keys."""
    return cache.form in (CacheForm.DECORATOR, CacheForm.MEMO_IDIOM) and (
        cache.pure and not cache.expiry and not cache.invalidation
    )


def is_implementation(cache: CacheFact) -> bool:
    """Tell whether the code has a cache of its own making: a class, or a policy by hand."""
    by_hand = cache.bookkeeping or cache.expiry or cache.bound == "length check"
    return cache.form is CacheForm.CLASS or (cache.form in OWN and bool(by_hand))
