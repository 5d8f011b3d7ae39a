"""The cache table, and one strategy where caches are fragmented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Origin
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Family, Finding
from exai_audit.project.caches import is_single, strategic_caches
from exai_audit.project.project import Project
from exai_audit.results.result import CacheRow, CacheStrategy, SharedStore

_FRAGMENTATION = "EXA305"
_OF_BLOCKS = frozenset({"EXA301", "EXA304"})  # their related places are caches of one pattern
_CODE = re.compile(r"EXA3\d\d\b")
_Spot = tuple[str, int]


class _Kind(Enum):
    """What a store must be able to do."""

    PURE = "pure"
    PROCESS = "process"
    COROUTINE = "coroutine"
    DISK = "disk"
    SHARED = "shared"


class _Library(Struct, frozen=True):
    """A library that has a store of one kind: its import name, its distribution, its store."""

    module: str
    distribution: str
    store: str


_LIBRARIES: Mapping[_Kind, tuple[_Library, ...]] = {
    _Kind.PURE: (
        _Library("functools", "the standard library", "functools.lru_cache(maxsize=...)"),
    ),
    _Kind.PROCESS: (
        _Library("cachetools", "cachetools", "cachetools.TTLCache(maxsize=..., ttl=...)"),
    ),
    _Kind.COROUTINE: (
        _Library("async_lru", "async-lru", "async_lru.alru_cache(maxsize=..., ttl=...)"),
        _Library("aiocache", "aiocache", "aiocache.cached(ttl=...)"),
    ),
    _Kind.DISK: (
        _Library("diskcache", "diskcache", "diskcache.Cache(directory, size_limit=...)"),
        _Library("joblib", "joblib", "joblib.Memory(directory).cache"),
    ),
    _Kind.SHARED: (
        _Library("redis", "redis", "redis.Redis().set(key, value, ex=...)"),
        _Library("django", "Django", "django.core.cache.cache.set(key, value, timeout=...)"),
        _Library("dogpile", "dogpile.cache", "dogpile.cache.make_region(expiration_time=...)"),
        _Library("aiocache", "aiocache", "aiocache.RedisCache(ttl=...)"),
        _Library("pymemcache", "pymemcache", "pymemcache.Client.set(key, value, expire=...)"),
    ),
}
_REASONS = {
    _Kind.PURE: "their results follow from the keys alone: a bound is enough, nothing goes stale",
    _Kind.PROCESS: "one process, ordinary calls: one kind of store with a size and a lifetime",
    _Kind.COROUTINE: "their results are awaited: the store must keep the result, not the coroutine",
    _Kind.DISK: "they are to survive a restart",
    _Kind.SHARED: "several processes read them",
}


def cache_table(judged: Sequence[FileFacts], findings: Iterable[Finding]) -> tuple[CacheRow, ...]:
    """Return one row per cache of results, in the order of the files.

    Registries of live objects are listed where something is wrong with them; what keeps a single
    value is not.

    Args:
        findings: the active ones; those about a cache are its verdict.
    """
    verdicts = _verdicts(findings)
    rows = []
    for file in judged:
        for cache in file.caches.found:
            verdict = _verdict(file.path, cache, verdicts)
            if _is_listed(cache, verdict):
                rows.append(_row(file.path, cache, verdict))
    return tuple(rows)


def _verdicts(findings: Iterable[Finding]) -> dict[_Spot, set[str]]:
    found: dict[_Spot, set[str]] = {}
    for finding in findings:
        if finding.family is Family.CACHES and not finding.project_wide:
            here = [r.message for r in finding.related if r.line == finding.line]
            codes = {m[0] for message in here if (m := _CODE.match(message))}
            found.setdefault((finding.path, finding.line), set()).update({finding.code, *codes})
            for other in finding.related if finding.code in _OF_BLOCKS else ():
                if not _CODE.match(other.message):
                    found.setdefault((other.path, other.line), set()).add(finding.code)
    return found


def _verdict(path: str, cache: CacheFact, verdicts: Mapping[_Spot, set[str]]) -> str:
    spots = [cache.place, cache.grows or cache.place]
    codes = {code for s in spots for code in verdicts.get((path, s.span.line), ())}
    return ", ".join(sorted(codes)) or "ok"


def _is_listed(cache: CacheFact, verdict: str) -> bool:
    if cache.form is CacheForm.CACHED_PROPERTY or is_single(cache):
        return verdict != "ok"
    return cache.form is not CacheForm.REGISTRY or verdict != "ok"


def _row(path: str, cache: CacheFact, verdict: str) -> CacheRow:
    return CacheRow(
        path=path,
        line=cache.place.span.line,
        symbol=cache.place.symbol,
        name=cache.name,
        keys=cache.keys,
        form=cache.form.value,
        layer=cache.layer.value,
        bound=cache.bound,
        expiry=cache.expiry,
        invalidation=cache.invalidation,
        lock=cache.lock,
        verdict=verdict,
    )


def cache_strategy(project: Project, findings: Iterable[Finding]) -> CacheStrategy | None:
    """Return the single strategy that fragmented caches could have, None where they are not.

    Of the libraries that have a fitting store, one that the code imports already is named first.
    """
    if not any(finding.code == _FRAGMENTATION for finding in findings):
        return None
    sites = [(facts.path, cache) for facts, cache in strategic_caches(project)]
    imported = {
        name.partition(".")[0] for facts in project.judged_files() for name in facts.imports
    }
    by_kind: dict[_Kind, list[tuple[str, CacheFact]]] = {}
    for path, cache in sites:
        if cache.layer is not Layer.SEMANTIC:
            by_kind.setdefault(_kind(cache), []).append((path, cache))
    return CacheStrategy(
        caches=len(sites),
        files=len({path for path, _ in sites}),
        stores=tuple(_store(k, by_kind[k], imported) for k in _Kind if k in by_kind),
        apart=tuple(_apart(sites)),
    )


def _kind(cache: CacheFact) -> _Kind:
    if cache.layer is Layer.DISTRIBUTED:
        return _Kind.SHARED
    if cache.layer is Layer.FILE and cache.form in (CacheForm.CLASS, CacheForm.LIBRARY_STORE):
        return _Kind.DISK
    if cache.on_coroutine or cache.origin is Origin.AWAITED:
        return _Kind.COROUTINE
    computes = cache.form is not CacheForm.CLASS and cache.pure and cache.expiry is None
    return _Kind.PURE if computes and cache.invalidation is None else _Kind.PROCESS


def _store(kind: _Kind, sites: Sequence[tuple[str, CacheFact]], imported: set[str]) -> SharedStore:
    known = _LIBRARIES[kind]
    library = next((one for one in known if one.module in imported), known[0])
    layers = [layer.value for layer in Layer if any(c.layer is layer for _, c in sites)]
    return SharedStore(
        layers=tuple(layers),
        store=library.store,
        library=library.distribution,
        imported=library.module in imported,
        caches=len(sites),
        reason=_REASONS[kind],
        bounds=tuple(_bounds(sites)),
        expiries=tuple(_expiries(sites)),
    )


def _bounds(sites: Iterable[tuple[str, CacheFact]]) -> Iterator[str]:
    for path, cache in sites:
        if cache.bound is None:
            keys = cache.keys or "keys"
            yield f"{_named(path, cache)}: how many distinct {keys} are in use at a time?"


def _expiries(sites: Iterable[tuple[str, CacheFact]]) -> Iterator[str]:
    for path, cache in sites:
        if cache.expiry is None and (cache.origin or cache.form is CacheForm.CLASS):
            what = f"what comes from {cache.source}" if cache.source else "an entry"
            yield f"{_named(path, cache)}: how long may {what} be out of date?"


def _apart(sites: Iterable[tuple[str, CacheFact]]) -> Iterator[str]:
    for path, cache in sites:
        if cache.layer is Layer.SEMANTIC:
            yield f"{_named(path, cache)}: found by likeness, not by an equal key"


def _named(path: str, cache: CacheFact) -> str:
    return f"{cache.name} ({path}:{cache.place.span.line})"
