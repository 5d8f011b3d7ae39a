"""Words of identifiers."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(
    r"[A-Z][a-z][A-Z](?![a-z])|Mix[iI]n|Pub[sS]ub|(?:API|FTP|HTML|HTTP|JSON|SQL|SSL|URL|XML)(?=[a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+"
    r"|[A-Z]+|\d+"
)
_SAME = frozenset({"data", "info", "media", "metadata"})
_VOWEL = re.compile(r"[aeiouy]")


@lru_cache(maxsize=16_384)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of an identifier in lower case, plurals as singulars."""
    return tuple(singular(word.lower()) for word in _WORDS.findall(name))


def singular(word: str) -> str:
    """Return a plural noun without its ending; ``class`` and ``status`` stay as they are."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    keeps = len(word) < 4 or word.endswith(("ss", "us", "is")) or not word.endswith("s")
    return word if keeps or not _VOWEL.search(word) else word[:-1]


def plural(word: str) -> str:
    """Return the plural of a noun; ``data`` and ``http``, without a vowel, stay as they are."""
    if not _VOWEL.search(word) or word in _SAME:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def snake_case(name: str) -> str:
    """Return an identifier as the name of a module."""
    return "_".join(word.lower() for word in _WORDS.findall(name))
