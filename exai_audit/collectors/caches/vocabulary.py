"""The vocabulary of caches: which names speak of one, and of what kind."""

from __future__ import annotations

import re

from exai_audit.collectors.caches.key_words import name_words

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
# What a class is called that keeps a cache: ``CacheStore``, ``CacheManager``.
_KEEPERS = frozenset({
    "backend", "client", "db", "dict", "handler", "impl", "layer", "manager", "map", "provider",
    "region", "repository", "service", "storage", "store", "table", "base", "memory", "redis",
    "file", "disk", "local",
})  # fmt: skip
_BEFORE = frozenset({"is", "has", "no", "use", "uses", "using", "enable", "disable", "should"})
_LIVE = frozenset({
    "breaker", "bulkhead", "client", "clients", "condition", "conn", "connection", "connections",
    "breakers", "engine", "engines", "executor", "executors", "limiter", "limiters", "lock",
    "locks", "mutex", "rlock", "semaphore", "semaphores", "session", "sessions", "sessionmaker",
    "websocket",
})  # fmt: skip
_CONNECTIONS = frozenset({
    "client", "clients", "conn", "connect", "connection", "connections", "engine", "session",
    "sessions", "socket", "websocket",
})  # fmt: skip
_PASSING = frozenset({
    "conn", "connection", "cursor", "db", "db_session", "req", "request", "session", "websocket",
})  # fmt: skip
_LOCKS = frozenset({"lock", "locks", "mutex", "mutexes", "rlock", "semaphore", "synchronized"})
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
CLOCK_NAMES = frozenset(name.rpartition(".")[2] for name in _CLOCKS)
# Objects of classes called so live as long as the service.
_LONG_LIVED = frozenset({
    "agent", "app", "application", "backend", "bot", "broker", "client", "connector", "controller",
    "daemon", "dispatcher", "engine", "gateway", "hub", "manager", "middleware", "node", "pool",
    "provider", "proxy", "registry", "repository", "router", "scheduler", "server", "service",
    "singleton", "storage", "store", "supervisor", "worker",
})  # fmt: skip
# Bases of classes of which a framework has one object from its start on (discord.py, Django).
_PLUGGED_IN = frozenset({"Cog", "GroupCog", "MiddlewareMixin"})
_ENOUGH = re.compile(
    r"(?i)\b(bound(ed)?|unbounded|(?<!rate[ -])limit(ed)?|grows?|finite|never evict\w*|leaks?"
    r"|intentional(ly)?|deliberate(ly)?|on purpose)\b"
)
_FOR_GOOD = re.compile(
    r"(?i)(?<!not )\b(immutable|content[- ]address(ed|able)"
    r"|(without|needs? no|has no|have no) (an? )?(ttl|expiry|expiration)"
    r"|never (changes?|expires?|go(es)? stale)"
    r"|(do(es)? not|don't|doesn't|cannot) (change|expire)"
    r"|(lifetime|life) of (the|this) (python )?process|once (per|a) (process|run))\b"
)
_DOUBLE = re.compile(
    r"(?i)\b(dummy|fake|mock|stub|in[- ]memory)\b[^.]*\b(for|in|by) (\w+ )?(tests|testing)\b"
)
# A function called so empties something, when someone calls it.
_EMPTYING = frozenset({
    "checkcache", "clean", "cleanup", "clear", "clearcache", "discard", "drop", "empty", "evict",
    "expire", "flush", "forget", "gc", "invalidate", "prune", "purge", "refresh", "reload",
    "remove", "reset", "sweep", "trim", "uncache", "unload", "wipe",
})  # fmt: skip


def is_cache_name(name: str) -> bool:
    """Tell whether a variable's name says that it is a cache (``_type_cache``, ``memo``)."""
    parts = name_words(name)
    at = next((i for i, word in enumerate(parts) if word in _CACHE), None)
    if at is None or _BEFORE & set(parts[:at]):
        return False
    after = parts[at + 1 :]
    return not _ABOUT & set(after[: after.index("by")] if "by" in after else after)


def is_cache_class(name: str) -> bool:
    """Tell whether a class is called Cache last, or first and a keeper of one after that."""
    parts = name_words(name)
    if not parts or parts[-1] == "cache":
        return bool(parts)
    return parts[0] == "cache" and set(parts[1:]) <= _KEEPERS


def names_a_store(name: str) -> bool:
    """Tell whether a class's name has the word Cache and no word for what is only about one."""
    return (
        "cache" in name_words(name) and is_cache_name(name) and not _PARTS & set(name_words(name))
    )


def is_live(*names: str) -> bool:
    """Tell whether a name speaks of live objects: locks, sessions, clients, breakers."""
    return bool(_LIVE & set(name_words(*names)))


def is_lock(*names: str) -> bool:
    """Tell whether a name speaks of a lock."""
    return bool(_LOCKS & set(name_words(*names)))


def is_connection(name: str) -> bool:
    """Tell whether what a function or class is called says that it makes a connection."""
    return bool(_CONNECTIONS & set(name_words(name)[-1:]))


def says_locked(name: str) -> bool:
    """Tell whether a function's name says that its caller holds the lock: ``_load_locked``."""
    return bool({"locked", "unlocked", "nolock"} & set(name_words(name)))


def names_expiry(name: str) -> bool:
    """Tell whether a name speaks of how long something stays valid."""
    parts = name_words(name)
    return bool(_EXPIRY & set(parts)) or ("max" in parts and "age" in parts)


def is_expiry(name: str) -> bool:
    """Tell whether a parameter's name gives a lifetime."""
    return bool({"ttl", "expire", "expires", "expiry", "expiration"} & set(name_words(name))) or (
        "max" in name_words(name) and "age" in name_words(name)
    )


def names_lifetime(name: str) -> bool:
    """Tell whether what a caching decorator is given under a name says how long results hold."""
    return is_expiry(name) or bool({"timeout", "lifetime", "duration"} & set(name_words(name)))


def is_size(name: str) -> bool:
    """Tell whether a name speaks of how many entries there may be."""
    return bool(_SIZES & set(name_words(name)))


def is_clock(qualified: str) -> bool:
    """Tell whether a call reads the clock."""
    return qualified in _CLOCKS


def is_mapping(qualified: str) -> bool:
    """Tell whether a class is one of the mappings of the language."""
    return qualified.rpartition(".")[2] in _MAPPINGS


def empties(name: str) -> bool:
    """Tell whether a function's name says that it empties something."""
    return bool(_EMPTYING & set(name_words(name)))


def surely_called(name: str) -> bool:
    """Tell whether a function is called by code that is not seen: public, and named in general."""
    if name.startswith("__") or not empties(name):
        return True
    return not name.startswith("_") and not names_cache(name)


def is_double(name: str) -> bool:
    """Tell whether a class stands in for another: ``FakeCache``, ``MyMock``, ``NullCache``."""
    parts = name_words(name)
    first = {"dummy", "noop", "null", "stub"} & set(parts[:1])
    return bool(first or {"fake", "mock"} & set(parts))


def says_double(docstring: str) -> bool:
    """Tell whether a class says of itself that it stands in for another in tests."""
    return bool(_DOUBLE.search(docstring))


def registers(name: str) -> bool:
    """Tell whether a function's name says that it registers a part of the program."""
    return name_words(name)[:1] == ("register",)


def names_cache(name: str) -> bool:
    """Tell whether one of a name's words is about caches."""
    return any(
        word.startswith(("cache", "memo")) or word == "clearcache" for word in name_words(name)
    )


def is_passing(name: str) -> bool:
    """Tell whether what is called so ends long before the process: a request, a session."""
    return name.lstrip("_") in _PASSING


def is_plugged_in(base: str) -> bool:
    """Tell whether a framework makes one object of each class that has this base."""
    return base in _PLUGGED_IN


def is_long_lived(name: str) -> bool:
    """Tell whether a class's last word says that its objects live as long as the service."""
    return bool(_LONG_LIVED & set(name_words(name)[-1:]))


def excuses_growth(comment: str) -> bool:
    """Tell whether a comment shows that somebody thought of how large a cache can become."""
    return bool(_ENOUGH.search(comment))


def excuses_age(text: str) -> bool:
    """Tell whether a comment or docstring says that what is kept holds for good."""
    return bool(_FOR_GOOD.search(text))
