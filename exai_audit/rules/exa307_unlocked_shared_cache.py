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
twice: where the key decides the result and nothing is removed, the confidence is low.

*References.* Python FAQ, "What kinds of global value mutation are thread-safe?"; cachetools: "all
these classes are not thread-safe". Judged for caches of a module or class, of an object that a
module makes, and of one whose methods several threads run. Threads are seen where the file makes a
thread, an executor or a lock, unless only coroutines of the file do this and the lock guards
something else, or all that its threads run is seen and does not come there, and where another file
starts threads that call it. Django, Flask, and FastAPI with handlers that are no coroutines answer
requests in threads: there, what breaks is judged (counts, and the stores of cachetools), and not a
result that is computed twice. A coroutine that looks up, awaits and stores is a finding where what
it makes should exist once, or is fetched: two requests fill one key. So is a loop that
awaits while it goes over a dictionary or set from which another function removes, and one without
the lock under which all other functions change what it goes over. What coroutines of one event
loop do without awaiting in between is safe, and so is ``setdefault``. Where it only reads the
object's own store or settings, doing it twice is harmless, and a late store is not if another
function sets the entry. A look-up and store in a function that is only called with a lock held has
that lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.caches import CacheFact, CacheForm, GoneOverFact, Lifetime, Origin
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.project.cache_remedies import container_of, stand_apart
from exai_audit.project.caches import OWN
from exai_audit.project.own_stores import reads_own_store
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_STORES = "cachetools."
_MADE_AT_ONCE = {"lock": "threading.Lock()", "event": "threading.Event()"}
_JUDGED = OWN | {CacheForm.REGISTRY}


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each shared cache that is looked up and then stored into without a lock."""
    for facts in project.judged_files():
        yield from (_gone_over(facts.path, fact) for fact in facts.gone_over)
        for cache in facts.caches.found:
            if not cache.unlocked:
                continue
            if cache.awaits:
                if _is_filled_twice(cache):
                    yield _of_coroutine(facts.path, cache)
            elif evidence := _threads(cache, facts):
                yield _of_threads(facts.path, cache, evidence)


def _gone_over(path: str, fact: GoneOverFact) -> Hit:
    who = "awaits while it goes" if fact.awaits else "goes"
    how = "may change it meanwhile" if fact.awaits else "changes it under a lock, which is not held"
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM,
        message=(
            f"{fact.place.symbol} {who} over {fact.name}, and {fact.changed_in} {how}: the loop"
            " ends in a RuntimeError"
        ),
        remedy=(
            f"Go over a copy, list({fact.name})"
            + ("." if fact.awaits else ", taken under that lock, or hold the lock here.")
        ),
        related=(Related(path, fact.changed_at, f"{fact.name} is changed here"),),
    )


def _is_shared(cache: CacheFact) -> bool:
    of_module = cache.lifetime in (Lifetime.MODULE, Lifetime.CLASS)
    return of_module or (cache.lifetime is Lifetime.INSTANCE and cache.made_once)


def _is_served(cache: CacheFact) -> bool:
    return "serves requests" in cache.run_by


def _is_filled_twice(cache: CacheFact) -> bool:
    if not _is_shared(cache) and not (cache.lifetime is Lifetime.INSTANCE and cache.long_lived):
        return False
    fetched = cache.origin in (Origin.AWAITED, Origin.NETWORK)
    return cache.form is CacheForm.REGISTRY or (fetched and cache.form in _JUDGED)


def _threads(cache: CacheFact, facts: FileFacts) -> str:
    """Return what shows that several threads do this at once, empty where nothing does."""
    breaks = cache.counts or _is_unsafe(cache)
    if cache.lifetime is Lifetime.CLOSURE or (cache.form not in _JUDGED and not breaks):
        return ""
    if cache.unlocked_in in facts.caches.in_threads:
        return f"a file that has {cache.unlocked_in} run by several threads"
    runs = facts.caches.own_threads
    comes = not cache.on_loop and (runs is None or cache.unlocked_in in runs)
    if facts.caches.threads and _is_shared(cache) and comes:
        return f"a file that uses {facts.caches.threads}"
    if _is_served(cache):
        return cache.run_by if breaks and _is_shared(cache) else ""
    return cache.run_by


def _is_unsafe(cache: CacheFact) -> bool:
    return cache.form is CacheForm.LIBRARY_STORE and cache.callable.startswith(_STORES)


def _of_threads(path: str, cache: CacheFact, evidence: str) -> Hit:
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW,
        confidence=_confidence(cache, evidence),
        message=(
            f"{cache.name} is looked up and then stored into without a lock, in {evidence}:"
            f" {_risk(cache)}"
        ),
        remedy=_remedy(cache),
        related=_related(path, cache),
    )


def _confidence(cache: CacheFact, evidence: str) -> Confidence:
    removed = _can_vanish(cache)
    once = cache.counts or _is_unsafe(cache) or _keeps_objects(cache)
    if cache.pure and not removed and not once:
        return Confidence.LOW  # it is computed twice, and the same
    sure = "a file" in evidence and (removed or not cache.pure)
    return Confidence.HIGH if sure else Confidence.MEDIUM


def _keeps_objects(cache: CacheFact) -> bool:
    return cache.form is CacheForm.REGISTRY or cache.of_objects


def _can_vanish(cache: CacheFact) -> bool:
    return cache.read_again and bool(cache.bound or cache.expiry or cache.invalidation)


def _risk(cache: CacheFact) -> str:
    if cache.counts:
        return "counts are lost"
    if _is_unsafe(cache):
        return "the stores of cachetools are not thread-safe"
    if _keeps_objects(cache):
        return "two are made where there should be one"
    if _can_vanish(cache):
        return "an entry can vanish between look-up and use"
    return "results are computed twice"


def _remedy(cache: CacheFact) -> str:
    key = cache.keys or "the key"
    if cache.keeps in _MADE_AT_ONCE and not (cache.counts or _is_unsafe(cache)):
        made = _MADE_AT_ONCE[cache.keeps]
        return (
            f"Write {container_of(cache)}.setdefault({key}, {made}): it looks up and stores in one"
            " step, and all get the same one."
        )
    asks = cache.origin in (Origin.NETWORK, Origin.AWAITED)
    plain = not (cache.counts or _is_unsafe(cache) or _keeps_objects(cache))
    if plain and _can_vanish(cache) and (asks or stand_apart(cache)):
        return f"Read it once, {container_of(cache)}.get({key}), and go by whether that is None."
    if asks:
        return (
            f"Hold a lock of its own for each {key} from the look-up to the store on line"
            f" {cache.unlocked}: one lock for all would have every other key wait for the call."
        )
    if stand_apart(cache):
        return (
            f"Hold a threading.Lock() around the look-up of {key}, and again around the store on"
            f" line {cache.unlocked}, where what another thread stored meanwhile stays: around all"
            " that lies between, one thread would wait for the other."
        )
    hold = (
        f"Hold one threading.Lock() around the look-up of {key} and the store on line"
        f" {cache.unlocked}"
    )
    known = cache.pure and cache.makeup.of_arguments and cache.form in OWN
    if known and not (cache.counts or cache.makeup.by_identity):
        own = f"@lru_cache(maxsize=...) on {cache.unlocked_in.rpartition('.')[2]}"
        return f"{hold}, or put {own}: threads can share it."
    return f"{hold}."


def _of_coroutine(path: str, cache: CacheFact) -> Hit:
    harmless = reads_own_store(cache)
    passes = (cache.invalidation or "").startswith("replaced")
    if cache.form is CacheForm.REGISTRY:
        risk = "two requests for one key make one twice"
    elif harmless and cache.set_in:
        risk = f"it can overwrite a newer value, which {cache.set_in} stored meanwhile"
    else:
        risk = "two requests for one key fetch it twice"
    return Hit(
        path=path,
        place=cache.place,
        severity=Severity.LOW,
        confidence=Confidence.LOW
        if (harmless or passes) and not cache.set_in
        else Confidence.MEDIUM,
        message=f"{cache.unlocked_in} looks up {cache.name}, awaits, and then stores: {risk}",
        remedy=_remedy_of_coroutine(cache, overwrites=harmless and bool(cache.set_in)),
        related=_related(path, cache),
    )


def _remedy_of_coroutine(cache: CacheFact, *, overwrites: bool) -> str:
    key = cache.keys or "the key"
    if overwrites:
        return (
            f"Store with {container_of(cache)}.setdefault({key}, ...) after the await: what"
            f" {cache.set_in} stored meanwhile stays."
        )
    return (
        f"Keep the task that makes it under {key} before it is awaited, let others await that, and"
        " drop it if it fails; or hold an asyncio.Lock() of that key from the look-up to the store"
        f" on line {cache.unlocked}."
    )


def _related(path: str, cache: CacheFact) -> tuple[Related, ...]:
    store = Related(path, cache.unlocked, f"{cache.name} is stored into here")
    if cache.looked_up in (0, cache.unlocked):
        return (store,)
    return (Related(path, cache.looked_up, f"{cache.name} is looked up here"), store)


RULE = Rule(
    code="EXA307",
    name="unlocked-shared-cache",
    family=Family.CACHES,
    summary="look-up then store without a lock where threads or requests meet",
    severity="low",
    options=Options,
    check=check,
)
