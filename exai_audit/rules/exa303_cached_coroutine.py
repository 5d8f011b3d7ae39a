"""A synchronous cache on a coroutine: the second caller gets one that was awaited already.

*Why.* The cache keeps the coroutine object, not its result. A coroutine can be awaited once: the
next call with the same arguments raises "cannot reuse already awaited coroutine".

*Bad*

```python
from functools import lru_cache


@lru_cache(maxsize=128)
async def price_of(article):
    return await article.price()
```

*Good*

```python
from async_lru import alru_cache


@alru_cache(maxsize=128)
async def price_of(article):
    return await article.price()
```

*Known false alarms.* None known: a coroutine function that is never called twice with the same
arguments needs no cache.

*References.* Judged are the decorators of functools and cachetools, ``cached_property`` among them.
Python documentation, "Coroutines"; async-lru keeps the result instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact, CacheForm
from exai_audit.finding import Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_SYNCHRONOUS = frozenset({
    "functools.cache", "functools.lru_cache", "functools.cached_property", "cachetools.cached",
    "cachetools.cachedmethod", "cachetools.func.lru_cache", "cachetools.func.ttl_cache",
})  # fmt: skip


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each synchronous caching decorator of an ``async def``."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.on_coroutine and cache.callable in _SYNCHRONOUS:
                yield Hit(
                    path=facts.path,
                    place=cache.place,
                    severity=Severity.CRITICAL,
                    message=_message(cache),
                    remedy=_remedy(cache),
                )


def _message(cache: CacheFact) -> str:
    if cache.form is CacheForm.CACHED_PROPERTY:
        return f"whoever awaits {cache.name} as the second gets an awaited coroutine, and fails"
    return (
        f"the second call of {cache.name} with the same arguments gets a coroutine that was awaited"
        " already, and fails"
    )


def _remedy(cache: CacheFact) -> str:
    if cache.form is CacheForm.CACHED_PROPERTY:
        return f"Make {cache.name} a coroutine method that keeps its awaited result in the object."
    if cache.on_method:
        return (
            f"Keep the task in the object, one for each {cache.keys or 'object'}: self._tasks[key]"
            " = asyncio.create_task(...), which can be awaited again. Drop one that fails."
        )
    size = cache.bound if cache.bound and cache.bound.startswith("maxsize=") else "maxsize=None"
    return f"Write @alru_cache({size}) of async-lru instead, or keep the awaited result yourself."


RULE = Rule(
    code="EXA303",
    name="cached-coroutine",
    family=Family.CACHES,
    summary="a synchronous cache on async def",
    severity="critical",
    options=Options,
    check=check,
)
