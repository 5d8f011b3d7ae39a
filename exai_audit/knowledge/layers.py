"""Which layer a cache belongs to: the words of its names that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from exai_audit.facts.caches import Layer

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_WORDS: dict[Layer, frozenset[str]] = {
    Layer.IN_MEMORY: frozenset(),
    Layer.SEMANTIC: frozenset({"semantic", "embedding", "embeddings", "similarity", "vector"}),
    Layer.FILE: frozenset({"disk", "diskcache", "file", "files", "filesystem", "joblib"}),
    Layer.CONVERSATION: frozenset({"chat", "conversation", "conversations", "dialogue", "history"}),
    Layer.ROUTING: frozenset({"route", "router", "routes", "routing"}),
    Layer.REQUEST: frozenset({"http", "request", "requests", "response", "responses"}),
    Layer.DISTRIBUTED: frozenset({
        "distributed", "django", "dogpile", "memcache", "memcached", "redis", "valkey",
    }),
}  # fmt: skip


def words(*names: str) -> list[str]:
    """Return the lower-case words of identifiers, dotted or not, in order."""
    return [word.lower() for name in names for word in _WORD.findall(name)]


def layer_of(names: Iterable[str]) -> Layer:
    """Return the first layer that a word of the names speaks of."""
    return _first(words(*names), _WORDS) or Layer.IN_MEMORY


def own_layer(names: Iterable[str], own: Mapping[Layer, tuple[str, ...]]) -> Layer | None:
    """Return the first layer that the user's own words give to the names, if they give one."""
    return _first(words(*names), own)


def _first(parts: Iterable[str], known: Mapping[Layer, Iterable[str]]) -> Layer | None:
    said = set(parts)
    return next((layer for layer in Layer if said & set(known.get(layer, ()))), None)
