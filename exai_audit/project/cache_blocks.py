"""Dictionaries that are defined side by side and kept the same way: one pattern, written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from exai_audit.facts.caches import CacheFact, CacheForm
from exai_audit.finding import Confidence
from exai_audit.location import Place

_DICTIONARIES = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.REGISTRY})


def blocks(
    caches: Iterable[CacheFact], confidence: Callable[[CacheFact], Confidence]
) -> list[list[CacheFact]]:
    """Return caches in source order, those of one pattern together.

    Args:
        confidence: how sure a rule is of a cache; those of one pattern are alike in it.
    """
    groups: list[list[CacheFact]] = []
    for cache in sorted(caches, key=lambda one: grows_at(one).span):
        last = groups[-1][-1] if groups else None
        if last is not None and _are_alike(last, cache) and confidence(last) is confidence(cache):
            groups[-1].append(cache)
        else:
            groups.append([cache])
    return groups


def grows_at(cache: CacheFact) -> Place:
    """Return where the container of a cache is made."""
    return cache.grows or cache.place


def _are_alike(one: CacheFact, other: CacheFact) -> bool:
    """Tell whether two dictionaries are defined on lines without a gap, and last alike."""
    if one.form is not other.form or one.form not in _DICTIONARIES:
        return False
    kept = (one.owner, one.lifetime, one.idle, one.keeps)
    return (
        kept == (other.owner, other.lifetime, other.idle, other.keeps)
        and grows_at(other).span.line - grows_at(one).span.line == 1
    )
