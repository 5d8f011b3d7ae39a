"""A cache that grows for as long as the process lives.

*Why.* Every new key adds an entry and none ever goes. A service that runs for weeks fills its
memory with answers that nobody will ask for again, and dies far from the line that caused it.

*Bad*

```python
from functools import lru_cache


@lru_cache(maxsize=None)
def price_of(article, day):
    return article.price(day)
```

*Good*

```python
from functools import lru_cache


@lru_cache(maxsize=1024)
def price_of(article, day):
    return article.price(day)
```

*Known false alarms.* Keys from a fixed set bound a cache by themselves: where the keys are classes
or functions the finding has low confidence; elsewhere suppress with that reason. A command that
ends after one run has no time to grow.

*References.* ``functools.cache`` is ``lru_cache(maxsize=None)`` (Python documentation). A function
without parameters keeps one entry and is no finding, nor is a cache that something clears, a
dictionary of weak references, or one whose length is checked before it grows. On an instance, only
a container whose name says that it is a cache is judged: how long the object lives is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project import Project
from exai_audit.registry import Rule, Scoped

_SUGGESTED = 1024
_FUNCTOOLS = frozenset({"functools.cache", "functools.lru_cache"})


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each cache that nothing bounds, expires or empties."""
    cleared = {name for facts in project.files for name in facts.caches.cleared}
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if _grows(cache) and not (cache.callable and cache.name in cleared):
                yield _hit(facts.path, cache)


def _grows(cache: CacheFact) -> bool:
    if cache.form in (CacheForm.CACHED_PROPERTY, CacheForm.LIBRARY_STORE):
        return False
    holds_coroutines = cache.on_coroutine and cache.callable in _FUNCTOOLS  # EXA303 speaks
    if holds_coroutines or cache.lifetime is Lifetime.CLOSURE:
        return False
    limited = cache.bound or cache.expiry or cache.invalidation
    return not limited and cache.parameters > 0


def _hit(path: str, cache: CacheFact) -> Hit:
    unsure = cache.fixed_keys or cache.shared
    on_instance = cache.lifetime is Lifetime.INSTANCE
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW if on_instance else Severity.MEDIUM,
        confidence=Confidence.LOW if unsure else Confidence.HIGH,
        message=_message(cache),
        remedy=_remedy(cache),
    )


def _message(cache: CacheFact) -> str:
    if cache.form is CacheForm.DECORATOR:
        return f"the cache of {cache.name} has no bound: every new set of arguments stays for ever"
    what = "registry" if cache.form is CacheForm.REGISTRY else "cache"
    life = "as its object" if cache.lifetime is Lifetime.INSTANCE else "as the process"
    return f"nothing bounds or empties the {what} {cache.name}, which lives as long {life}"


def _remedy(cache: CacheFact) -> str:
    if cache.form is CacheForm.DECORATOR:
        return (
            f"Write @lru_cache(maxsize={_SUGGESTED}), or the number of distinct arguments that are"
            " in use at a time."
        )
    if cache.form is CacheForm.REGISTRY:
        return (
            f"Remove an entry of {cache.name} when its object is closed or unused, or keep them in"
            " a weakref.WeakValueDictionary."
        )
    return (
        f"Bound {cache.name}: a function under @lru_cache(maxsize={_SUGGESTED}), or drop the oldest"
        f" entry before storing when len({cache.name}) reaches a limit."
    )


RULE = Rule(
    code="EXA301",
    name="unbounded-cache",
    family=Family.CACHES,
    summary="a cache of long life that nothing bounds",
    severity="medium; low on instances",
    options=Options,
    check=check,
)
