"""The nouns of names, and how much each weighs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import sqrt

from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.planning.decomposition.language import EMPTY, VERBS
from exai_audit.words import snake_case, words_of

_OF_A_CLASS = 1.5


def weight_of(symbol: SymbolFact) -> float:
    """Return how much a symbol counts for a name: the root of its lines."""
    return sqrt(symbol.lines)


def weights_of(inside: Iterable[SymbolFact]) -> dict[str, float]:
    """Return the weight of each word."""
    found: dict[str, float] = {}
    for symbol in inside:
        for word, share in nouns_of(symbol).items():
            found[word] = found.get(word, 0.0) + share * weight_of(symbol)
    return found


def nouns_of(symbol: SymbolFact) -> dict[str, float]:
    """Return the nouns of a symbol's names, with how much each counts."""
    found: dict[str, float] = {}
    for name in symbol.names:
        words = words_of(name)
        if symbol.kind is SymbolKind.FUNCTION and words and words[0] in VERBS:
            words = words[1:]
        for word in words:
            if is_noun(word):
                is_last_of_class = symbol.kind is SymbolKind.CLASS and word == words[-1]
                found[word] = max(found.get(word, 0.0), _OF_A_CLASS if is_last_of_class else 1.0)
    return found


@lru_cache(maxsize=16_384)
def is_noun(word: str) -> bool:
    """Tell whether a word can name a module, as far as a list of words knows."""
    is_participle = len(word) > 4 and word.endswith("ed") and not word.endswith("eed")
    is_silent = word in EMPTY or word in VERBS or is_participle
    return len(word) > 2 and word.isidentifier() and not is_silent


def plain_words(name: str) -> list[str]:
    """Return the words of a name but digits and words that say nothing."""
    words = [word for word in snake_case(name).split("_") if word and not word.isdigit()]
    return [word for word in words if word not in EMPTY] or words
