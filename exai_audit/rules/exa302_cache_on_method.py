"""``cache`` or ``lru_cache`` on a method: it keeps every instance alive.

*Why.* The cache belongs to the class and its keys hold ``self``. An object whose method was called
once cannot be freed until its entry is pushed out, with everything that it refers to; without a
bound that is never.

*Bad*

```python
from functools import lru_cache


class Shop:
    @lru_cache(maxsize=128)
    def price(self, article):
        return self.prices[article]
```

*Good*

```python
from functools import cached_property


class Shop:
    @cached_property
    def total(self):
        return sum(self.prices.values())
```

*Known false alarms.* Objects that live as long as the process, such as a single service object.
Members of an enumeration do, and are no finding; nor are static and class methods. Where a comment
beside it argues the cache's size or silences B019, and for objects that are values (named tuples,
frozen dataclasses, classes with a hash of their own), the confidence is low.

*References.* Python FAQ, "How do I cache method calls?"; the same trap is B019 of flake8-bugbear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.caches import CacheFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_FUNCTOOLS = frozenset({"functools.cache", "functools.lru_cache"})


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each caching decorator of an instance method."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.on_method and cache.callable in _FUNCTOOLS and not cache.on_coroutine:
                yield _hit(facts.path, cache)


def _hit(path: str, cache: CacheFact) -> Hit:
    is_mild = cache.parameters == 0 and cache.invalidation is not None
    how_many = f"the last {cache.bound.partition('=')[2]} calls" if cache.bound else "every call"
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW if is_mild else Severity.MEDIUM,
        confidence=Confidence.LOW if cache.argued or cache.by_value else Confidence.HIGH,
        message=f"the cache of {cache.name} keeps alive the instance of {how_many}",
        remedy=_remedy(cache),
    )


def _remedy(cache: CacheFact) -> str:
    if cache.parameters == 0:
        return f"Write @cached_property instead: {cache.name} takes nothing but self."
    return (
        f"Cache a function outside the class that takes what {cache.name} needs, or make the cache"
        f" in __init__: self.{cache.name} = lru_cache(maxsize=128)(self._{cache.name.lstrip('_')})."
    )


RULE = Rule(
    code="EXA302",
    name="cache-on-method",
    family=Family.CACHES,
    summary="cache or lru_cache on an instance method",
    severity="medium; low when the class clears it and self is the only parameter",
    options=Options,
    check=check,
)
