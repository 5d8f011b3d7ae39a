"""A look-up and a store with nothing between threads, on a cache that they share.

*Why.* Two threads that miss at once compute twice and store twice: calls are repeated, and of what
should exist once there are two. Where entries are also removed, the one that was just found can be
gone when it is read.

*Bad*

```python
import threading

_sizes = {}


def size_of(folder):
    if folder not in _sizes:
        _sizes[folder] = folder.measure()
    return _sizes[folder]


def forget(folder):
    _sizes.pop(folder, None)


def start(folder):
    threading.Thread(target=size_of, args=(folder,)).start()
```

*Good*

```python
import threading

_sizes = {}
_lock = threading.Lock()


def size_of(folder):
    with _lock:
        if folder not in _sizes:
            _sizes[folder] = folder.measure()
        return _sizes[folder]


def forget(folder):
    with _lock:
        _sizes.pop(folder, None)


def start(folder):
    threading.Thread(target=size_of, args=(folder,)).start()
```

*Known false alarms.* A result that is cheap, and the same whoever computes it, may be computed
twice: suppress it with that reason.

*References.* Python FAQ, "What kinds of global value mutation are thread-safe?". Judged in files
that make a thread, an executor or a lock, for caches of a module or class. What coroutines of one
event loop do without awaiting in between is safe, and so is ``setdefault``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.caches import CacheFact
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.caches import OWN, result_caches
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each shared cache that is looked up and then stored into without a lock."""
    for facts, cache in result_caches(project):
        if cache.unlocked and cache.form in OWN and facts.caches.threads:
            yield _hit(facts.path, cache, facts.caches.threads)


def _hit(path: str, cache: CacheFact, threads: str) -> Hit:
    removed = cache.bound or cache.expiry or cache.invalidation
    risk = (
        "an entry can vanish between look-up and use" if removed else "results are computed twice"
    )
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW,
        confidence=Confidence.HIGH if removed or not cache.pure else Confidence.MEDIUM,
        message=(
            f"{cache.name} is looked up and then stored into without a lock, in a file that uses"
            f" {threads}: {risk}"
        ),
        remedy=(
            f"Hold one threading.Lock() around the look-up of {cache.keys or 'the key'} and the"
            f" store on line {cache.unlocked}, or put @lru_cache(maxsize=...) on the function:"
            " threads can share it."
        ),
        related=(Related(path, cache.unlocked, f"{cache.name} is stored into here"),),
    )


RULE = Rule(
    code="EXA307",
    name="unlocked-shared-cache",
    family=Family.CACHES,
    summary="look-up then store without a lock in a file with threads",
    severity="low",
    options=Options,
    check=check,
)
