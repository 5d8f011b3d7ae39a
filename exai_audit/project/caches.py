"""Caches as the whole project shows them: counted once, and what other files do with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.caches import (
    CacheFact,
    CacheFacts,
    CacheForm,
    ForeignUse,
    Layer,
    Lifetime,
    Openness,
    Origin,
)
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.layers import own_layer, words
from exai_audit.project.cache_lives import Surroundings
from exai_audit.project.cache_remedies import FUNCTOOLS
from exai_audit.project.project import Project

_ELSEWHERE = frozenset({Origin.NETWORK, Origin.AWAITED})
_CONFIGURED = "django.core.cache."
_DEFAULTING = "collections.defaultdict"
_OPENNESS = (Openness.UNSAID, Openness.OPEN, Openness.ASKED)
_CACHE_PACKAGES = frozenset({"cache", "caches", "caching", "cachelib"})
_FEWEST_SHARED = 2
OwnLayers = Callable[[str], Iterable[tuple[Layer, tuple[str, ...]]]]
_CONTAINERS = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM})
_NO_RESULTS = frozenset({CacheForm.REGISTRY, CacheForm.CACHED_PROPERTY})
OWN = frozenset({CacheForm.CONTAINER, CacheForm.MEMO_IDIOM, CacheForm.CLASS})
"""The forms in which the code keeps results by itself, without a library."""


def with_project_caches(
    files: Sequence[FileFacts],
    own_layers: OwnLayers,
    tests: Collection[str] = (),
) -> tuple[FileFacts, ...]:
    """Return the files with what only the whole project shows about their caches.

    An object of a cache class of the project is a reference to that class, no second cache, and so
    is each further use of a cache that is set up by configuration. What another file clears is
    invalidated, by a test only for tests. Words of the user's own decide about layers first.

    Args:
        own_layers: returns those words for a path.
        tests: the paths of the files that are tests.
    """
    return _Completing(files, own_layers, tests).files()


class _Completing:
    def __init__(
        self,
        files: Sequence[FileFacts],
        own_layers: OwnLayers,
        tests: Collection[str],
    ) -> None:
        self._files = files
        self._layers = own_layers
        self._tests = tests
        found = [fact for file in files for fact in file.caches.found]
        working = [file for file in files if file.path not in tests]
        self._classes = {fact.name for fact in found if fact.form is CacheForm.CLASS}
        self._clearing = _Clearing.of(working)
        self._clearing_tests = _Clearing.of(files)
        self._around = Surroundings(working)
        self._decorators = {d.name: d for file in files for d in file.caches.decorators}
        self._configured: set[str] = set()
        self._foreign: dict[str, list[ForeignUse]] = defaultdict(list)
        self._reads: dict[str, list[tuple[str, ForeignUse]]] = defaultdict(list)
        for file in working:
            for use in file.caches.foreign:
                name = self._around.real(use.name)
                self._foreign[name].append(use)
                if use.reads:
                    self._reads[name].append((file.path, use))

    def files(self) -> tuple[FileFacts, ...]:
        return tuple(
            replace(file, caches=self._counted(file))
            if file.caches.found or file.caches.unfilled
            else file
            for file in self._files
        )

    def _counted(self, file: FileFacts) -> CacheFacts:
        found = list(self._filled_elsewhere(file))
        for fact in file.caches.found:
            again = fact.callable in self._configured
            if fact.callable.startswith(_CONFIGURED):
                self._configured.add(fact.callable)
            if not again and not _refers(fact, self._classes):
                found.append(self._seen(fact, file))
        found.sort(key=lambda fact: (fact.place.span, fact.name))
        return replace(file.caches, found=tuple(found))

    def _filled_elsewhere(self, file: FileFacts) -> Iterator[CacheFact]:
        """Yield the containers of a file that others make caches, and that none of them limits."""
        for fact in file.caches.unfilled:
            grown = self._grown_on_read(fact, file)
            if grown is not None:
                yield self._around.completed(grown, file, used=True)
                continue
            uses = self._foreign.get(f"{file.module}.{fact.name}", [])
            asked = any(use.looks_up for use in uses)
            if not asked or not any(use.stores for use in uses) or any(u.limits for u in uses):
                continue
            most = max((use.openness for use in uses), key=_OPENNESS.index)
            if fact.form is CacheForm.REGISTRY and most is not Openness.ASKED:
                continue
            keys = next((use.keys for use in uses if use.stores and use.keys), fact.keys)
            seen = replace(fact, keys=keys, fixed_keys=False, openness=most, shared=False)
            yield self._around.completed(seen, file, used=True)

    def _grown_on_read(self, fact: CacheFact, file: FileFacts) -> CacheFact | None:
        """Return a default dictionary with where another file adds to it by reading it."""
        name = f"{file.module}.{fact.name}"
        reads = self._reads.get(name, ())
        limited = any(use.limits for use in self._foreign.get(name, ()))
        if fact.callable != _DEFAULTING or not reads or limited:
            return None
        path, read = reads[0]
        return replace(
            fact,
            form=CacheForm.REGISTRY,
            callable="",
            keys=read.keys,
            openness=read.openness,
            fixed_keys=False,
            shared=False,
            grows_on_read=read.reads,
            grows_in=path,
        )

    def _seen(self, fact: CacheFact, file: FileFacts) -> CacheFact:
        tested = self._clearing_tests.applied(fact)
        seen = tested if file.path in self._tests else self._clearing.applied(fact)
        names = [fact.callable, fact.name, fact.place.symbol]
        own = self._decorators.get(self._around.real(fact.callable))
        expiry = seen.expiry or (own.expiry if own is not None else None)
        seen = replace(
            seen,
            layer=own_layer(names, dict(self._layers(file.path))) or fact.layer,
            tested_only=tested.emptied and not seen.emptied,
            expiry=expiry,
            sweeps=fact.sweeps or (own is not None and expiry is not None),
        )
        return self._around.completed(seen, file)


class _Clearing(Struct, frozen=True):
    """The functions whose caches some files clear, and those that they call to empty a cache."""

    cleared: frozenset[str]
    emptying: frozenset[str]

    @classmethod
    def of(cls, files: Sequence[FileFacts]) -> _Clearing:
        return cls(
            frozenset(name for file in files for name in file.caches.cleared),
            frozenset(name for file in files for name in file.caches.emptying),
        )

    def applied(self, fact: CacheFact) -> CacheFact:
        if fact.form is CacheForm.DECORATOR and fact.name in self.cleared:
            return replace(fact, invalidation="cache_clear", emptied=True)
        if self.emptying.intersection(fact.removers):
            return replace(fact, emptied=True)
        return fact


def _refers(fact: CacheFact, classes: set[str]) -> bool:
    return fact.form is CacheForm.LIBRARY_STORE and fact.callable.rpartition(".")[2] in classes


def result_caches(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    """Yield the caches of results in the judged files: neither registries nor single values."""
    for facts in project.judged_files():
        for cache in facts.caches.found:
            if cache.form not in _NO_RESULTS and not is_single(cache) and not cache.elsewhere:
                yield facts, cache


def implementations(
    caches: Iterable[tuple[FileFacts, CacheFact]],
) -> Iterator[tuple[FileFacts, CacheFact, tuple[CacheFact, ...]]]:
    """Yield the caches, the first of those that one function of a class empties with the others."""
    groups: list[tuple[FileFacts, list[CacheFact]]] = []
    for facts, cache in caches:
        for of, together in groups:
            if of.path == facts.path and any(_go_together(cache, one) for one in together):
                together.append(cache)
                break
        else:
            groups.append((facts, [cache]))
    for facts, together in groups:
        yield facts, together[0], tuple(together[1:])


def _go_together(one: CacheFact, other: CacheFact) -> bool:
    """Tell whether a function of the class that holds both containers empties both."""
    return (
        one.owner == other.owner != ""
        and {one.form, other.form} <= _CONTAINERS
        and not set(one.removed_in).isdisjoint(other.removed_in)
    )


def is_single(cache: CacheFact) -> bool:
    """Tell whether a decorated function takes nothing: it keeps one value, not one by key."""
    return cache.form is CacheForm.DECORATOR and cache.parameters == 0


def keeps_one(cache: CacheFact) -> bool:
    """Tell whether there is room for one entry only."""
    return cache.bound is not None and cache.bound.endswith("=1")


def passes_with_its_object(cache: CacheFact) -> bool:
    """Tell whether it goes with an object of which nothing shows that it stays."""
    return cache.lifetime is Lifetime.INSTANCE and not (cache.long_lived or cache.part)


def keeps_spent_coroutines(cache: CacheFact) -> bool:
    """Tell whether functools keep coroutines, which are awaited once only: EXA303 speaks."""
    return cache.on_coroutine and cache.callable in FUNCTOOLS


def strategic_caches(project: Project) -> Iterator[tuple[FileFacts, CacheFact]]:
    """Yield the caches that one strategy could rule.

    What only remembers what the process can compute again needs none. Nor does an unnamed
    dictionary of a single object. Classes with a common base that is a cache are one. What the
    project's cache package defines is the strategy that it has.
    """
    families: set[str] = set()
    layer = _shared_layer(project)
    for facts, cache in result_caches(project):
        of_object = cache.form is CacheForm.MEMO_IDIOM and cache.lifetime is Lifetime.INSTANCE
        family = _family(cache)
        if of_object or _is_memory(cache) or family in families or _is_of(layer, facts, cache):
            continue
        if family is not None:
            families.add(family)
        yield facts, cache


def _shared_layer(project: Project) -> str:
    """Return the dotted package, or module, for caches that most caches are in; empty without one.

    It is named so, and holds two cache classes, decorators or stores or more.
    """
    held = Counter(
        name
        for facts, cache in result_caches(project)
        if (name := _cache_package(facts.module)) and not _is_memory(cache)
    )
    most = min(held, key=lambda name: (-held[name], name), default="")
    return most if held[most] >= _FEWEST_SHARED else ""


def _cache_package(module: str) -> str:
    parts = module.split(".")
    at = next((i for i, part in enumerate(parts) if part.strip("_") in _CACHE_PACKAGES), None)
    return "" if at is None else ".".join(parts[: at + 1])


def _is_of(layer: str, facts: FileFacts, cache: CacheFact) -> bool:
    """Tell whether a cache is defined in the shared layer, or made of what that defines."""
    if not layer:
        return False
    return any(f"{name}.".startswith(f"{layer}.") for name in (facts.module, cache.callable))


def _is_memory(cache: CacheFact) -> bool:
    """Tell whether a cache only remembers what the process itself can compute again."""
    return (
        cache.form in (CacheForm.DECORATOR, CacheForm.MEMO_IDIOM, CacheForm.CONTAINER)
        and cache.origin not in _ELSEWHERE
        and not cache.expiry
        and not cache.bookkeeping
    )


def _family(cache: CacheFact) -> str | None:
    """Return the cache class that a class inherits from, else the class itself."""
    if cache.form is not CacheForm.CLASS:
        return None
    bases = (base for base in cache.callable.split(", ") if "cache" in words(base))
    return next(bases, cache.name)
