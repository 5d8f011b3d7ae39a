"""The vocabulary of caches: which names speak of one, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

from exai_audit.facts.caches import Layer

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

_CACHE = frozenset({"cache", "cached", "memo", "memoized"})
# After the word: the name speaks of something about a cache, not of the cache.
_ABOUT = frozenset({
    "age", "ages", "args", "backend", "backends", "class", "classes", "config", "configs",
    "control", "count", "counter", "counters", "counts", "decorator", "dir", "directory", "dirs",
    "enabled", "event", "events", "expiration", "expirations", "expires", "expiry", "factories",
    "factory", "flag", "flags", "handler", "handlers", "header", "headers", "hit", "hits", "hook",
    "hooks", "info", "kwargs", "limit", "limits", "lock", "locks", "meta", "metadata", "metric",
    "metrics", "misses", "option", "options", "params", "path", "paths", "policies", "policy",
    "prefix", "prefixes", "registry", "rules", "setting", "settings", "size", "sizes", "spec",
    "specs", "stat", "statistics", "stats", "status", "tag", "tags", "time", "times", "timestamp",
    "timestamps", "ttl", "ttls", "type", "types", "usage", "version", "versions",
})  # fmt: skip
_BEFORE = frozenset({"is", "has", "no", "use", "uses", "using", "enable", "disable", "should"})
_LIVE = frozenset({
    "breaker", "bulkhead", "client", "clients", "condition", "conn", "connection", "connections",
    "breakers", "engine", "executor", "executors", "limiter", "limiters", "lock", "locks", "mutex",
    "rlock", "semaphore", "semaphores", "session", "sessions", "sessionmaker", "websocket",
})  # fmt: skip
_LOCKS = frozenset({"lock", "locks", "mutex", "rlock", "semaphore", "synchronized"})
_EXPIRY = frozenset({
    "expiration", "expire", "expired", "expires", "expiry", "fresh", "lifetime", "stale", "ttl",
})  # fmt: skip
_LAYERS: tuple[tuple[Layer, frozenset[str]], ...] = (
    (Layer.SEMANTIC, frozenset({"semantic", "embedding", "embeddings", "similarity", "vector"})),
    (Layer.FILE, frozenset({"disk", "diskcache", "file", "files", "joblib", "path", "paths"})),
    (Layer.CONVERSATION, frozenset({"chat", "conversation", "dialogue", "history"})),
    (Layer.ROUTING, frozenset({"route", "router", "routes", "routing"})),
    (Layer.REQUEST, frozenset({"http", "request", "requests", "response", "responses"})),
    (Layer.DISTRIBUTED, frozenset({
        "distributed", "django", "dogpile", "memcache", "memcached", "redis", "valkey",
    })),
)  # fmt: skip


def words(*names: str) -> list[str]:
    """Return the lower-case words of identifiers, dotted or not, in order."""
    return [word.lower() for name in names for word in _WORD.findall(name)]


def is_cache_name(name: str) -> bool:
    """Tell whether a variable's name says that it is a cache (``_type_cache``, ``memo``)."""
    parts = words(name)
    at = next((i for i, word in enumerate(parts) if word in _CACHE), None)
    if at is None or _BEFORE & set(parts[:at]):
        return False
    return not _ABOUT & set(parts[at + 1 :])


def is_cache_class(name: str) -> bool:
    """Tell whether a class's first or last word is Cache."""
    parts = words(name)
    return bool(parts) and "cache" in (parts[0], parts[-1])


def has_cache_word(name: str) -> bool:
    """Tell whether a class's name has the word Cache."""
    return "cache" in words(name)


def is_live(*names: str) -> bool:
    """Tell whether a name speaks of live objects: locks, sessions, clients, breakers."""
    return bool(_LIVE & set(words(*names)))


def is_lock(*names: str) -> bool:
    """Tell whether a name speaks of a lock."""
    return bool(_LOCKS & set(words(*names)))


def speaks_of_expiry(name: str) -> bool:
    """Tell whether a name speaks of how long something stays valid."""
    parts = words(name)
    return bool(_EXPIRY & set(parts)) or ("max" in parts and "age" in parts)


def layer_of(names: Iterable[str]) -> Layer:
    """Return the first layer that a word of the names speaks of."""
    parts = set(words(*names))
    return next((layer for layer, said in _LAYERS if parts & said), Layer.IN_MEMORY)
