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
beside it argues the cache's size, where a module makes the object, where some code clears the
cache, where it has one entry only, and for objects that are values (named tuples, frozen
dataclasses, classes with a hash of what they hold), the confidence is low. A hash of ``id(self)``
says which object it is, and ``noqa: B019`` alone that somebody saw the leak: neither lowers it.

*References.* Python FAQ, "How do I cache method calls?"; the same trap is B019 of flake8-bugbear.
The decorators of functools, of async-lru, of ``cachetools.func``, funcy, toolz and memoization, and
``cachetools.cached`` with a store that all objects share and no ``key`` of its own make keys that
hold ``self``. Results that expire keep an object for a time only: severity low, and of low
confidence on a manager, a service or the like. The keys of ``cachetools.cachedmethod`` leave
``self`` out: with a store of the class one object is given what was worked out for another.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.knowledge.layers import words
from exai_audit.project.cache_remedies import FUNCTOOLS
from exai_audit.project.caches import keeps_one, keeps_spent_coroutines
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_FEW = 8
_LASTING = frozenset({"app", "connector", "manager", "server", "service"})
_STORED = frozenset({"cachetools.cached", "asyncache.cached"})


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each caching decorator of an instance method."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.on_method and cache.keyed_by_self and not keeps_spent_coroutines(cache):
                yield _hit(facts.path, cache)
            elif cache.shares_results:
                yield _shared_hit(facts.path, cache)


def _hit(path: str, cache: CacheFact) -> Hit:
    return Hit(
        path=path,
        place=cache.place,
        severity=_severity(cache),
        confidence=_confidence(cache),
        message=(
            f"the cache of {cache.name} keeps alive the instance of {_how_many(cache)}"
            f"{_shared_room(cache)}"
        ),
        remedy=_remedy(cache),
    )


def _shared_hit(path: str, cache: CacheFact) -> Hit:
    once = cache.made_once or cache.long_lived
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if once or cache.by_value else Confidence.MEDIUM,
        message=(
            f"all objects share the results of {cache.name}: its store is the class's, and its keys"
            " leave self out"
        ),
        remedy=(
            "Make the store in __init__, one for each object, or add what tells objects apart to"
            " the keys: key=lambda self, ...: hashkey(self.name, ...)."
        ),
    )


def _shared_room(cache: CacheFact) -> str:
    """Return what a few entries for all objects do: they push one another out."""
    room = cache.makeup.room
    if not 1 < room <= _FEW:
        return ""
    return f", and all objects share its {room} entries: they push one another out"


def _severity(cache: CacheFact) -> Severity:
    cleared = cache.parameters == 0 and cache.invalidation is not None
    return Severity.LOW if cleared or cache.expiry else Severity.MEDIUM


def _confidence(cache: CacheFact) -> Confidence:
    stays = cache.made_once or cache.long_lived or cache.emptied or keeps_one(cache)
    serves = cache.expiry and not _LASTING.isdisjoint(words(cache.owner)[-1:])
    few = stays or serves or cache.argued or cache.by_value
    return Confidence.LOW if few else Confidence.HIGH


def _how_many(cache: CacheFact) -> str:
    _, _, size = (cache.bound or "").partition("=")
    kept = f"the last {size} calls" if size else "every call"
    return f"{kept}, for a time" if cache.expiry else kept


def _remedy(cache: CacheFact) -> str:
    if cache.callable not in FUNCTOOLS:
        return _other_remedy(cache)
    if cache.makeup.as_property:
        return f"Write @cached_property in place of both decorators of {cache.name}."
    if cache.makeup.stacked:
        return (
            f"Keep the results of {cache.name} in each object, in a dictionary of its own"
            f"{_size(cache)}, and leave the decorators around it as they are."
        )
    if cache.parameters == 0:
        return (
            f"Keep the result in the object: @cached_property, if all callers of {cache.name} drop"
            " the (), or an attribute that the method fills when it is called first."
        )
    own = f"_cached_{cache.name.strip('_')}"
    return (
        f"Make the cache in __init__, one for each object, and let {cache.name} call it:"
        f" self.{own} = {_decorator(cache)}(self._{_worked_out(cache.name)})."
    )


def _worked_out(name: str) -> str:
    """Return what a method that does the work of another can be called."""
    return f"compute_{name.strip('_')}"


def _decorator(cache: CacheFact) -> str:
    """Return a decorator with the size that the source gives it."""
    name = cache.callable.rpartition(".")[2]
    written = cache.bound if cache.bound and cache.bound.startswith("maxsize=") else "maxsize=None"
    return f"{name}({written})" if name != "cache" else "lru_cache(maxsize=None)"


def _size(cache: CacheFact) -> str:
    return f" with {cache.bound}" if cache.bound and cache.bound.startswith("maxsize=") else ""


def _other_remedy(cache: CacheFact) -> str:
    if cache.callable in _STORED:
        return (
            f"Give each object its store: @cachedmethod(lambda self: self._{cache.name}_results),"
            " or leave self out of the keys: key=lambda self, ...: hashkey(...)."
        )
    if cache.expiry:
        return (
            f"Make the cache in __init__, one for each object, with the same size and lifetime, and"
            f" let {cache.name} call it."
        )
    own = f"self._cached_{cache.name.strip('_')} = {_decorator(cache)}"
    return (
        f"Make the cache in __init__, one for each object, and let {cache.name} call it:"
        f" {own}(self._{_worked_out(cache.name)})."
    )


RULE = Rule(
    code="EXA302",
    name="cache-on-method",
    family=Family.CACHES,
    summary="a cache that all objects share on an instance method",
    severity="medium; low when results expire, or the class clears it and takes self only",
    options=Options,
    check=check,
)
