"""How strongly symbols belong together: uses, shared state and imports, names, neighbourhood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from exai_audit.collectors.structure.symbols.atoms import Atoms
from exai_audit.facts.symbols import ModuleSymbols, SymbolFact
from exai_audit.words import words_of

Ties = dict[tuple[int, int], float]
"""Two atoms, the lower first → what ties them."""

_MOST = 0.25
_FEWEST_HUB = 6
_LARGEST_GROUP = 24


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of tie counts; fitted by ``benchmarks/splits/run.py``."""

    uses: float = 0.3
    typed: float = 0.25
    users: float = 0.5
    state: float = 2.0
    external: float = 0.3
    words: float = 0.3
    bases: float = 0.15
    closeness: float = 0.5
    section: float = 0.3
    reach: int = 4


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Graph:
    """``meaning`` are the ties by what the code does and says, ``all`` those by place too."""

    meaning: Ties
    all: Ties


def edges_of(module: ModuleSymbols, atoms: Atoms, weights: Weights = WEIGHTS) -> Graph:
    """Return the ties between atoms. What most symbols use ties nobody."""
    symbols = module.symbols
    home = {number: at for at, group in enumerate(atoms.members) for number in group}
    meaning = _Summed(home)
    _tie_by_use(meaning, symbols, home, weights)
    for group, weight in (
        (_by_external(symbols, home), weights.external),
        (_by_base(symbols, home), weights.bases),
        (_by_word(symbols, home), weights.words),
        (_by_state(symbols, home), weights.state),
    ):
        meaning.tie_groups(group, weight, len(home))
    everything = _Summed(home, meaning.ties)
    _tie_by_place(everything, symbols, home, weights)
    return Graph(meaning.ties, everything.ties)


class _Summed:
    """Ties between atoms, summed over those of their symbols."""

    def __init__(self, home: Mapping[int, int], ties: Ties | None = None) -> None:
        self.ties: Ties = dict(ties or {})
        self._home = home

    def tie(self, one: int, other: int, weight: float) -> None:
        low, high = self._home[one], self._home[other]
        if low != high and weight > 0:
            key = (low, high) if low < high else (high, low)
            ties = self.ties
            ties[key] = ties[key] + weight if key in ties else weight

    def tie_all(self, group: Iterable[int], weight: float) -> None:
        """Tie each two of a group."""
        for one, other in combinations(group, 2):
            self.tie(one, other, weight)

    def tie_groups(self, groups: Mapping[str, Iterable[int]], weight: float, total: int) -> None:
        """Tie the members of each group: the rarer what they share, the stronger."""
        for _, members in sorted(groups.items()):
            group = sorted(set(members))
            if 2 <= len(group) <= min(_LARGEST_GROUP, max(2, total // 2)):
                rarity = log(total / len(group)) / log(total) if total > 1 else 0.0
                self.tie_all(group, weight * rarity / (len(group) - 1) ** 0.5)


def _tie_by_use(
    ties: _Summed, symbols: Sequence[SymbolFact], home: Mapping[int, int], weights: Weights
) -> None:
    users: dict[int, list[int]] = defaultdict(list)
    for number in sorted(home):
        for used in {*symbols[number].uses, *symbols[number].typed} & home.keys():
            users[used].append(number)
    for used, group in sorted(users.items()):
        if len(group) > max(_FEWEST_HUB, _MOST * len(home)):
            continue
        for user in group:
            weight = weights.uses if used in symbols[user].uses else weights.typed
            ties.tie(user, used, weight / len(group) ** 0.5)
        if 2 <= len(group) <= _LARGEST_GROUP:
            ties.tie_all(group, weights.users / len(group))


def _by_external(symbols: Sequence[SymbolFact], home: Mapping[int, int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number in home:
        for name in symbols[number].external:
            groups[name].append(number)
    return groups


def _by_base(symbols: Sequence[SymbolFact], home: Mapping[int, int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number in home:
        for name in symbols[number].bases:
            groups[name].append(number)
    return groups


def _by_state(symbols: Sequence[SymbolFact], home: Mapping[int, int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number in home:
        for target in symbols[number].mutates:
            if target in home:
                groups[str(target)].extend((number, target))
    return groups


def _by_word(symbols: Sequence[SymbolFact], home: Mapping[int, int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number in home:
        for word in {w for name in symbols[number].names for w in words_of(name) if len(w) > 1}:
            groups[word].append(number)
    return groups


def _tie_by_place(
    ties: _Summed, symbols: Sequence[SymbolFact], home: Mapping[int, int], weights: Weights
) -> None:
    placed = sorted(home)
    for position, number in enumerate(placed):
        for distance, other in enumerate(placed[position + 1 : position + 1 + weights.reach], 1):
            ties.tie(number, other, weights.closeness / distance)
    sections: dict[int, list[int]] = defaultdict(list)
    for number in placed:
        sections[symbols[number].section].append(number)
    for _, group in sorted(sections.items()):
        size = len(group)
        if 2 <= size <= len(placed) // 2:
            ties.tie_all(group, weights.section * 2 / (size - 1))
