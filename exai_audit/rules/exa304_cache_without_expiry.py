"""Results that can go stale, kept with neither an expiry nor a way to drop them.

*Why.* What a network, a database or a clock answered is true for a while. A cache that neither
lets an answer expire nor has anything that drops it serves the first one until the process ends:
a changed price, a revoked permission and a moved host are never seen.

*Bad*

```python
from functools import lru_cache

import requests


@lru_cache(maxsize=256)
def price_of(article):
    return requests.get(f"https://shop.example/{article}", timeout=5).json()
```

*Good*

```python
import requests
from cachetools import TTLCache, cached


@cached(TTLCache(maxsize=256, ttl=300))
def price_of(article):
    return requests.get(f"https://shop.example/{article}", timeout=5).json()
```

*Known false alarms.* What never changes under its name: an immutable object asked for by its hash,
a released file by its version. Suppress it with that reason. Where a docstring or a comment beside
the cache says so (immutable, never expires, for the lifetime of the process), or the key is a
digest by its name, or nobody calls what fills it, the confidence is low. Dictionaries on lines
without a gap are one finding.

*References.* A result is called stale-prone when it is awaited, or computed by a call that waits
for another machine (in another module, too: medium confidence), by the clock, or by a variable of
the module that some function sets anew. What is read from files, the environment or another program
is a fact of the cache and no finding, since most programs read these once on purpose, unless
``expire-local`` is set; where the key is the path of the file that is read, it is one of low
confidence. Cache classes are no finding: they do not compute what they keep. Nor is an unnamed
dictionary of one object, nor a function without parameters or a dictionary whose keys are all
constants of the module, unless it is called after what ends some day (tokens, credentials).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime, Origin
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.knowledge.layers import words
from exai_audit.project.cache_blocks import blocks
from exai_audit.project.cache_remedies import container_of
from exai_audit.project.caches import (
    is_single,
    keeps_one,
    keeps_spent_coroutines,
    passes_with_its_object,
    result_caches,
)
from exai_audit.project.origins import fetched_elsewhere
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_ENDS = frozenset({"token", "tokens", "credential", "credentials", "jwt", "jwks"})
_LOCAL = frozenset({Origin.FILE, Origin.ENVIRONMENT, Origin.PROCESS})


class Options(Struct, frozen=True):
    """Whether results read from files, the environment and other programs must expire too."""

    expire_local: bool = False


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each cache of stale-prone results that keeps them for good."""
    stale: dict[str, dict[CacheFact, Confidence]] = {}
    for facts, known in (*result_caches(project), *_credentials(project)):
        cache = known if known.origin is not None else _fetched(known, facts, project)
        if _keeps_stale(cache, options.at(facts.path)):
            sure = _confidence(cache)
            is_told = known.origin is not None or sure is not Confidence.HIGH
            stale.setdefault(facts.path, {})[cache] = sure if is_told else Confidence.MEDIUM
    for path, found in stale.items():
        for first, *others in blocks(found, found.__getitem__):
            yield _hit(path, first, others, found[first])


def _hit(path: str, cache: CacheFact, others: list[CacheFact], confidence: Confidence) -> Hit:
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW,
        confidence=confidence,
        message=_message(cache),
        remedy=_remedy(cache),
        related=tuple(
            Related(path, one.place.span.line, f"{one.name} is kept for good, too")
            for one in others
        ),
    )


def _fetched(cache: CacheFact, facts: FileFacts, project: Project) -> CacheFact:
    """Return a cache with where its results come from if another module fetches them."""
    may_be_stale = not (cache.expiry or cache.invalidation or cache.constant_keys)
    source = fetched_elsewhere(cache, facts, project.call_graph()) if may_be_stale else ""
    return replace(cache, origin=Origin.NETWORK, source=source, pure=False) if source else cache


def _credentials(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    """Yield the functions that keep one value, what they log in with: that ends some day."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if is_single(cache) and not cache.elsewhere and _ends(cache):
                yield facts, cache


def _ends(cache: CacheFact) -> bool:
    return not _ENDS.isdisjoint(words(cache.name))


def _keeps_stale(cache: CacheFact, options: Options) -> bool:
    if cache.origin is None or cache.expiry or cache.invalidation:
        return False
    if cache.form is CacheForm.CLASS or keeps_spent_coroutines(cache):
        return False
    if cache.constant_keys and not _ends(cache):
        return False
    if cache.form is CacheForm.MEMO_IDIOM and cache.lifetime is Lifetime.INSTANCE:
        return False
    return options.expire_local or cache.origin not in _LOCAL or cache.of_files


def _confidence(cache: CacheFact) -> Confidence:
    unsure = cache.bound == "weak references" or cache.shared or cache.unchanging
    if unsure or passes_with_its_object(cache) or cache.of_files or keeps_one(cache) or cache.idle:
        return Confidence.LOW
    return Confidence.MEDIUM if cache.origin is Origin.STATE else Confidence.HIGH


def _message(cache: CacheFact) -> str:
    decorated = cache.form is CacheForm.DECORATOR
    what = f"the cached results of {cache.name}" if decorated else f"the entries of {cache.name}"
    why = {
        Origin.STATE: f"depend on the variable {cache.source}",
        Origin.CLOCK: f"depend on the clock, {cache.source}",
    }.get(cache.origin or Origin.NETWORK, f"come from {cache.source}")
    return f"{what} {why}, and neither expire nor are dropped"


def _remedy(cache: CacheFact) -> str:
    name, key = cache.name, cache.keys or "the key"
    if cache.form is CacheForm.DECORATOR:
        return _of_decorator(cache)
    if cache.form is CacheForm.LIBRARY_STORE and not cache.callable.startswith("cachetools."):
        return (
            f"Store entries of {name} with a lifetime, or delete {key} when the original changes."
        )
    if cache.form is CacheForm.LIBRARY_STORE:
        return f"Make {name} a TTLCache({_size(cache)}, ttl=...)."
    return (
        f"Make {container_of(cache)} a TTLCache(maxsize=..., ttl=...) of cachetools, or drop {key}"
        " from it when the original changes."
    )


def _of_decorator(cache: CacheFact) -> str:
    name = cache.name
    if cache.on_coroutine:
        return f"Write @alru_cache({_size(cache)}, ttl=...): the seconds {name} may be out of date."
    if cache.on_method:
        return (
            f"Keep the results in a TTLCache({_size(cache)}, ttl=...) of cachetools that __init__"
            f" makes, with the seconds that {name} may be out of date."
        )
    if cache.parameters == 0 and not _ends(cache):
        return f"Call {name}.cache_clear() when the original changes, or let it expire by a time."
    return (
        f"Write @cached(TTLCache({_size(cache)}, ttl=...), lock=threading.Lock()) of cachetools,"
        f" with the seconds that {name} may be out of date, or call {name}.cache_clear() when the"
        " original changes."
    )


def _size(cache: CacheFact) -> str:
    """Return the size that the source gives a cache, or the place for one."""
    said = cache.bound or ""
    if cache.parameters == 0 and cache.form is CacheForm.DECORATOR:
        return "maxsize=1"
    return said if said.startswith("maxsize=") else "maxsize=..."


RULE = Rule(
    code="EXA304",
    name="cache-without-expiry",
    family=Family.CACHES,
    summary="results that can go stale, kept for good",
    severity="low",
    options=Options,
    check=check,
)
