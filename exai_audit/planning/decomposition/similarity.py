"""How alike symbols are: by words, uses, names, users, parameters, families and place.

Two symbols are alike if they are alike to the same others. Likeness is a whole number, ``ONE`` for
the same: sums of these are exact, so that every Python comes to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import exp, isqrt, log
from operator import mul

from msgspec import Struct

from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.planning.decomposition.matrices import (
    Matrix,
    Packed,
    gram,
    packed,
    placed,
    shifted,
    sparse_gram,
    sparse_product,
    symmetric,
    unpacked,
)
from exai_audit.words import words_of

ONE = 1 << 24
_STEPS, _DAMPING = 6, 0.75
_LINES, _PLACES = 100.0, 0.1
_SHIFT = 14
_FARTHEST = 2_000
_PLAIN = frozenset({SymbolKind.CONSTANT, SymbolKind.VARIABLE, SymbolKind.ALIAS})


class Weights(Struct, frozen=True):
    """What each kind of likeness counts; ``benchmarks/splits`` has what they are measured on."""

    vocabulary: float = 1.0
    walk: float = 0.9
    name: float = 0.4
    first: float = 0.3
    users: float = 0.3
    family: float = 0.2
    parameters: float = 0.2
    state: float = 0.0
    lines: float = 0.3
    places: float = 0.2


OF_MODULES = Weights()
OF_CLASSES = Weights(vocabulary=0.5, name=0.6, first=0.0, family=0.0, parameters=0.0, state=0.4)


def profiles(symbols: Sequence[SymbolFact], weights: Weights = OF_MODULES) -> Matrix:
    """Return how alike each two symbols are, from -``ONE`` to ``ONE``.

    Args:
        symbols: in source order; their uses are indices among them.
    """
    uses = [sorted({*s.uses, *s.typed} - {n}) for n, s in enumerate(symbols)]
    users: list[list[int]] = [[] for _ in symbols]
    for number, used in enumerate(uses):
        for target in used:
            users[target].append(number)
    total = _places(symbols, weights)
    _add(total, _cosines([_counted(s.words) for s in symbols]), weights.vocabulary)
    _add(total, _walked(uses, users), weights.walk)
    _add(total, _cosines([_once(_said(s)) for s in symbols]), weights.name)
    _add(total, _cosines([_once(map(str, found)) for found in users]), weights.users)
    if weights.parameters:
        _add(total, _cosines([_once(s.parameters) for s in symbols]), weights.parameters)
    if weights.state:
        _add(total, _cosines([_once(s.attributes) for s in symbols]), weights.state)
    _add_first_words(total, symbols, weights.first)
    _add_families(total, symbols, weights.family)
    found = _profile(total)
    _join_followers(found, symbols, users)
    return found


def _add(total: Packed, found: Packed, weight: float) -> None:
    tenths = round(10 * weight)
    for number, row in enumerate(found):
        total[number] += tenths * row


# Words and other things that symbols have


def _counted(words: Iterable[tuple[str, int]]) -> dict[str, float]:
    return {word: 1 + log(count) for word, count in words}


def _once(words: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(words, 1.0)


def _said(symbol: SymbolFact) -> set[str]:
    return {word for name in symbol.names for word in words_of(name) if len(word) > 1}


def _cosines(rows: Sequence[Mapping[str, float]]) -> Packed:
    """Return the cosines of rows of weighted words: the rarer a word, the more it counts."""
    count = len(rows)
    having = Counter(word for row in rows for word in row)
    shared = sorted(word for word, number in having.items() if 2 <= number < count)
    column = {word: number for number, word in enumerate(shared)}
    rarity = {word: log((count + 1) / (having[word] + 0.5)) for word in shared}
    units = []
    for row in rows:
        whole = [
            (column[word], round(weight * rarity[word] * ONE))
            for word, weight in row.items()
            if word in column
        ]
        length = isqrt(sum([value * value for _, value in whole])) or 1
        units.append([(number, value * ONE // length) for number, value in whole])
    return [shifted(row, 24, count) for row in sparse_gram(units, len(shared))]


# Uses


def _walked(uses: Sequence[Sequence[int]], users: Sequence[Sequence[int]]) -> Packed:
    """Return how near symbols are on random walks over uses: what many use leads nowhere."""
    count = len(uses)
    ties: list[dict[int, int]] = [{} for _ in uses]
    for number, used in enumerate(uses):
        for target in used:
            weight = round(ONE * len(users[target]) ** -0.5)
            ties[number][target] = ties[number].get(target, 0) + weight
            ties[target][number] = ties[target].get(number, 0) + weight
    steps = [_shares(row) for row in ties]
    reached = [0] * count
    for _ in range(_STEPS):
        begun = [row + placed(ONE, number) for number, row in enumerate(reached)]
        reached = [shifted(row, _SHIFT, count) for row in sparse_product(steps, begun)]
    shares = [_of_the_most(unpacked(row, count), number) for number, row in enumerate(reached)]
    return symmetric(
        [
            [isqrt(a * b) if a and b else 0 for a, b in zip(row[at:], column[at:], strict=True)]
            for at, (row, column) in enumerate(
                zip(shares, zip(*shares, strict=True), strict=True), 1
            )
        ]
    )


def _of_the_most(row: list[int], number: int) -> list[int]:
    """Return what a walk reaches as parts of what it reaches most, its own begin left out."""
    row[number] = 0
    most = max(row)
    return [value * ONE // most if value else 0 for value in row] if most else row


def _shares(row: Mapping[int, int]) -> list[tuple[int, int]]:
    total = sum(row.values())
    scale = round(_DAMPING * (1 << _SHIFT))
    return [(number, weight * scale // total) for number, weight in sorted(row.items())]


# Names, bases and places


def _add_first_words(total: Packed, symbols: Sequence[SymbolFact], weight: float) -> None:
    first = [next((w for name in s.names[:1] for w in words_of(name)), "") for s in symbols]
    counts, size = Counter(first), len(symbols)
    for word, count in counts.items():
        if word and count > 1 and weight:
            bonus = round(10 * ONE * weight * log((size + 1) / count) / log(size + 1))
            _add_group(total, [n for n, own in enumerate(first) if own == word], bonus)


def _add_families(total: Packed, symbols: Sequence[SymbolFact], weight: float) -> None:
    families: dict[int, list[int]] = {}
    for number, root in enumerate(family_roots(symbols)):
        if root is not None:
            families.setdefault(root, []).append(number)
    for members in families.values():
        _add_group(total, members, round(10 * ONE * weight))


def family_roots(symbols: Sequence[SymbolFact]) -> list[int | None]:
    """Return the topmost base that each class has in its module, itself if others have it."""
    at = {name: number for number, symbol in enumerate(symbols) for name in symbol.names}
    bases = [
        next((at[b] for b in s.bases if at.get(b, n) != n), None) for n, s in enumerate(symbols)
    ]
    inherited = {base for base in bases if base is not None}
    roots: list[int | None] = []
    for number in range(len(symbols)):
        root, base = number, bases[number]
        seen = {number}
        while base is not None and base not in seen:
            seen.add(base)
            root, base = base, bases[base]
        roots.append(root if root != number or number in inherited else None)
    return roots


def _add_group(total: Packed, members: Sequence[int], bonus: int) -> None:
    to_all = sum(placed(bonus, other) for other in members)
    for one in members:
        total[one] += to_all


def _join_followers(
    found: Matrix, symbols: Sequence[SymbolFact], users: Sequence[Sequence[int]]
) -> None:
    """Let constants and private symbols be alike to the one symbol that uses them.

    Maintainers keep three of four such pairs together.
    """
    for number, symbol in enumerate(symbols):
        is_follower = symbol.kind in _PLAIN or any(n.startswith("_") for n in symbol.names[:1])
        if is_follower and len(users[number]) == 1:
            user = users[number][0]
            found[number][user] = found[user][number] = ONE


def _places(symbols: Sequence[SymbolFact], weights: Weights) -> Packed:
    """Return how near symbols stand to each other, ten times ``ONE`` times its weight at most."""
    count = len(symbols)
    ten = 10 * ONE
    near = [round(ten * weights.places * exp(-n / (_PLACES * count + 1))) for n in range(count)]
    by_place = [packed((*near[one:0:-1], *near[: count - one])) for one in range(count)]
    ends = [(symbol.line, symbol.ranges[-1].last) for symbol in symbols]
    lines = _by_lines(max((last for _, last in ends), default=0), ten * weights.lines)
    halves = [
        [
            lines[start - last if start > last else max(0, first - end)]
            for start, end in ends[one + 1 :]
        ]
        for one, (first, last) in enumerate(ends)
    ]
    return [a + b for a, b in zip(symmetric(halves), by_place, strict=True)]


def _by_lines(most: int, weight: float) -> Sequence[int]:
    """Return how near symbols are by the lines between them, at least up to so many."""
    return [*_near(weight), *[0] * max(0, most + 1 - _FARTHEST)]


@lru_cache(maxsize=4)
def _near(weight: float) -> Sequence[int]:
    return [round(weight * exp(-n / _LINES)) for n in range(_FARTHEST)]


# Likeness to the same others


def _profile(total: Packed) -> Matrix:
    count = len(total)
    rows = [unpacked(row, count) for row in total]
    for number, row in enumerate(rows):
        row[number] = 0
        row[number] = max(row)
    means = [whole // count for whole in unpacked(sum(map(packed, rows)), count)]
    units = []
    for row in rows:
        above = [a - b for a, b in zip(row, means, strict=True)]
        length = isqrt(sum(map(mul, above, above))) or 1
        units.append([value * ONE // length for value in above])
    return [[value >> 24 for value in row] for row in gram(units)]
