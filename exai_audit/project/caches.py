"""Caches as the whole project shows them: counted once, and what other files do with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from exai_audit.facts.caches import CacheFact, CacheFacts, CacheForm, Layer, Lifetime, Origin
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.layers import own_layer, words
from exai_audit.project.project import Project

_ELSEWHERE = frozenset({Origin.NETWORK, Origin.AWAITED})
_CONFIGURED = "django.core.cache."
_NO_RESULTS = frozenset({CacheForm.REGISTRY, CacheForm.CACHED_PROPERTY})
OWN = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.CLASS})
"""The forms in which the code keeps results by itself, without a library."""


def with_project_caches(
    files: Sequence[FileFacts], own_layers: Mapping[Layer, tuple[str, ...]]
) -> tuple[FileFacts, ...]:
    """Return the files with what only the whole project shows about their caches.

    An object of a cache class of the project is a reference to that class, no second cache, and so
    is each further use of a cache that is set up by configuration. What another file clears is
    invalidated. Words of the user's own decide about layers first.
    """
    configured: set[str] = set()
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
        found = []
        for fact in caches.found:
            again = fact.callable in configured
            if fact.callable.startswith(_CONFIGURED):
                configured.add(fact.callable)
            if not again and not _refers(fact, classes):
                found.append(seen(fact))
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

    What only remembers what the process can compute again needs none. Nor does an unnamed
    dictionary of a single object. Classes with a common base that is a cache are one.
    """
    families: set[str] = set()
    for facts, cache in result_caches(project):
        of_object = cache.form is CacheForm.MEMO_IDIOM and cache.lifetime is Lifetime.INSTANCE
        family = _family(cache)
        if of_object or _is_memory(cache) or family in families:
            continue
        if family is not None:
            families.add(family)
        yield facts, cache


def _is_memory(cache: CacheFact) -> bool:
    """Tell whether a cache only remembers what the process itself can compute again."""
    return (
        cache.form in (CacheForm.DECORATOR, CacheForm.MEMO_IDIOM, CacheForm.CONTAINER)
        and cache.origin not in _ELSEWHERE
        and not cache.expiry
        and not cache.bookkeeping
    )


def _family(cache: CacheFact) -> str | None:
    """Return the cache class that a class inherits from, else the class itself."""
    if cache.form is not CacheForm.CLASS:
        return None
    bases = (base for base in cache.callable.split(", ") if "cache" in words(base))
    return next(bases, cache.name)
