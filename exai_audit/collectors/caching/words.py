"""The vocabulary of caches: which names speak of one, and of what kind."""

from __future__ import annotations

from exai_audit.knowledge.layers import words

_CACHE = frozenset({"cache", "cached", "memo", "memoized"})
# After the word: the name speaks of something about a cache, not of the cache.
_ABOUT = frozenset({
    "age", "ages", "args", "backend", "backends", "class", "classes", "config", "configs",
    "control", "count", "counter", "counters", "counts", "decorator", "dir", "directory", "dirs",
    "enabled", "event", "events", "expiration", "expirations", "expires", "expiry", "factories",
    "factory", "flag", "flags", "handler", "handlers", "header", "headers", "hit", "hits", "hook",
    "hooks", "info", "key", "keys", "kwargs", "limit", "limits", "lock", "locks", "meta",
    "metadata", "metric",
    "metrics", "misses", "option", "options", "params", "path", "paths", "policies", "policy",
    "prefix", "prefixes", "registry", "rules", "setting", "settings", "size", "sizes", "spec",
    "specs", "stat", "statistics", "stats", "status", "tag", "tags", "time", "times", "timestamp",
    "timestamps", "ttl", "ttls", "type", "types", "usage", "version", "versions",
})  # fmt: skip
_PARTS = frozenset({
    "entry", "entries", "error", "item", "items", "miss", "middleware", "manager", "result",
    "results", "exception", "warning", "mixin", "operation", "request", "response",
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
_MAPPINGS = frozenset({
    "dict", "OrderedDict", "defaultdict", "UserDict", "MutableMapping", "WeakKeyDictionary",
    "WeakValueDictionary",
})  # fmt: skip
_SIZES = frozenset({
    "capacity", "entries", "items", "keys", "limit", "max", "maxlen", "maxsize", "size",
})  # fmt: skip
_CLOCKS = frozenset({
    "time.time", "time.monotonic", "time.perf_counter", "time.time_ns", "time.monotonic_ns",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today",
    "datetime.datetime.today", "time.localtime", "time.gmtime",
})  # fmt: skip
# A function called so empties something, when someone calls it.
_EMPTYING = frozenset({
    "checkcache", "clean", "cleanup", "clear", "clearcache", "discard", "drop", "empty", "evict",
    "expire", "flush", "forget", "gc", "invalidate", "prune", "purge", "refresh", "reload",
    "remove", "reset", "sweep", "trim", "uncache", "unload", "wipe",
})  # fmt: skip


def is_cache_name(name: str) -> bool:
    """Tell whether a variable's name says that it is a cache (``_type_cache``, ``memo``)."""
    parts = words(name)
    at = next((i for i, word in enumerate(parts) if word in _CACHE), None)
    if at is None or _BEFORE & set(parts[:at]):
        return False
    after = parts[at + 1 :]
    return not _ABOUT & set(after[: after.index("by")] if "by" in after else after)


def is_cache_class(name: str) -> bool:
    """Tell whether a class's first or last word is Cache."""
    parts = words(name)
    return bool(parts) and "cache" in (parts[0], parts[-1])


def names_a_store(name: str) -> bool:
    """Tell whether a class's name has the word Cache and no word for what is only about one."""
    return "cache" in words(name) and is_cache_name(name) and not _PARTS & set(words(name))


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


def is_expiry(name: str) -> bool:
    """Tell whether a parameter's name gives a lifetime."""
    return bool({"ttl", "expire", "expires", "expiry", "expiration"} & set(words(name))) or (
        "max" in words(name) and "age" in words(name)
    )


def is_size(name: str) -> bool:
    """Tell whether a name speaks of how many entries there may be."""
    return bool(_SIZES & set(words(name)))


def is_clock(qualified: str) -> bool:
    """Tell whether a call reads the clock."""
    return qualified in _CLOCKS


def is_mapping(qualified: str) -> bool:
    """Tell whether a class is one of the mappings of the language."""
    return qualified.rpartition(".")[2] in _MAPPINGS


def empties(name: str) -> bool:
    """Tell whether a function's name says that it empties something."""
    return bool(_EMPTYING & set(words(name)))


def surely_called(name: str) -> bool:
    """Tell whether a function is called by code that is not seen: public, and named in general."""
    if name.startswith("__") or not empties(name):
        return True
    return not name.startswith("_") and not says_cache(name)


def says_cache(name: str) -> bool:
    """Tell whether one of a name's words is about caches."""
    return any(word.startswith(("cache", "memo")) or word == "clearcache" for word in words(name))
