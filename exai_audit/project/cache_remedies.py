"""What to write where a cache only grows: by what it keeps, by its keys, and by who empties it."""

from __future__ import annotations

from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime, Origin
from exai_audit.knowledge.layers import words

FUNCTOOLS = frozenset({"functools.cache", "functools.lru_cache"})
_FETCHED = frozenset({Origin.NETWORK, Origin.AWAITED})
_KEPT_FOR_LATER = frozenset({"completed", "done", "finished", "history", "past", "results"})
_FAR_APART = 20  # lines
_ENDS = (
    (frozenset({"token", "tokens"}), "the token is used or has expired"),
    (frozenset({"request"}), "the request is answered"),
    (frozenset({"job", "task"}), "the work has ended and its result is no longer asked for"),
    (frozenset({"session", "sid"}), "the session ends or has been idle for a time"),
    (frozenset({"client", "connection", "websocket", "conn"}), "the connection closes"),
    (frozenset({"message", "msg"}), "the message is dealt with"),
    (
        frozenset({"chat", "conversation", "room", "channel", "guild", "group"}),
        "the conversation ends or has been quiet for a time",
    ),
    (frozenset({"ip"}), "nothing has come from the address for a time"),
    (frozenset({"author", "customer", "tenant"}), "it is deleted"),
    (
        frozenset({"member", "sender", "user", "username"}),
        "the user has gone or has been idle for a time",
    ),
)


def growth_remedy(cache: CacheFact, size: int) -> str:
    """Return what to write so that a cache stops growing.

    Args:
        size: the number of entries to propose where nothing speaks for another.
    """
    if cache.form is CacheForm.DECORATOR:
        return _of_decorator(cache, size)
    if cache.forgotten:
        _, _, method = cache.forgotten.partition(", in ")
        key = cache.keys or "key"
        return f"Take the entry out in {method}, too: {container_of(cache)}.pop({key}, None)."
    live = live_remedy(cache)
    if live:
        return live
    if cache.form is CacheForm.REGISTRY:
        return _of_registry(cache)
    if cache.form is CacheForm.LIBRARY_STORE:
        return f"Give {cache.name} = {cache.callable.rpartition('.')[2]}(...) a size or a lifetime."
    if cache.form is CacheForm.CLASS:
        return (
            f"Give {cache.name} a size, and drop its oldest entry when it is stored into and full."
        )
    return _of_container(cache, size)


def live_remedy(cache: CacheFact) -> str:
    """Return what to do where a bound would drop what is in use, empty for plain results."""
    is_decorated = cache.form is CacheForm.DECORATOR
    name = cache.name if is_decorated else container_of(cache)
    drop = "its entry" if is_decorated else f"{name}.pop({cache.keys or 'key'}, None)"
    if cache.keeps == "lock":
        return (
            f"Keep the locks of {name} in a weakref.WeakValueDictionary: each goes when nobody"
            " holds it. A bound, or removing one that somebody waits for, would make a second lock"
            " for its key."
        )
    if cache.keeps == "event":
        return (
            f"Remove an entry of {name} where its wait ends (finally: {drop}). A bound would drop"
            " what somebody waits for."
        )
    if cache.keeps == "task":
        return (
            f"Remove an entry of {name} when its work is done (add_done_callback: {drop}). A bound"
            " would forget work that still runs."
        )
    if cache.keeps == "connection":
        return (
            f"Close and remove an entry of {name} when it is no longer used. A bound must close"
            " what it drops."
        )
    return ""


def container_of(cache: CacheFact) -> str:
    """Return a container as the code that uses it writes it: ``self._pages``."""
    if cache.lifetime is Lifetime.INSTANCE:
        return f"self.{cache.name}"
    if cache.lifetime is Lifetime.CLASS and cache.owner:
        return f"{cache.owner.rpartition('.')[2]}.{cache.name}"
    return cache.name


def stand_apart(cache: CacheFact) -> bool:
    """Tell whether a look-up and a store are so far apart that one lock would hold up others."""
    return 0 < cache.looked_up < cache.unlocked - _FAR_APART


def end_of(cache: CacheFact) -> str:
    """Return when what a key of a cache stands for has ended, as its names say it."""
    by_name = (set(words(cache.keys)), set(words(cache.name)))
    ends = (end for named in by_name for some, end in _ENDS if not some.isdisjoint(named))
    return next(ends, "what it stands for has ended")


def _of_decorator(cache: CacheFact, size: int) -> str:
    passing, distinct = cache.makeup.passing, cache.keys or "arguments"
    own = cache.name.lstrip("_")
    if passing in ("request", "req"):
        return (
            f"Keep the result on the {passing} itself ({passing}._{own} = ...) and take the"
            f" cache off: a bound would keep {passing}s that have ended, and never find them again."
        )
    if passing:
        return (
            f"Its keys keep each {passing} alive: cache a function of the other arguments that is"
            f" given no {passing}, or keep the result with the {passing}."
        )
    live = live_remedy(cache)
    if live:
        return live
    decorator = cache.callable.rpartition(".")[2]
    if cache.callable not in FUNCTOOLS:
        return f"Give {decorator} a bound or a lifetime for {cache.name}."
    if cache.makeup.weighty:
        return (
            f"Write @lru_cache(maxsize=...) with as many {distinct} as fit in memory: each entry"
            " holds an array, an image or a table."
        )
    if cache.origin in _FETCHED and not (cache.expiry or cache.unchanging):
        return (
            f"Write @cached(TTLCache(maxsize={size}, ttl=...), lock=threading.Lock()) of"
            f" cachetools: what comes from {cache.source} goes out of date, too."
        )
    return f"Write @lru_cache(maxsize={size}), or the number of distinct {distinct} in use at once."


def _of_registry(cache: CacheFact) -> str:
    name = container_of(cache)
    if not _KEPT_FOR_LATER.isdisjoint(words(cache.name)):
        return (
            f"Decide how long an entry of {name} may still be asked for, and drop those that are"
            " older when one is stored."
        )
    key = cache.keys or "its key"
    return f"Remove the entry of {key} from {name} when {end_of(cache)}."


def _of_container(cache: CacheFact, size: int) -> str:
    name, kind = container_of(cache), cache.makeup.kind
    full = f"if len({name}) >= {size}:"
    if cache.removers:
        return f"Call {cache.removers[0]} where entries become worthless, or bound {name}."
    if kind == "set":
        return f"Before adding, empty it when it is full: {full} {name}.clear()."
    if kind in ("list", "deque"):
        return f"Make {name} a collections.deque(maxlen={size}): the oldest entry goes by itself."
    oldest = f"{name}.pop(next(iter({name})))"
    if cache.expiry:
        return (
            f"When storing into {name}, drop all entries that have expired, or the oldest one:"
            f" {full} {oldest}."
        )
    if cache.makeup.weighty:
        return (
            f"Before storing, drop the oldest entry ({oldest}) when {name} holds as many as fit in"
            " memory: each holds an array, an image or a table."
        )
    if cache.origin in _FETCHED and not (cache.unchanging or cache.set_in or cache.invalidation):
        return (
            f"Make {name} a TTLCache(maxsize={size}, ttl=...) of cachetools: what comes from"
            f" {cache.source} goes out of date, too."
        )
    if cache.pure and cache.makeup.of_arguments and not cache.makeup.by_identity:
        return (
            f"Put @lru_cache(maxsize={size}) on {cache.makeup.filled_in[0]} in place of {name}, or"
            f" before storing: {full} {oldest}."
        )
    return f"Before storing, drop the oldest entry: {full} {oldest}."
