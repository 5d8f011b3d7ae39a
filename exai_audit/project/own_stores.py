"""Whether what is awaited only reads a database, or what its object keeps."""

from __future__ import annotations

import re

from exai_audit.facts.caches import CacheFact, CacheForm
from exai_audit.knowledge.layers import words

_AWAITS = "await "
_OF_SELF = "await self."
_ARGUMENTS = re.compile(r"\((?:[^()]|\([^()]*\))*\)?")
_READING = frozenset({"get", "read", "load", "find", "fetch", "lookup", "query", "select"})
_WRITING = frozenset({
    "add", "allocate", "claim", "create", "delete", "insert", "open", "post", "register", "reserve",
    "save", "send", "set", "store", "submit", "update", "write",
})  # fmt: skip
_SETTINGS = frozenset({"config", "configuration", "settings"})
_KEPT = frozenset({
    "config", "configuration", "database", "db", "repo", "repository", "settings", "storage",
    "store",
})  # fmt: skip


def reads_own_store(cache: CacheFact) -> bool:
    """Tell whether what is awaited only reads a database, or what the object keeps: no harm."""
    if cache.form is CacheForm.REGISTRY or not cache.source.startswith(_AWAITS):
        return False
    of_self = cache.source.startswith(_OF_SELF)
    parts = _ARGUMENTS.sub("", cache.source.removeprefix(_AWAITS)).split(".")[of_self:]
    verb = next(iter(words(parts[-1])), "")
    if any(part.lower().endswith("db") for part in parts[:-1]):
        return verb in _READING
    if not of_self:
        return False
    if not _SETTINGS.isdisjoint(words(parts[0])):
        return verb not in _WRITING
    return verb in _READING and any(not _KEPT.isdisjoint(words(part)) for part in parts)
