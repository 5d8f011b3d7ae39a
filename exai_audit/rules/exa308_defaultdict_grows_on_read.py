"""A default dictionary of long life that gets an entry each time an unknown key is read.

*Why.* Reading ``d[key]`` of a ``defaultdict`` stores what its factory makes. Where the key comes
with a request, each question about somebody unknown leaves an entry behind: memory grows by being
asked, nobody sees a store, and ``key in d`` turns true for what never existed.

*Bad*

```python
from collections import defaultdict

_orders = defaultdict(list)


def place(customer_id, order):
    _orders[customer_id].append(order)


def orders_of(customer_id):
    return _orders[customer_id]
```

*Good*

```python
from collections import defaultdict

_orders = defaultdict(list)


def place(customer_id, order):
    _orders[customer_id].append(order)


def orders_of(customer_id):
    return _orders.get(customer_id, [])
```

*Known false alarms.* Keys that were checked before, far from the read. Not judged: a dictionary
that something removes from or measures, a function that fills it or asks what is in it, and keys
that are not seen to have no end (settings, languages, types). A lock for each thing that the
code works on (an address, a host) is meant to stay, and of low confidence; one for each user or
message is not.

*References.* Python documentation, ``collections.defaultdict.__missing__``. Judged for modules,
classes, and objects that are seen to live long; for other objects the confidence is low. So it is
where the file hands the dictionary on, or another file imports it: they may empty it. Reads by
other files count where none of them removes from it, measures it or hands it on.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.caches import CacheFact, Lifetime, Openness
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.cache_remedies import container_of, end_of, live_remedy
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_EMPTY = {"list": "[]", "tuple": "()", "set": "set()", "dict": "{}", "int": "0", "float": "0.0"}
_LOCKS = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"})


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each default dictionary that grows by being read."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.grows_on_read and cache.lifetime is not Lifetime.CLOSURE:
                yield _hit(facts.path, cache)


def _hit(path: str, cache: CacheFact) -> Hit:
    of_object = cache.lifetime is Lifetime.INSTANCE
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW if of_object else Severity.MEDIUM,
        confidence=_confidence(cache),
        message=(
            f"reading {cache.name}[{cache.keys}] on line {cache.grows_on_read}{_of(cache)} adds an"
            " entry for each key that is not there, and nothing removes one"
        ),
        remedy=_remedy(cache),
        related=(
            Related(cache.grows_in or path, cache.grows_on_read, f"{cache.name} is read here"),
        ),
    )


def _of(cache: CacheFact) -> str:
    return f" of {cache.grows_in}" if cache.grows_in else ""


def _remedy(cache: CacheFact) -> str:
    name, key, made_by = container_of(cache), cache.keys, cache.makeup.factory
    if made_by in _LOCKS:
        return live_remedy(replace(cache, keeps="lock"))
    if made_by in _EMPTY:
        return f"Read with {name}.get({key}, {_EMPTY[made_by]}), which adds nothing."
    return f"Ask first whether {key} is in {name}, or remove its entry when {end_of(cache)}."


def _confidence(cache: CacheFact) -> Confidence:
    if cache.makeup.factory in _LOCKS and cache.openness is not Openness.ASKED:
        return Confidence.LOW  # a lock for each thing that is there
    lives = cache.made_once or cache.part or (cache.long_lived and not _manages(cache.owner))
    passing = cache.lifetime is Lifetime.INSTANCE and not lives
    return Confidence.LOW if passing or cache.shared or cache.fixed_keys else Confidence.MEDIUM


def _manages(owner: str) -> bool:
    """Tell whether a class is a manager by name alone: as many live for one task only."""
    return owner.endswith("Manager")


RULE = Rule(
    code="EXA308",
    name="defaultdict-grows-on-read",
    family=Family.CACHES,
    summary="a default dictionary of long life that is read under keys without an end",
    severity="medium; low on instances",
    options=Options,
    check=check,
)
