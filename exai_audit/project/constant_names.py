"""Names for what a person should write instead."""

from __future__ import annotations

import re

from exai_audit.facts.timeouts import TimeoutFact

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LIMIT_WORDS = frozenset({"TIMEOUT", "DEADLINE"})
_UNITS = frozenset({"S", "SEC", "SECS", "SECOND", "SECONDS", "MS", "MILLIS", "MINUTES", "HOURS"})
_SAYS_NOTHING = frozenset({"SELF", "CLS", "SUPER", "BUILTINS", "GET", "INIT"})
_QUALIFIERS = frozenset({
    "DEFAULT", "MAX", "MIN", "GLOBAL", "SHORT", "LONG", "IN", "ENV", "REQUEST", "REQUESTS", "HTTP",
    "HTTPS", "URL", "CONNECT", "CONNECTION", "READ", "WRITE", "SOCKET", "CLIENT", "CALL", "NETWORK",
    "OPERATION", "TOTAL", "WAIT", "COMMAND", "INITIAL", "BASE",
})  # fmt: skip
_ANY_WAIT = frozenset({
    "STDOUT", "STDERR", "STDIN", "OUTPUT", "RESULT", "RESULTS", "FUTURE", "READ", "READLINE",
    "READLINES", "WAIT",
})  # fmt: skip
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_MOST_WORDS = 5


def words_of(text: str) -> list[str]:
    """Split an identifier, key or path into its words, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def constant_name(fact: TimeoutFact) -> str:
    """Return a constant for a limit, in seconds: what it bounds, then ``TIMEOUT_SECONDS``.

    Taken from the configuration key, the limit's own name if it says more than ``timeout``, the
    operation, or the function it stands in, in this order.
    """
    own = _said(fact.key) or _said(fact.name)
    if not own:
        parts = [part for part in fact.operation.split(".")[-2:] if part not in _VERBS]
        operation = _said(".".join(parts))
        within = _said(fact.place.symbol)
        own = within if not set(operation) - _ANY_WAIT and within else operation
    return _joined([*own[-_MOST_WORDS:], "TIMEOUT_SECONDS"])


def constants(fact: TimeoutFact) -> list[tuple[str, float]]:
    """Return the constants for a limit with their seconds: one for each phase that it has.

    Where its unit is unknown, or a condition chooses between two, there is none.
    """
    if fact.choices:
        return []
    name = constant_name(fact)
    if not fact.phases:
        return [(name, fact.seconds)] if fact.seconds is not None else []
    known = set(name.split("_"))
    stem = name.removesuffix("TIMEOUT_SECONDS")
    return [
        (stem + _joined([*(w for w in _said(phase) if w not in known), "TIMEOUT_SECONDS"]), seconds)
        for phase, seconds in fact.phases
    ]


def qualified_name(where: str, constant: str) -> str:
    """Return a constant's name with the words of ``where`` that it does not have before it."""
    known = set(constant.split("_"))
    return _joined([*(word for word in _said(where) if word not in known), constant])


def _joined(words: list[str]) -> str:
    """Join words to an identifier, which begins with no digit."""
    while words[0].isdigit():
        words = words[1:]
    return "_".join(words)


def names_a_purpose(name: str) -> bool:
    """Tell whether a name says what its limit is for, not only that it is one."""
    return bool(set(_said(name)) - _QUALIFIERS)


def purpose_of(name: str) -> frozenset[str]:
    """Return the words of a name that say what its limit is for, in upper case."""
    return frozenset(_said(name)) - _QUALIFIERS


def names_a_unit(name: str) -> bool:
    """Tell whether a name ends with a unit other than seconds."""
    words = [word.upper() for word in _WORD.findall(name)]
    return words[-1:] != [] and words[-1] in _UNITS and not words[-1].startswith("S")


def _said(text: str) -> list[str]:
    """Return the words of a name in upper case, without those that any limit has."""
    words = [word.upper() for word in _WORD.findall(text)]
    empty = _LIMIT_WORDS | _UNITS | _SAYS_NOTHING
    found = [word for word in words if word not in empty]
    return list(dict.fromkeys(found))
