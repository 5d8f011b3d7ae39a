"""An eviction policy written by hand.

*Why.* Which entry goes next, and when one is too old, is easy to get nearly right: an order that a
look-up does not refresh, an age that is compared with the wrong clock, a length that two threads
check at once. Libraries have done it and tested it.

*Bad*

```python
from collections import OrderedDict

_cache = OrderedDict()


def page(url):
    if url in _cache:
        _cache.move_to_end(url)
        return _cache[url]
    _cache[url] = render(url)
    if len(_cache) > 100:
        _cache.popitem(last=False)
    return _cache[url]
```

*Good*

```python
from cachetools import LRUCache

_cache = LRUCache(maxsize=100)


def page(url):
    if url not in _cache:
        _cache[url] = render(url)
    return _cache[url]
```

*Known false alarms.* A library whose purpose is caching, or one that must not depend on another:
ignore the rule there.

*References.* functools.lru_cache; cachetools (LRUCache, TTLCache, FIFOCache). Found where the
length is checked and the entry to go is picked by order or age, or where entries carry the time at
which they were stored; it is sure of it where both are kept by hand. A cache that is emptied as a
whole when it is full, or when one time that stands for all entries has passed, keeps no books.
Entries that live for different times (as the caller says, shorter for failures, or for ever) and
a cache that takes nothing new when it is full do what no store of a library does. LRU is what moves
an entry when it is looked up; else the oldest goes. What one function of a class empties is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.knowledge.layers import words
from exai_audit.project.caches import OWN, implementations, result_caches
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_STORES = {
    "LRU": "LRUCache(maxsize=...)",
    "oldest-first": "FIFOCache(maxsize=...)",
}

_MEASURES = frozenset({"metrics", "stats", "statistics", "counters", "latencies"})


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each cache of the project's own that keeps order or age by hand."""
    own = (
        (facts, cache)
        for facts, cache in result_caches(project)
        if cache.form in OWN and cache.bookkeeping and _MEASURES.isdisjoint(words(cache.name))
    )
    for facts, cache, others in implementations(own):
        imported = any(name.partition(".")[0] == "cachetools" for name in facts.imports)
        yield Hit(
            path=facts.path,
            place=cache.place,
            severity=Severity.LOW,
            confidence=_confidence(cache),
            message=f"{cache.name} does its own {cache.bookkeeping} bookkeeping",
            remedy=_remedy(cache, imported),
            related=tuple(
                Related(facts.path, one.place.span.line, f"{one.name} is kept the same way")
                for one in others
            ),
        )


def _confidence(cache: CacheFact) -> Confidence:
    """Return how surely a store of a library is better: where size and age are both by hand."""
    both = " and " in cache.bookkeeping
    return Confidence.MEDIUM if both else Confidence.LOW


def _remedy(cache: CacheFact, imported: bool) -> str:
    expires = "TTL" in cache.bookkeeping
    policy = cache.bookkeeping.partition(" ")[0]
    store = (
        "TTLCache(maxsize=..., ttl=...)"
        if expires
        else _STORES.get(policy, "LRUCache(maxsize=...)")
    )
    whose = "which this file imports already" if imported else "of cachetools"
    is_function = cache.form is not CacheForm.CLASS and cache.lifetime is Lifetime.MODULE
    memoizes = bool(cache.unlocked_in) and not cache.awaits
    if is_function and memoizes and cache.pure and policy == "LRU" and not expires:
        key = cache.keys or "the key"
        return (
            f"Put @lru_cache(maxsize=...) on a function of {key}, or keep the entries in"
            f" {store}, {whose}."
        )
    return f"Keep the entries in {store}, {whose}, with the numbers of {cache.name}."


RULE = Rule(
    code="EXA306",
    name="hand-rolled-cache",
    family=Family.CACHES,
    summary="own LRU or TTL bookkeeping",
    severity="low",
    options=Options,
    check=check,
)
