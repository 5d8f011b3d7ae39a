"""What the clusters of a module are called, and what they say they are for."""

from __future__ import annotations

import builtins
import itertools
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind
from exai_audit.planning.decomposition.kinds import PLAIN, kinds_of, lines_of
from exai_audit.planning.decomposition.language import ACTIONS
from exai_audit.planning.decomposition.nouns import (
    gerund,
    is_deed,
    is_kind,
    is_noun,
    nouns_of,
    plain_words,
    weight_of,
    weights_of,
    whole_words,
)
from exai_audit.words import plural, singular, snake_case, words_of

_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "init", "module", "this"})
# Test runners and this tool would take such a module for a test.
_TESTS = re.compile(r"(?:conf|doc)?tests?|tests?_\w+|\w+_tests?")
_COVERS, _HALF = 0.3, 0.5
_SMALL, _GLUED = 25, 4
_NAMED = 3
_KINDS = frozenset({"base", "cli", "constants", "core", "helpers", "main", "routes"})
_CODE = (SymbolKind.FUNCTION, SymbolKind.CLASS)
_Words = Mapping[str, float]


class Responsibility(Struct, frozen=True):
    """A cluster that could be the module ``name``; ``symbols`` are indices in source order."""

    name: str
    summary: str
    symbols: tuple[int, ...]


def responsibilities(
    module: ModuleSymbols,
    clusters: Sequence[Sequence[int]],
    stem: str,
    siblings: Collection[str] = (),
) -> tuple[Responsibility, ...]:
    """Return what each cluster is for, in the order of the clusters.

    The names are unique, are those of no sibling, no symbol and no import of the module.

    Args:
        stem: the name of the module itself.
        siblings: names that are taken where the modules are going to be.
    """
    bound = {name for symbol in module.symbols for name in symbol.names}
    imported = {name for fact in module.imports for name in fact.names}
    names = names_of(module.symbols, clusters, stem, {*siblings, *bound, *imported})
    return tuple(
        Responsibility(name, summary(module.symbols, cluster), tuple(cluster))
        for name, cluster in zip(names, clusters, strict=True)
    )


def names_of(
    symbols: Sequence[SymbolFact],
    clusters: Sequence[Sequence[int]],
    stem: str,
    taken: Collection[str],
) -> list[str]:
    """Return a name for each cluster, all different and none of ``taken``."""
    used = {*taken, *_TAKEN, snake_case(stem)}
    everywhere = weights_of([symbols[n] for cluster in clusters for n in cluster])
    sizes = [sum(symbols[n].lines for n in cluster) for cluster in clusters]
    names: dict[int, str] = {}
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n], n)):
        naming = _Naming(symbols, clusters, number, stem, everywhere)
        names[number] = next(
            name
            for name in naming.candidates()
            if name not in used and name.isidentifier() and not _TESTS.fullmatch(name)
        )
        used |= {names[number], plural(names[number]), singular(names[number])}
    return [names[number] for number in range(len(sizes))]


def lead_symbols(symbols: Sequence[SymbolFact], cluster: Iterable[int]) -> list[str]:
    """Return the names of a cluster, the weightiest first: public, used by the rest, long."""
    inside = [number for number in cluster if symbols[number].names]
    users = Counter(used for number in inside for used in symbols[number].uses)
    ranked = sorted(
        inside,
        key=lambda n: (
            symbols[n].kind in PLAIN,
            -(symbols[n].lines * (2 if not symbols[n].names[0].startswith("_") else 1)),
            -users[n],
            symbols[n].names[0],
        ),
    )
    return [symbols[number].names[0] for number in ranked]


def summary(symbols: Sequence[SymbolFact], cluster: Sequence[int]) -> str:
    """Return the weightiest names of a cluster, and how many more there are."""
    leads = lead_symbols(symbols, cluster)
    more = len(leads) - _NAMED
    return ", ".join(leads[:_NAMED]) + (f" and {more} more" if more > 0 else "")


class _Naming:
    """Names for one cluster, the best first; ``everywhere`` are the weights of all words."""

    def __init__(
        self,
        symbols: Sequence[SymbolFact],
        clusters: Sequence[Sequence[int]],
        number: int,
        stem: str,
        everywhere: _Words,
    ) -> None:
        self._symbols, self._clusters, self._number = symbols, clusters, number
        self._inside = [symbols[n] for n in clusters[number] if symbols[n].names]
        self._everywhere = everywhere
        self._stem = snake_case(stem)
        self._stem_words = frozenset(words_of(stem))
        self._lines = lines_of(self._inside) or 1
        self._here = weights_of(self._inside)
        self._scored = self._contrasts()

    def candidates(self) -> Iterator[str]:
        """Yield names without end."""
        kinds = kinds_of(self._symbols, self._clusters, self._number)
        first = [*kinds, *self._by_family(), *self._by_largest(), *self._by_word()]
        first += [*self._by_action(), *self._by_use()]
        nouns = [*self._nouns()]
        for name in (*first, *nouns):
            yield name
            if name not in _KINDS:
                yield plural(singular(name))
        for name in dict.fromkeys([*first, *nouns]):
            for word in dict.fromkeys([*(word for word, _ in self._scored), *nouns]):
                if words_of(word)[0] not in words_of(name):
                    yield f"{word}_{name}"
        last = ([*first, *nouns] or ["core"])[-1]
        for symbol in sorted(self._inside, key=lambda s: (-s.lines, s.names[0]))[:1]:
            if symbol.kind is SymbolKind.CLASS:
                yield snake_case(symbol.names[0])
        yield "core"
        for number in itertools.count(2):
            yield f"{last}_{number}"

    # What they have in common

    def _by_family(self) -> Iterator[str]:
        """Yield what classes of over half the lines are: ``JsonWriter``, ``XmlWriter``."""
        families: dict[str, list[SymbolFact]] = {}
        for symbol in self._inside:
            if symbol.kind is SymbolKind.CLASS:
                word = next(reversed(words_of(symbol.names[0])), "")
                if (is_noun(word) or is_kind(word)) and not self._is_of_stem(word):
                    families.setdefault(word, []).append(symbol)
        for word, members in sorted(families.items()):
            is_most = len(members) > 1 and lines_of(members) > _HALF * self._lines
            if is_most and self._share_here(word) >= _HALF:
                yield plural(word)

    def _by_largest(self) -> Iterator[str]:
        """Yield the name of what has over half the lines, if it is a class or says a thing."""
        largest = max(self._inside, key=lambda s: (s.lines, s.names[0]), default=None)
        if largest is None or largest.lines <= _HALF * self._lines:
            return
        every = plain_words(largest.names[0])
        words = [word for word in every if not self._is_of_stem(singular(word))]
        if largest.kind is not SymbolKind.CLASS:
            words = [word for word in words if is_noun(word)]
        telling = [word for word in words if self._share_here(singular(word)) >= _HALF]
        words = words if len(words) <= 2 else telling or words
        has_head = every[-1] in words
        if has_head and not (len(words) == 1 and not is_noun(words[0])):
            yield "_".join(words[-2:])
        if words and largest.kind is SymbolKind.CLASS:
            yield "_".join(every[-2:])
        if not words and largest.kind is SymbolKind.CLASS:
            yield "core"
        elif len(every) == 1 and is_deed(every[0]):
            yield gerund(every[0])

    def _is_of_stem(self, word: str) -> bool:
        """Tell whether the module itself is named so: ``path`` in ``pathsec``, too."""
        begins = len(word) >= _GLUED and self._stem.startswith(word)
        return begins or word in self._stem_words

    def _share_here(self, word: str) -> float:
        """Return which share of what a word weighs in the module is of this cluster."""
        return self._here.get(word, 0.0) / self._everywhere.get(word, 1.0)

    def _by_word(self) -> Iterator[str]:
        for word, cover in self._scored:
            if cover >= _COVERS:
                yield self._numbered(word)

    def _by_action(self) -> Iterator[str]:
        """Yield what most functions do: ``parsing``."""
        functions = [s for s in self._inside if s.kind is SymbolKind.FUNCTION]
        leading: Counter[str] = Counter()
        for symbol in functions:
            for word in words_of(symbol.names[0])[:1]:
                leading[word] += symbol.lines
        for word, lines in sorted(leading.items()):
            several = sum(words_of(s.names[0])[:1] == (word,) for s in functions) > 1
            if word in ACTIONS and several and lines > _HALF * self._lines:
                yield ACTIONS[word]

    def _by_use(self) -> Iterator[str]:
        """Yield ``helpers`` where they are small functions that two other clusters use."""
        code = [symbol for symbol in self._inside if symbol.kind in _CODE]
        if not code or any(s.kind is SymbolKind.CLASS or s.lines > _SMALL for s in code):
            return
        own = set(self._clusters[self._number])
        users = {
            at
            for at, cluster in enumerate(self._clusters)
            for number in cluster
            if at != self._number and own.intersection(self._symbols[number].uses)
        }
        if len(users) >= 2:
            yield "helpers"

    def _nouns(self) -> Iterator[str]:
        """Yield the nouns of the symbols, those first that are said here alone, of the longest."""
        ranked = sorted(self._inside, key=lambda s: (-s.lines, s.names[0]))
        nouns = dict.fromkeys(
            word
            for symbol in ranked
            for word in reversed(whole_words(symbol.names[0]))
            if is_noun(word) and not self._is_of_stem(word)
        )
        for word in sorted(nouns, key=lambda noun: self._share_here(noun) < _HALF):
            yield self._numbered(word)

    def _contrasts(self) -> list[tuple[str, float]]:
        """Return the words of two symbols with the share of the cluster that they cover.

        Best first: what covers much of the cluster and little of the rest of the module.
        """
        total = sum(round(weight_of(symbol) * 1000) for symbol in self._inside) / 1000 or 1.0
        counts = Counter(word for symbol in self._inside for word in nouns_of(symbol))
        scored = []
        for word, weight in self._here.items():
            cover = weight / total
            if counts[word] > 1 and not self._is_of_stem(word):
                score = cover * (weight / self._everywhere[word]) ** 0.5
                scored.append((-round(score, 6), word, cover))
        return [(word, cover) for _, word, cover in sorted(scored)]

    def _numbered(self, word: str) -> str:
        """Return a word in the plural if there are several such things."""
        classes = [s.names[0] for s in self._inside if s.kind is SymbolKind.CLASS]
        things = sum(words_of(name)[-1:] == (word,) for name in classes)
        names = [name for symbol in self._inside for name in symbol.names]
        spoken = any(plural(word) in snake_case(name).split("_") for name in names)
        return plural(word) if things >= 2 or spoken else word
