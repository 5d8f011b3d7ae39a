"""Caches all over the project, several of them of its own making.

*Why.* Each cache has a bound, an expiry and a way to drop an entry of its own, or lacks them.
Nobody can say how much memory they take together, what a change of one record must drop, or
how old an answer can be.

*Bad*

```toml
[tool.exai-audit]
fragmentation-caches = 3
```

```python
# file: prices.py
_price_cache = {}


async def price(shop, article):
    if article not in _price_cache:
        if len(_price_cache) > 100:
            _price_cache.clear()
        _price_cache[article] = await shop.price(article)
    return _price_cache[article]
# file: stock.py
class StockCache:
    def __init__(self):
        self._counts = {}

    def get(self, article):
        return self._counts.get(article)

    def put(self, article, count):
        self._counts[article] = count
# file: users.py
from cachetools import TTLCache

users = TTLCache(maxsize=100, ttl=60)
```

*Good*

```toml
[tool.exai-audit]
fragmentation-caches = 3
```

```python
# file: caching.py
from cachetools import TTLCache

prices = TTLCache(maxsize=1024, ttl=60)
stocks = TTLCache(maxsize=1024, ttl=10)
# file: shop.py
from caching import prices


def price(article):
    if article not in prices:
        prices[article] = article.price()
    return prices[article]
```

*Known false alarms.* A code base of unrelated programs has no common strategy: audit each alone.

*References.* Reported from ``fragmentation-caches`` (5) caches in ``fragmentation-cache-files`` (3)
files with ``fragmentation-own-caches`` (2) own implementations: classes that are caches
(those with a common base that is a cache are one), and dictionaries that keep what was fetched or
do their own bookkeeping (those of one class that one function empties are one).
Registries, cached properties, unnamed dictionaries of one object, and
caches that only remember what the process itself can compute again are not counted: no strategy
would change them. What a package or module called cache, caches or caching defines, and what is
made of it, is the project's shared layer and counts neither: the largest, where there are several.
It stands at the first cache of the file with the most,
and counts facts, whether the other rules are selected or suppressed or not; it is silenced in the
settings only. With no more than two implementations of its own the confidence is low. The report's
cache strategy says which layers can share a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.caches import OWN, implementations, strategic_caches
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_FEW_OWN = 2


class Options(Struct, frozen=True):
    """From how many caches, in how many files, with how many of its own making."""

    fragmentation_caches: int = 5
    fragmentation_cache_files: int = 3
    fragmentation_own_caches: int = 2


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield at most one hit, for the project."""
    limits = options.default
    sites = [(facts.path, cache) for facts, cache in strategic_caches(project)]
    per_file = Counter(path for path, _ in sites)
    own = sum(1 for _ in implementations(_own(project)))
    if (
        len(sites) < limits.fragmentation_caches
        or len(per_file) < limits.fragmentation_cache_files
        or own < limits.fragmentation_own_caches
    ):
        return
    layers = sorted({cache.layer.value for _, cache in sites})
    most = min(per_file, key=lambda path: (-per_file[path], path))
    first = next(cache for path, cache in sites if path == most)
    named = (
        f"{len(layers)} layers ({', '.join(layers)})"
        if len(layers) > 1
        else f"1 layer ({layers[0]})"
    )
    yield Hit(
        path=most,
        place=first.place,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH if own > _FEW_OWN else Confidence.LOW,
        message=(
            f"{len(sites)} caches in {len(per_file)} files, {own} implementations of its own, in"
            f" {named}"
        ),
        remedy=(
            "Make one module that gives out caches, each with a bound and an expiry that somebody"
            f" decided, and replace the {own} own implementations first; the report's cache"
            " strategy says which layers can share a store."
        ),
        related=tuple(
            Related(path, cache.place.span.line, f"{cache.form.value} {cache.name}")
            for path, cache in sites
            if cache is not first
        ),
        measured=len(sites),
        threshold=limits.fragmentation_caches,
        project_wide=True,
    )


def _own(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    return (site for site in strategic_caches(project) if site[1].form in OWN)


RULE = Rule(
    code="EXA305",
    name="cache-fragmentation",
    family=Family.CACHES,
    summary="caches scattered over the project, several of its own making",
    severity="medium",
    options=Options,
    check=check,
)
