"""Which names are names of a limit, what unit they carry, and what kind of work they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from exai_audit.facts.timeouts import Category

LIMIT_WORD = re.compile(r"(?i)timeout|deadline|max_*wait")
"""Is found in every identifier that is the name of a limit, and in some that are not."""
_STEM = re.compile(
    r"_?timeouts?(?:_(?:config|settings|policy|defaults|constants))?"
    r"|(?:config|settings|policy|defaults|constants)_timeouts?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEY = re.compile(r"-{0,2}[A-Za-z_][\w.:/\-]*\Z")
_LIMITS = frozenset({"timeout", "timeouts", "deadline"})
_TAKES_AWAY_AFTER = frozenset({
    "tolerance", "threshold", "ceil", "factor", "ratio", "multiplier", "jitter", "count", "counter",
    "total", "rate", "stats", "retries", "retry", "callback", "handler", "hook", "watchdog",
    "event", "future", "task", "error", "exception", "type", "class", "message", "msg", "status",
    "code", "elapsed", "reached", "expired", "enabled",
    # seen in real code beside the list of the design
    "attempt", "backoff", "buffer", "check", "exit", "handle", "id", "key", "log", "margin", "num",
    "percent", "returncode", "scale", "signal", "step", "tries", "warning", "weight",
})  # fmt: skip
_TAKES_AWAY_BEFORE = frozenset({"is", "has", "can", "on", "raise", "enforce", "record"})
# How many timeouts there were, how long a cache or token is good: numbers, but no limits.
_COUNTED_BEFORE = frozenset({"num", "number", "count", "n", "cache", "caching", "token"})
_SCALES = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "milli": 1e-3, "millis": 1e-3,
    "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "usec": 1e-6, "micros": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nanos": 1e-9, "nanoseconds": 1e-9,
    "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "day": 86400.0, "days": 86400.0,
}  # fmt: skip
# Also words of another sense: "us", nanoseconds nobody waits for, days of a calendar.
_UNSURE_UNITS = frozenset({"us", "ns", "day", "days", "second", "minute", "hour"})
_MORE_SCALES = {"min": 60.0, "week": 604800.0, "weeks": 604800.0}
_NO_AMOUNTS = frozenset({"s", "us", "ns"})
_NUMERALS = {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "twelve": 12.0, "fifteen": 15.0, "twenty": 20.0,
    "thirty": 30.0, "sixty": 60.0, "ninety": 90.0,
}  # fmt: skip
# How long SQLite waits for a lock is counted so by itself and by all that wrap it.
_IN_MILLISECONDS = frozenset({("busy", "timeout")})
_LONE_UNITS = frozenset({"ms", "millis", "milliseconds", "seconds", "secs"})

_SPEAKS_OF: tuple[tuple[Category, frozenset[str]], ...] = (
    (Category.WEBSOCKET, frozenset({"websocket", "websockets", "ws", "ping", "pong"})),
    (Category.DATABASE, frozenset({
        "database", "databases", "db", "sql", "sqlite", "sqlite3", "postgres", "postgresql", "pg",
        "psycopg", "psycopg2", "asyncpg", "mysql", "pymysql", "aiomysql", "mongo", "mongodb",
        "pymongo", "redis", "sqlalchemy", "cassandra", "statement", "query",
    })),
    (Category.HTTP_API, frozenset({
        "http", "https", "api", "rest", "url", "urlopen", "urllib", "urllib3", "httpx", "aiohttp",
        "requests", "webhook", "graphql", "fetch", "download", "upload", "openai", "anthropic",
        "llm", "endpoint",
    })),
    (Category.SUBPROCESS, frozenset({
        "subprocess", "process", "popen", "proc", "command", "cmd", "shell", "child", "exec",
    })),
    (Category.TOOL_EXECUTION, frozenset({"tool", "tools"})),
    (Category.LOCK_OR_QUEUE, frozenset({
        "lock", "locks", "rlock", "queue", "semaphore", "acquire", "mutex", "condition", "barrier",
    })),
)  # fmt: skip
_COOLDOWN = frozenset({"breaker", "circuit", "cooldown", "recovery"})
_ASYNC_ROOTS = frozenset({"asyncio", "anyio", "trio", "async_timeout"})


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Split an identifier, key or path into its words, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=16384)
def is_timeout_like(name: str) -> bool:
    """Tell whether an identifier or key is the name of a limit on waiting."""
    return _may_speak_of_one(name) and _timeout_like(words(name))


def is_timeout_key(text: str) -> bool:
    """Tell whether a string is a key or option with such a name, not a sentence about one."""
    if not _may_speak_of_one(text) or _KEY.match(text) is None:
        return False
    return _timeout_like(words(text))


def _may_speak_of_one(text: str) -> bool:
    """Tell at a tenth of the price what most texts and names are not."""
    lowered = text.lower()
    return "timeout" in lowered or "deadline" in lowered or "wait" in lowered


def names_limits(path: str) -> bool:
    """Tell whether a file's name says that it holds limits: ``timeouts.py``, ``_timeouts.py``."""
    stem = path.rpartition("/")[2].partition(".")[0].lower()
    return _STEM.fullmatch(stem) is not None


def is_plural(name: str) -> bool:
    """Tell whether the name speaks of several limits: a plain number under it is a count."""
    return "timeouts" in words(name)


@lru_cache(maxsize=4096)
def _timeout_like(parts: tuple[str, ...]) -> bool:
    at = _limit_word(parts)
    if at is None:
        return False
    before, after = parts[:at], parts[at + 1 :]
    if any(word in _TAKES_AWAY_AFTER or word.rstrip("s") in _TAKES_AWAY_AFTER for word in after):
        return False
    return not set(before) & (_TAKES_AWAY_BEFORE | _COUNTED_BEFORE)


def _limit_word(parts: tuple[str, ...]) -> int | None:
    """Return where the word stands that makes the name one of a limit."""
    for index, word in enumerate(parts):
        if word in _LIMITS:
            return index
        if parts[index : index + 2] == ("max", "wait") and set(parts[index + 2 :]) & set(_SCALES):
            return index + 1
    return None


def stated_scale(name: str) -> float | None:
    """Return how many seconds a number under this name counts in, None where the name is silent.

    A name that says an amount beside the unit (``FIVE_MINUTES``) gives the value, not its unit.
    """
    if named_amount(name) is not None:
        return None
    parts = words(name)
    if parts[-2:] in _IN_MILLISECONDS:
        return 1e-3
    at = _limit_word(parts)
    after = parts[at + 1 :] if at is not None else parts
    if "min" in after:  # minutes or minimum
        return None
    return next((_SCALES[word] for word in after if word in _SCALES), None)


def named_unit(name: str) -> float | None:
    """Return how many seconds the unit is that a name ends with, None where it ends with none."""
    parts = words(name)
    if len(parts) < 2 and not (parts and parts[0] in _LONE_UNITS):
        return None
    if parts[-1] in _UNSURE_UNITS or named_amount(name) is not None:
        return None
    return _SCALES.get(parts[-1])


@lru_cache(maxsize=4096)
def named_amount(name: str) -> tuple[float, float] | None:
    """Return the amount and the seconds of its unit that a name says: ``CACHE_50_MINUTES``."""
    parts = words(name)
    for amount, unit in pairwise(parts):
        number = float(amount) if amount.isdecimal() else _NUMERALS.get(amount)
        scale = _SCALES.get(unit, _MORE_SCALES.get(unit))
        if number and scale is not None and unit not in _NO_AMOUNTS:
            return number, scale
    return None


def unit_scale(unit: str) -> float:
    """Return how many seconds one unit of the knowledge table is."""
    return _SCALES[unit]


def category_of(
    operation: str, names: Iterable[str], symbol: str, path: str, *, is_async: bool, cooldown: bool
) -> Category:
    """Return the kind of work that a limit bounds: first match on callee, names, symbol, path.

    Args:
        cooldown: whether this may be a circuit breaker's rest rather than a wait by the words of
            what is around it; callee and names say so by themselves.
    """
    for place, texts in enumerate(((operation,), tuple(names), (symbol,), (path,))):
        spoken = frozenset(word for text in texts for word in words(text))
        if (cooldown or place < 2) and _is_cooldown(spoken):
            return Category.CIRCUIT_BREAKER
        for category, vocabulary in _SPEAKS_OF:
            if spoken & vocabulary:
                return category
    if is_async or operation.partition(".")[0] in _ASYNC_ROOTS:
        return Category.GENERAL_ASYNC
    return Category.OTHER


def _is_cooldown(spoken: frozenset[str]) -> bool:
    return bool(spoken & _COOLDOWN) or {"cool", "down"} <= spoken or {"half", "open"} <= spoken
