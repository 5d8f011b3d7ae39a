"""Which symbols of a module belong together, and how clear that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact
from exai_audit.planning.decomposition.atoms import (
    Atoms,
    atoms_of,
    detached_names,
    movable_symbols,
)
from exai_audit.planning.decomposition.condensing import condensed
from exai_audit.planning.decomposition.effects import (
    run_order,
    runs_in_order,
    with_earlier,
)
from exai_audit.planning.decomposition.linkage import Groups, cut, with_small_joined
from exai_audit.planning.decomposition.matrices import Matrix
from exai_audit.planning.decomposition.order import Arrangement
from exai_audit.planning.decomposition.similarity import (
    OF_MODULES,
    ONE,
    Weights,
    profiles,
)

FEWEST, MOST = 3, 14
_FEWEST_LINES, _LINES_ALONE = 0.06, 0.3
_FEW_READERS = 3
_MORE, _TRIES = 4, 9
_REST_LINES, _REST_GROUPS = 0.15, 0.15
_LARGE_CIRCLE = 0.2
_MOST_OF_NEXT = 300
"""Fewer symbols than in a partition: of a huge module every part is divided once more."""
CLEAR, UNCLEAR = 0.39, 0.34


class Partition(Struct, frozen=True):
    """Symbols in clusters, those first that others need.

    ``clarity`` is how much more alike symbols are to their own cluster than to the next best.
    ``detached`` are names assigned anew at run time by more code than fits one module: the others
    reach them through their module. ``late`` tells that functions import what they need.
    """

    clusters: tuple[tuple[int, ...], ...]
    clarity: float
    detached: tuple[int, ...] = ()
    late: bool = False


def partition(
    module: ModuleSymbols,
    limit: int,
    weights: Weights = OF_MODULES,
    *,
    patched: frozenset[str] = frozenset(),
) -> Partition:
    """Return the clusters of a module's symbols, none where nothing can move.

    Where what runs at import would run in another order, the clusters are those which keep the
    order, if there are as many as a split needs.

    Args:
        limit: how many lines may be kept together for the sake of a name assigned anew.
        patched: names that tests replace, which stay with the few that read them.
    """
    found = _clustered(module, limit, weights, patched, ())
    order = tuple(run_order(module.symbols))
    if runs_in_order(module, order, found.clusters):
        return found
    ordered = _clustered(module, limit, weights, patched, order)
    is_enough = len(ordered.clusters) >= min(FEWEST, len(found.clusters))
    return ordered if is_enough and runs_in_order(module, order, ordered.clusters) else found


def _clustered(
    module: ModuleSymbols,
    limit: int,
    weights: Weights,
    patched: frozenset[str],
    after: Sequence[tuple[int, int]],
) -> Partition:
    """Return clusters in which the first of each pair of ``after`` does not run before the second.

    What runs at import and stays otherwise moves then, if what moves has to follow it.
    """
    chosen = sorted(with_earlier(module, movable_symbols(module.symbols), after))
    if not chosen:
        return Partition((), 0.0)
    symbols, members = condensed(among(module.symbols, chosen))
    order = [*_at(after, chosen, members)]
    alike = profiles(symbols, weights)
    wanted = int(max(len(chosen) ** 0.5, sum(s.lines for s in symbols) / limit) + 0.5)
    detached = detached_names(symbols, limit)
    ties = [*_read_together(symbols, patched)]
    atoms = atoms_of(symbols, ties, detached, after=order)
    late = max(map(len, atoms.members)) > max(2, _LARGE_CIRCLE * len(symbols))
    if late:
        atoms = atoms_of(symbols, ties, (), after=order, late=True)
    arrangement = Arrangement(atoms, alike)
    most = min(MOST, max(FEWEST, wanted))
    groups = with_rest_joined(cut(alike, _Enough(symbols, most, limit)), alike, symbols, limit)
    parts: list[list[int]] = []
    for number in range(FEWEST, FEWEST + _MORE):
        groups = _at_least(number, groups, alike, symbols, limit)
        is_forced = number > FEWEST
        parts = arrangement.arranged(_of_atoms(groups, atoms), improve=not is_forced)
        parts = arrangement.joined(
            parts, lambda part: not _is_substantial(symbols, part, atoms, limit)
        )
        if len(parts) >= FEWEST:
            break
    clusters = [sorted(n for atom in part for n in atoms.members[atom]) for part in parts]
    return Partition(
        tuple(
            tuple(sorted(chosen[one] for n in cluster for one in members[n]))
            for cluster in clusters
        ),
        clarity(alike, clusters),
        () if late else tuple(chosen[one] for n in detached for one in members[n]),
        late,
    )


def _at(
    pairs: Iterable[tuple[int, int]], chosen: Sequence[int], members: Sequence[Sequence[int]]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of a module's symbols as places among those chosen and put together."""
    place = {chosen[one]: at for at, group in enumerate(members) for one in group}
    for later, earlier in pairs:
        if later in place and earlier in place and place[later] != place[earlier]:
            yield place[later], place[earlier]


def _read_together(
    symbols: Sequence[SymbolFact], names: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """Yield what tests replace with each of its readers, where these are few."""
    for number, symbol in enumerate(symbols):
        if names.isdisjoint(symbol.names):
            continue
        readers = [n for n, other in enumerate(symbols) if number in other.uses and n != number]
        if len(readers) <= _FEW_READERS:
            yield from ((number, reader) for reader in readers)


def next_groups(
    module: ModuleSymbols, chosen: Sequence[int], limit: int
) -> tuple[tuple[int, ...], ...]:
    """Return the groups that a cluster over the limit falls into next, none where it does not."""
    symbols = among(module.symbols, chosen)
    lines = sum(symbol.lines for symbol in symbols)
    if len(symbols) < 2:
        return ()
    symbols, members = condensed(symbols, _MOST_OF_NEXT)
    alike, wanted = profiles(symbols), -(-lines // limit)
    groups = with_rest_joined(
        cut(alike, _Enough(symbols, max(2, wanted), limit)), alike, symbols, limit
    )
    if len(groups) < 2:
        return ()
    return tuple(tuple(chosen[one] for n in group for one in members[n]) for group in groups)


def among(symbols: Sequence[SymbolFact], chosen: Sequence[int]) -> list[SymbolFact]:
    """Return some symbols, whose uses are indices among these."""
    at = {number: place for place, number in enumerate(chosen)}

    def places(numbers: Iterable[int]) -> tuple[int, ...]:
        return tuple(at[number] for number in numbers if number in at)

    return [
        replace(
            symbol,
            uses=places(symbol.uses),
            eager=places(symbol.eager),
            typed=places(symbol.typed),
            rebinds=places(symbol.rebinds),
            mutates=places(symbol.mutates),
            calls=places(symbol.calls),
            hooks=places(symbol.hooks),
            touches=places(symbol.touches),
            fixed_uses=places(symbol.fixed_uses),
            annotated=places(symbol.annotated),
        )
        for symbol in (symbols[number] for number in chosen)
    ]


class _Enough:
    """Tells when merging ends: few enough groups, or few of any weight and little beside them."""

    def __init__(self, symbols: Sequence[SymbolFact], most: int, limit: int) -> None:
        self._limit = limit
        self._lines = [symbol.lines for symbol in symbols]
        self._most = most
        self._total = sum(self._lines)

    def __call__(self, groups: Groups) -> bool:
        if len(groups) <= self._most:
            return True
        if len(groups) > self._most + max(2, _REST_GROUPS * len(self._lines)):
            return False
        sizes = [(len(group), sum(self._lines[n] for n in group)) for group in groups]
        rest = [lines for count, lines in sizes if not substantial(count, lines, self._limit)]
        return (
            len(groups) - len(rest) <= self._most
            and sum(rest) < _REST_LINES * self._total
            and len(rest) <= max(2, _REST_GROUPS * len(self._lines))
        )


def substantial(count: int, lines: int, limit: int) -> bool:
    """Tell whether a group of symbols is worth a module of its own."""
    return (count >= 2 and lines >= _FEWEST_LINES * limit) or lines >= _LINES_ALONE * limit


def _is_substantial(
    symbols: Sequence[SymbolFact], part: Iterable[int], atoms: Atoms, limit: int
) -> bool:
    members = [number for atom in part for number in atoms.members[atom]]
    return substantial(len(members), sum(symbols[number].lines for number in members), limit)


def with_rest_joined(
    groups: Groups, alike: Matrix, symbols: Sequence[SymbolFact], limit: int
) -> Groups:
    """Return the groups with each insubstantial one in the nearest other, the smallest first."""
    lines = [symbol.lines for symbol in symbols]
    return with_small_joined(
        groups, alike, lines, lambda count, length: not substantial(count, length, limit)
    )


def _at_least(
    fewest: int, groups: Groups, alike: Matrix, symbols: Sequence[SymbolFact], limit: int
) -> Groups:
    """Return the groups with the longest parted until there are enough, where that can be."""
    while len(groups) < fewest:
        longest = max(groups, key=lambda group: (sum(symbols[n].lines for n in group), group))
        parts = _parted(longest, alike, symbols, limit)
        if len(parts) < 2:
            return groups
        groups = sorted([*(group for group in groups if group is not longest), *parts])
    return groups


def _parted(
    group: Sequence[int], alike: Matrix, symbols: Sequence[SymbolFact], limit: int
) -> Groups:
    """Return the first two or more substantial groups that a group falls into, if it does."""
    inside = [symbols[number] for number in group]
    near = [[alike[one][other] for other in group] for one in group]
    for number in range(2, min(len(group), _TRIES)):
        parts = cut(near, _Enough(inside, number, limit))
        parts = with_rest_joined(parts, near, inside, limit)
        if len(parts) > 1:
            return [sorted(group[n] for n in part) for part in parts]
    return []


def _of_atoms(groups: Groups, atoms: Atoms) -> list[list[int]]:
    """Return the groups as atoms: each goes where most of it is."""
    home = {number: at for at, group in enumerate(groups) for number in group}
    found: list[list[int]] = [[] for _ in groups]
    for atom, members in enumerate(atoms.members):
        shares: dict[int, int] = {}
        for number in members:
            shares[home[number]] = shares.get(home[number], 0) + 1
        found[max(shares, key=lambda at: (shares[at], -at))].append(atom)
    return [group for group in found if group]


def clarity(alike: Matrix, clusters: Sequence[Sequence[int]]) -> float:
    """Return the mean of how much more alike members are to their own cluster than to another."""
    total, counted = 0.0, 0
    if len(clusters) < 2:
        return 0.0
    for own, cluster in enumerate(clusters):
        for number in cluster:
            row = alike[number]
            means = [_mean([row[other] for other in part if other != number]) for part in clusters]
            total += means[own] - max(m for at, m in enumerate(means) if at != own)
            counted += 1
    return round(total / counted / ONE, 3)


def described(clear: float) -> str:
    """Return in words how clear clusters are."""
    if clear > CLEAR:
        return "a clear cut"
    return "several cuts are as good" if clear < UNCLEAR else "a fairly clear cut"


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
