"""Names that a reviewer keeps: what is waited for, in at most three words, then the unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from exai_audit.facts.timeouts import TimeoutFact

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_COMPOUND = re.compile(
    r"WebSocket|GitHub|GitLab|OpenAI|MySQL|PostgreSQL|IOLoop|OAuth|MLflow|JavaScript"
)
_LIMIT = frozenset({"timeout", "timeouts", "deadline"})
_UNITS = frozenset({
    "s", "sec", "secs", "second", "seconds", "ms", "msec", "msecs", "millis", "minutes", "hours",
    "max", "min",
})  # fmt: skip
_SMALL = frozenset({"the", "a", "an", "of", "for", "and", "or", "to", "with", "from", "in", "on"})
_CLAUSES = _SMALL | {"if", "by", "against", "when", "until", "via", "as", "at", "into"}
_VERBS = frozenset({"get", "set", "do", "make", "handle", "process", "try", "is", "has", "async"})
_VAGUE = frozenset({
    "default", "global", "request", "requests", "http", "https", "url", "connect", "connection",
    "read", "write", "socket", "client", "call", "network", "operation", "total", "wait",
    "command", "initial", "base", "run", "start", "stop", "main", "init", "get", "put", "post",
    "result", "results", "join", "send", "receive", "close", "open", "execute", "poll", "self",
    "cls", "select", "event", "queue", "thread", "future", "process", "subprocess", "asyncio",
    "session", "fetch", "load", "save", "loop", "update", "check", "setup", "acquire", "lock",
    "server", "condition", "once", "next", "key", "use", "config", "kwargs", "options", "settings",
    "output", "communicate", "after", "fail", "urlopen", "settimeout", "delete", "patch", "head",
    "instance", "typealias", "popen", "lib", "alias", "type", "handle", "sync", "async",
    "setdefaulttimeout", "timedelta",
})  # fmt: skip
_INNER = frozenset({
    "inner", "wrapper", "wrapped", "func", "fn", "cb", "callback", "impl", "thd", "job", "task",
})  # fmt: skip
_ROLES = frozenset({
    "protocol", "handler", "worker", "manager", "service", "mixin", "base", "impl", "wrapper",
})  # fmt: skip
_COMMON_FILES = frozenset({
    "client", "server", "base", "core", "utils", "util", "common", "main", "api", "app", "models",
    "types", "helpers", "manager", "service", "handlers", "init", "lib", "src", "classes", "tasks",
})  # fmt: skip
_MOST_WORDS = 3
_SUFFIXES = {
    1.0: "SECONDS", 0.001: "MS", 1e-6: "MICROSECONDS", 60.0: "MINUTES", 3600.0: "HOURS",
    86400.0: "DAYS",
}  # fmt: skip


def unit_suffix(scale: float) -> str:
    """Return the last word of a constant that counts in a unit, empty where none is usual."""
    return _SUFFIXES.get(round(scale, 9), "")


def purposes(fact: TimeoutFact, path: str) -> Iterator[str]:
    """Yield what a limit is for, without its unit: the best name first, then more exact ones.

    A limit has the name of its setting, its own if it says more than that it is one, else that of
    the operation, else that of the function it stands in. Vague words alone are no name, and
    neither is one word without its place.
    """
    where = _place_words(path)
    own, within = _own_words(fact, where), _function_words(fact)
    short = own if _says_enough(own) else [*where, *own] if own else within
    is_setting = bool(_words(fact.key))
    if (not is_setting and len(_distinct(short)) < 2) or (not own and not _says_enough(within)):
        short = [*where, *short]
    last = [word.lower() for word in _WORD.findall(fact.operation.rpartition(".")[2])]
    if not own and not within:
        short = [*where, *last]
    alone = within if _says_enough(within) and len(within) > 1 else []
    seen = set()
    for words in (
        short, alone, [*where, *short], [*within, *own], [*where, *within, *own], [*within, *last],
    ):  # fmt: skip
        name = "_".join(_cut(_distinct(words))).upper()
        if name and name not in seen:
            seen.add(name)
            yield name.lstrip("_0123456789") or "WAIT"


def _own_words(fact: TimeoutFact, where: Sequence[str]) -> list[str]:
    """Return the words of the setting, the limit or the operation; none where all are vague."""
    for text in (fact.key, fact.name):
        words = _words(text)
        if words and words != ["default"]:
            return words
    if fact.operation.endswith(".__init__"):  # of a base class: the class itself says what waits
        return []
    *owners, last_part = fact.operation.split(".")
    last = _words(last_part)
    if len(last) > 1 and _says_enough(last):
        return last
    is_module = all(owner.islower() for owner in owners)
    receiver = [] if is_module else _words(owners[-1])
    receiver = [word for word in receiver if len(word) > 1]
    if _says_enough(receiver):
        return [*receiver, *last]
    return [*where, *last] if _says_enough(last) else []


def _function_words(fact: TimeoutFact) -> list[str]:
    """Return the words of the function, with those of its class where it says little itself."""
    *owners, function = fact.place.symbol.split(".")
    words = _first(_words(function)) if not function.startswith("__") else []
    if owners and words and _INNER.issuperset(words):
        return _function_words(replace(fact, place=replace(fact.place, symbol=".".join(owners))))
    if len(words) > 1 or not owners:
        return words
    whole = [word for word in _words(owners[-1]) if len(word) > 1]
    return [*([word for word in whole if word not in _ROLES] or whole), *words]


def _first(words: Sequence[str]) -> list[str]:
    """Return the first words of a function's name, without how or whence: ``_from_disk``."""
    clause = next((i for i, word in enumerate(words) if word in _CLAUSES), len(words))
    head = list(words[:clause])
    told = head if len(head) > 1 and _says_enough(head) else list(words)
    if len(told) > _MOST_WORDS:
        told = [word for word in told if word not in _SMALL]
    while len(told) > 1 and told[-1] in _SMALL:
        told = told[:-1]
    return told[:_MOST_WORDS]


def _place_words(path: str) -> list[str]:
    """Return the words of a module, of its package where the module's name is a common one."""
    parts = path.removesuffix(".py").split("/")
    while len(parts) > 1 and set(_words(parts[-1])) <= _COMMON_FILES:
        parts.pop()
    words = [word for part in parts[-1].split("_") for word in _place_part(part)]
    return ([word for word in words if word not in _ROLES] or words)[-2:]


def _place_part(part: str) -> list[str]:
    """Return the words of a part of a file's name; one with digits is one: ``zh03b``."""
    return [part.lower()] if any(char.isdigit() for char in part) else _words(part)


def says_something(name: str) -> bool:
    """Tell whether a name says more of a limit than that it is one."""
    return _says_enough(_words(name))


def _says_enough(words: Sequence[str]) -> bool:
    return bool(set(words) - _VAGUE - _CLAUSES)


def _words(text: str) -> list[str]:
    whole = _COMPOUND.sub(lambda found: found[0].capitalize(), text)
    found = [word.lower() for word in _WORD.findall(whole)]
    told = [word for word in found if word not in _LIMIT | _UNITS and not word.isdigit()]
    while len(told) > 1 and told[0] in _VERBS:
        told = told[1:]
    return told


def _distinct(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _cut(words: Sequence[str]) -> Sequence[str]:
    """Leave out small words, then the first ones: the last say what it is."""
    if len(words) > _MOST_WORDS:
        words = [word for word in words if word not in _SMALL]
    return words[-_MOST_WORDS:]
