"""What the clusters of an oversized module are for: names and lead symbols."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind
from exai_audit.words import plural, snake_case, words_of

_TAKEN = frozenset({*sys.stdlib_module_names, *keyword.kwlist, *dir(builtins)})
# Test runners and this tool would take such a module for a test.
_TESTS = re.compile(r"(?:conf|doc)?tests?|tests?_\w+|\w+_tests?")
_COVERS = 0.34
_MOSTLY = 0.6
_NAMED = 3
_LONGEST_NAME = 3
_EMPTY = frozenset({
    "a", "add", "all", "an", "and", "any", "apply", "are", "as", "at", "base", "be", "by",
    "can", "check", "class", "compute", "default", "del", "do", "ensure", "extract", "find",
    "first", "for", "from", "func", "function", "get", "handle", "has", "helper", "if", "impl",
    "in", "init", "internal", "into", "is", "it", "last", "main", "make", "maybe", "my", "new",
    "no", "non", "not", "of", "off", "on", "or", "other", "out", "perform", "process", "py",
    "run", "self", "set", "should", "simple", "that", "the", "to", "try", "type", "update",
    "use", "util", "utility", "was", "when", "with", "without",
})  # fmt: skip
_ACTIONS = {
    "build": "building", "compare": "comparison", "compile": "compilation",
    "convert": "conversion", "create": "creation", "decode": "decoding", "dispatch": "dispatching",
    "dump": "dumping", "encode": "encoding", "escape": "escaping", "evaluate": "evaluation",
    "fill": "filling", "format": "formatting", "generate": "generation", "iter": "iteration",
    "list": "listing", "load": "loading", "match": "matching", "merge": "merging",
    "normalize": "normalization", "open": "opening", "parse": "parsing", "print": "printing",
    "quote": "quoting", "read": "reading", "register": "registration", "remove": "removal",
    "render": "rendering", "resolve": "resolution", "send": "sending", "show": "display",
    "split": "splitting", "test": "testing", "validate": "validation", "visit": "visiting",
    "wrap": "wrapping", "write": "writing",
}  # fmt: skip
_FAULTS = frozenset({"error", "exception", "warning"})
_Weights = dict[tuple[str, ...], float]
_PLAIN = (SymbolKind.CONSTANT, SymbolKind.VARIABLE, SymbolKind.ALIAS)


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A cluster that could be the module ``name``; ``symbols`` are indices in source order."""

    name: str
    summary: str
    symbols: tuple[int, ...]


def is_mixed(module: ModuleSymbols, min_modularity: float) -> bool:
    """Tell whether a module has three or more responsibilities that hang together loosely.

    Not one that is mostly a single class or circle of uses: that has to be divided itself.
    """
    return module.modularity >= min_modularity and module.is_loose


def responsibilities(
    module: ModuleSymbols, stem: str, siblings: Collection[str] = ()
) -> tuple[Responsibility, ...]:
    """Return what each cluster is for, in the order of the clusters.

    The names are unique, are those of no sibling, no symbol, no import of the module and no
    module of the standard library.

    Args:
        stem: the name of the module itself.
        siblings: names that are taken where the modules are going to be.
    """
    bound = {name for symbol in module.symbols for name in symbol.names}
    imported = {name for fact in module.imports for name in fact.names}
    taken = {*siblings, *bound, *imported, *_TAKEN}
    names: dict[int, str] = {}
    sizes = [sum(module.symbols[n].lines for n in cluster) for cluster in module.clusters]
    everywhere = _weights(module.symbols)
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n], n)):
        naming = _Naming(module.symbols, module.clusters[number], stem, everywhere)
        names[number] = next(
            name
            for name in naming.candidates()
            if name not in taken and name.isidentifier() and not _TESTS.fullmatch(name)
        )
        taken.add(names[number])
    return tuple(
        Responsibility(names[n], _summary(module.symbols, cluster), cluster)
        for n, cluster in enumerate(module.clusters)
    )


def lead_symbols(symbols: Sequence[SymbolFact], cluster: Iterable[int]) -> list[str]:
    """Return the names of a cluster, the weightiest first: public, used by the rest, long."""
    inside = [number for number in cluster if symbols[number].names]
    users = Counter(used for number in inside for used in symbols[number].uses)
    ranked = sorted(
        inside,
        key=lambda n: (
            symbols[n].kind in _PLAIN,
            -(symbols[n].lines * (2 if not symbols[n].names[0].startswith("_") else 1)),
            -users[n],
            symbols[n].names[0],
        ),
    )
    return [symbols[number].names[0] for number in ranked]


def _summary(symbols: Sequence[SymbolFact], cluster: Sequence[int]) -> str:
    leads = lead_symbols(symbols, cluster)
    more = len(leads) - _NAMED
    return ", ".join(leads[:_NAMED]) + (f" and {more} more" if more > 0 else "")


class _Naming:
    """Names for one cluster, the best first; ``everywhere`` are the weights of all words."""

    def __init__(
        self, symbols: Sequence[SymbolFact], cluster: Sequence[int], stem: str, everywhere: _Weights
    ) -> None:
        self._everywhere = everywhere
        self._inside = [symbols[number] for number in cluster]
        self._leads = lead_symbols(symbols, cluster)
        self._stem = "_".join(words_of(stem)) or "module"

    def candidates(self) -> Iterator[str]:
        """Yield names without end."""
        scored = self._scored()
        best = [(words, cover) for words, cover in scored if cover >= _COVERS]
        yield from self._by_role(scored)
        for words, _ in best[:4]:
            yield self._noun(words)
        leads = [name for name in map(_from_symbol, self._leads[:6]) if name]
        yield from leads[:3]
        for words, _ in best[:4]:
            for other, _ in scored[:6]:
                if not set(other) & set(words):
                    yield self._noun((*words, *other)[:_LONGEST_NAME])
        yield from leads
        yield from map(plural, leads[:2])
        yield from (f"{self._stem}_{lead}" for lead in leads if self._stem not in lead)
        name = f"{self._stem}_{self._noun(scored[0][0]) if scored else 'parts'}"
        while True:
            yield name
            name = f"module_{name}_support"

    def _by_role(self, scored: Sequence[tuple[tuple[str, ...], float]]) -> Iterator[str]:
        count = len(self._inside)
        faults = sum(self._is_fault(symbol) for symbol in self._inside)
        plain = sum(symbol.kind in _PLAIN for symbol in self._inside)
        aliases = sum(symbol.kind is SymbolKind.ALIAS for symbol in self._inside)
        role = ""
        if faults > _MOSTLY * count:
            role = "exceptions"
        elif plain == count:
            role = "type_aliases" if aliases > _MOSTLY * count else "constants"
        if role:
            word = next(
                (words[0] for words, cover in scored if len(words) == 1 and cover > 0.8), ""
            )
            if word and word not in _FAULTS:
                yield f"{word}_{role}"
            yield role
            yield from (f"{words[0]}_{role}" for words, _ in scored[:3])

    @staticmethod
    def _is_fault(symbol: SymbolFact) -> bool:
        words = words_of(symbol.names[0]) if symbol.names else ()
        return symbol.kind is SymbolKind.CLASS and bool(words) and words[-1] in _FAULTS

    def _scored(self) -> list[tuple[tuple[str, ...], float]]:
        """Return words and pairs of words with the share of the cluster that they cover.

        Best first: what covers much of the cluster and little of the rest of the module.
        """
        here = _weights(self._inside)
        total = sum(map(_weight, self._inside)) or 1.0
        scored = []
        for words, weight in here.items():
            cover = weight / total
            distinct = weight / self._everywhere[words]
            score = cover * distinct**0.5 * (1.25 if len(words) == 2 else 1.0)
            scored.append((-round(score, 6), words, cover))
        return [(words, cover) for _, words, cover in sorted(scored)]

    def _noun(self, words: Sequence[str]) -> str:
        """Return words as the name of what is done, or of the things that there are several of."""
        *before, last = words
        first = words[0]
        if len(words) == 1 and first in _ACTIONS and self._is_action(first):
            return _ACTIONS[first]
        return "_".join([*before, plural(last) if self._are_several(last) else last])

    def _are_several(self, word: str) -> bool:
        """Tell whether there are several things of a name, or the code speaks of several."""
        names = [name for symbol in self._inside for name in symbol.names]
        classes = [s.names[0] for s in self._inside if s.kind is SymbolKind.CLASS and s.names]
        things = sum(words_of(name)[-1:] == (word,) for name in classes)
        return things >= 2 or any(plural(word) in snake_case(name).split("_") for name in names)

    def _is_action(self, word: str) -> bool:
        functions = [s for s in self._inside if s.kind is SymbolKind.FUNCTION and s.names]
        leading = sum(words_of(symbol.names[0])[:1] == (word,) for symbol in functions)
        return 2 * leading >= sum(word in words_of(symbol.names[0]) for symbol in functions)


def _weight(symbol: SymbolFact) -> float:
    return float(symbol.lines) ** 0.5 if symbol.names else 0.0


def _weights(symbols: Iterable[SymbolFact]) -> _Weights:
    """Return the weight of each word and each pair of neighbouring words."""
    found: _Weights = {}
    for symbol in symbols:
        weight = _weight(symbol)
        for said in {said for name in symbol.names for said in _said(name)}:
            found[said] = found.get(said, 0.0) + weight
    return found


@lru_cache(maxsize=16_384)
def _said(name: str) -> frozenset[tuple[str, ...]]:
    """Return the words of a name that say something, and its pairs of such neighbours."""
    words = [word for word in words_of(name) if not word.isdigit()]
    pairs = (pair for pair in pairwise(words) if all(map(_says_something, pair)))
    return frozenset([*((word,) for word in words if _says_something(word)), *pairs])


def _says_something(word: str) -> bool:
    return len(word) > 2 and word not in _EMPTY and word.isidentifier()


def _from_symbol(name: str) -> str:
    """Return a symbol's name as that of a module, without its empty words if others are left."""
    said = [word for word in snake_case(name).split("_") if word]
    words = [word for word in said if word not in _EMPTY] or said
    if len(words) > _LONGEST_NAME + 1:
        words = words[:_LONGEST_NAME]
    if len(words) == 1 and words[0] in _ACTIONS:
        return _ACTIONS[words[0]]
    joined = "_".join(words)
    return joined if joined.isidentifier() and len(joined) > 2 else ""
