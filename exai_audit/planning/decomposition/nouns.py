"""The nouns of names, and how much each weighs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import sqrt

from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.planning.decomposition.language import EMPTY, KINDS, VERBS
from exai_audit.words import snake_case, words_of

_OF_A_CLASS = 1.5
_BEFORE_VERBS = ("un", "re", "de")
_VERBS_AFTER = frozenset({*VERBS, "link", "map", "order"})
_NO_ADVERBS = frozenset({"anomaly", "assembly", "family", "supply"})
_ENDINGS = ("ation", "able", "ment", "ance", "ion", "er", "or")
_SHORT_END = re.compile(r"(?:^|[^aeiou])[aeiou][bdgmnprt]\Z")
_STUMP = re.compile(r"[a-z]+(?=\d)")


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
        words = whole_words(name)
        if symbol.kind is SymbolKind.FUNCTION and words and words[0] in VERBS:
            words = words[1:]
        for word in words:
            is_last_of_class = symbol.kind is SymbolKind.CLASS and word == words[-1]
            if is_noun(word) or (is_last_of_class and is_kind(word)):
                found[word] = max(found.get(word, 0.0), _OF_A_CLASS if is_last_of_class else 1.0)
    return found


def whole_words(name: str) -> tuple[str, ...]:
    """Return the words of a name but those that a number ends: ``ip`` of ``ip4``."""
    stumps = _STUMP.findall(name.lower())
    return tuple(word for word in words_of(name) if word not in stumps)


@lru_cache(maxsize=16_384)
def is_noun(word: str) -> bool:
    """Tell whether a word can name a module, as far as a list of words knows."""
    is_participle = len(word) > 4 and word.endswith("ed") and not word.endswith("eed")
    is_adverb = len(word) > 5 and word.endswith("ly") and word not in _NO_ADVERBS
    is_other = is_participle or is_adverb or is_deed(word) or _is_glued(word)
    is_silent = word in EMPTY or is_other
    return len(word) > 2 and word.isidentifier() and not is_silent


def is_kind(word: str) -> bool:
    """Tell whether a word that says little is a noun where classes end with it: ``Type``."""
    return word in KINDS


def is_deed(word: str) -> bool:
    """Tell whether a word is a verb, as far as a list knows: ``remap`` and ``daemonize``, too."""
    has_start = word[:2] in _BEFORE_VERBS and word[2:] in _VERBS_AFTER
    return word in VERBS or has_start or (len(word) > 4 and word.endswith(("ize", "ify")))


def _is_glued(word: str) -> bool:
    """Tell whether a word is several in one: ``parseparam``, ``removeslash``, ``nonempty``."""
    if word.startswith("non"):
        return True
    cuts = [(word[:at], word[at:]) for at in range(3, len(word) - 2)]
    return any(
        verb in VERBS and (rest in EMPTY or rest in VERBS or (len(verb) > 5 and _is_long(rest)))
        for verb, rest in cuts
    )


def _is_long(rest: str) -> bool:
    return len(rest) > 3 and not rest.startswith(_ENDINGS)


def gerund(verb: str) -> str:
    """Return what doing something is called: ``remapping`` for ``remap``."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + (verb[-1] if _SHORT_END.search(verb) else "") + "ing"


def plain_words(name: str) -> list[str]:
    """Return the words of a name but digits and words that say nothing."""
    words = [word for word in snake_case(name).split("_") if word and not word.isdigit()]
    return [word for word in words if word not in EMPTY] or words
