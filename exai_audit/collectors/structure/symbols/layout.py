"""Clusters that could be modules: no circle among them, none above the limit, none trivial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf

from exai_audit.collectors.structure.symbols.atoms import Atoms
from exai_audit.collectors.structure.symbols.communities import communities, degrees_of
from exai_audit.collectors.structure.symbols.edges import Ties
from exai_audit.collectors.structure.symbols.louvain import Near

_ROUNDS = 12
_HEADER = 0.05
_ROUNDING = 1e-8


@dataclass(frozen=True, slots=True)
class Shape:
    """What clusters should be like.

    ``limit`` is in lines, ``smallest`` the share of it below which a cluster is trivial.
    """

    limit: int
    smallest: float = 0.1
    resolution: float = 1.1


class Layout:
    """Atoms in ranked clusters: each needs only atoms of its own rank or below.

    The ranks make a circle impossible. All choices are made in the order of the atoms, which is
    that of their names.
    """

    def __init__(self, atoms: Atoms, ties: Ties, shape: Shape) -> None:
        self._atoms = atoms
        self._shape = shape
        self._capacity = max(int(shape.limit * (1 - _HEADER)), 1)
        self._near: Near = [{} for _ in atoms.members]
        for (one, other), weight in sorted(ties.items()):
            self._near[one][other] = weight
            self._near[other][one] = weight
        self.degrees = degrees_of(self._near)
        self._total = fsum(ties.values()) or 1.0
        self._ties = ties
        users: dict[int, set[int]] = {n: set() for n in range(len(atoms.members))}
        for atom, needed in enumerate(atoms.needs):
            for target in needed:
                users[target].add(atom)
        self._users = users
        self.rank: dict[int, int] = {}

    def clusters(self) -> list[list[int]]:
        """Return clusters of atoms, those that others need first."""
        parts = self._parts_within_limit(range(len(self._near)))
        self._rank(self._settled(self._ordered(parts)))
        self._improve()
        self._rank(self._cut_to_size(self._current()))
        self._merge()
        self._improve()
        self._merge()
        return self._current()

    def _rank(self, parts: Sequence[Sequence[int]]) -> None:
        self.rank = {atom: rank for rank, part in enumerate(parts) for atom in part}

    # Communities, cut down to the limit

    def _parts_within_limit(self, nodes: Sequence[int]) -> list[list[int]]:
        found = []
        for part in communities(nodes, self._near, self._shape.resolution):
            inner = sorted(part)
            if len(inner) > 1 and self._size(inner) > self._capacity:
                found.extend(self._cut(inner, len(part) == len(nodes)))
            else:
                found.append(inner)
        return found

    def _cut(self, nodes: list[int], is_whole: bool) -> list[list[int]]:
        if not is_whole:
            return self._parts_within_limit(nodes)
        parts = communities(nodes, self._near, self._shape.resolution * 2)
        if len(parts) > 1:
            return [p for part in parts for p in self._halves(sorted(part))]
        return self._halves(nodes)

    def _halves(self, nodes: list[int]) -> list[list[int]]:
        """Cut a cluster that nothing divides by where its atoms stand in the file."""
        if len(nodes) < 2 or self._size(nodes) <= self._capacity:
            return [nodes]
        return self._chunks(sorted(nodes, key=lambda atom: self._atoms.members[atom]))

    def _chunks(self, atoms: Iterable[int]) -> list[list[int]]:
        chunks: list[list[int]] = [[]]
        for atom in atoms:
            if chunks[-1] and self._size([*chunks[-1], atom]) > self._capacity:
                chunks.append([])
            chunks[-1].append(atom)
        return [sorted(chunk) for chunk in chunks]

    def _size(self, atoms: Iterable[int]) -> int:
        return sum(self._atoms.lines[atom] for atom in atoms)

    # An order without circles

    def _ordered(self, parts: list[list[int]]) -> list[list[int]]:
        """Sort clusters so that few uses point upwards: what is needed comes first."""
        depth = self._depths()
        keyed = sorted(parts, key=lambda p: (sum(depth[a] for a in p) / len(p), p))
        home = {atom: number for number, part in enumerate(keyed) for atom in part}
        weight: dict[tuple[int, int], int] = {}
        for atom in sorted(home):
            for target in self._atoms.needs[atom] & home.keys():
                pair = home[atom], home[target]
                weight[pair] = weight.get(pair, 0) + 1
        order = list(range(len(keyed)))
        for _ in range(len(order)):
            swapped = False
            for at in range(len(order) - 1):
                low, high = order[at], order[at + 1]
                if weight.get((low, high), 0) > weight.get((high, low), 0):
                    order[at], order[at + 1] = high, low
                    swapped = True
            if not swapped:
                break
        return [keyed[number] for number in order]

    def _depths(self) -> dict[int, int]:
        """Return how long the longest chain of needs below each atom is."""
        depth: dict[int, int] = {}
        for atom in self._topological():
            depth[atom] = 1 + max((depth[n] for n in self._atoms.needs[atom]), default=-1)
        return depth

    def _topological(self) -> list[int]:
        """Return the atoms, each after all that it needs."""
        done: dict[int, None] = {}
        for root in range(len(self._near)):
            stack = [root]
            while stack:
                atom = stack[-1]
                open_needs = [n for n in sorted(self._atoms.needs[atom]) if n not in done]
                if open_needs:
                    stack.append(open_needs[0])
                else:
                    done[stack.pop()] = None
        return list(done)

    def _settled(self, parts: list[list[int]]) -> list[list[int]]:
        """Return the clusters with what stands below its needs moved, up or down."""
        wanted = {atom: number for number, part in enumerate(parts) for atom in part}
        topological = [atom for atom in self._topological() if atom in wanted]
        down, up = dict(wanted), dict(wanted)
        for atom in reversed(topological):
            users = [down[user] for user in self._users[atom] if user in down]
            ceiling = min(users, default=len(parts))
            if down[atom] > ceiling:
                down[atom] = self._nearest(atom, wanted, range(ceiling + 1))
        for atom in topological:
            floor = max((up[n] for n in self._atoms.needs[atom] if n in up), default=-1)
            if up[atom] < floor:
                up[atom] = self._nearest(atom, wanted, range(floor, len(parts)))
        return _grouped(max((down, up), key=self._quality))

    def _cut_to_size(self, parts: list[list[int]]) -> list[list[int]]:
        """Cut clusters above the limit into several that follow each other.

        Where communities do not come out small enough, the order of needs does.
        """
        found = []
        for part in parts:
            if len(part) < 2 or self._size(part) <= self._capacity:
                found.append(part)
                continue
            for piece in self._settled(self._ordered(self._parts_within_limit(part))):
                order = [atom for atom in self._topological() if atom in set(piece)]
                found.extend(self._chunks(order))
        return found

    def _nearest(self, atom: int, ranks: dict[int, int], allowed: Iterable[int]) -> int:
        pull = self._pulls(atom, ranks)
        return max(allowed, key=lambda rank: (pull.get(rank, 0.0), -rank))

    def _pulls(self, atom: int, ranks: dict[int, int]) -> dict[int, float]:
        pull: dict[int, float] = {}
        for other, weight in self._near[atom].items():
            if other in ranks:
                rank = ranks[other]
                pull[rank] = pull[rank] + weight if rank in pull else weight
        return pull

    def _quality(self, ranks: Mapping[int, int]) -> float:
        tied = (
            weight
            for (one, other), weight in self._ties.items()
            if one in ranks and ranks[one] == ranks.get(other)
        )
        return round(fsum(tied), 9)

    # Better places

    def _improve(self) -> None:
        """Move single atoms to where they are tied most, as long as that helps."""
        sizes, degrees = self._sums()
        for _ in range(_ROUNDS):
            moved = False
            for atom, rank in sorted(self.rank.items()):
                lines, degree = self._atoms.lines[atom], self.degrees.get(atom, 0.0)
                sizes[rank] -= lines
                degrees[rank] -= degree
                pull = self._pulls(atom, self.rank)
                best = self._best_rank(atom, pull, sizes, degrees) if pull.keys() - {rank} else rank
                self.rank[atom] = best
                sizes[best] += lines
                degrees[best] += degree
                moved = moved or best != rank
            if not moved:
                break

    def _best_rank(
        self, atom: int, pull: Mapping[int, float], sizes: dict[int, int], degrees: dict[int, float]
    ) -> int:
        """Return where an atom fits best; the sums are of the ranks without it."""
        current, lines = self.rank[atom], self._atoms.lines[atom]
        scale = self.degrees.get(atom, 0.0)

        def gain(rank: int) -> float:
            expected = scale * degrees.get(rank, 0.0) / (2 * self._total)
            return round(pull.get(rank, 0.0) - self._shape.resolution * expected, 9)

        stays = gain(current)
        is_oversized = sizes.get(current, 0) + lines > self._capacity
        # No rank gains more than it pulls: where none pulls enough, nothing more need be asked.
        least = -inf if is_oversized else stays - _ROUNDING
        worth = sorted(rank for rank, by in pull.items() if by > least and rank != current)
        if not worth:
            return current
        floor = max((self.rank[n] for n in self._atoms.needs[atom]), default=0)
        ceiling = min((self.rank[u] for u in self._users[atom]), default=len(self._near))
        best, most = current, -inf
        for rank in worth:
            if floor <= rank <= ceiling and sizes.get(rank, 0) + lines <= self._capacity:
                gained = gain(rank)
                if gained > most:
                    best, most = rank, gained
        has_to_go = is_oversized and sizes.get(current, 0) > 0
        return best if has_to_go or most > stays else current

    def _sums(self) -> tuple[dict[int, int], dict[int, float]]:
        sizes = dict.fromkeys(self.rank.values(), 0)
        degrees = dict.fromkeys(self.rank.values(), 0.0)
        for atom, rank in self.rank.items():
            sizes[rank] += self._atoms.lines[atom]
            degrees[rank] += self.degrees.get(atom, 0.0)
        return sizes, degrees

    # Fewer clusters

    def _merge(self) -> None:
        """Merge small clusters into those they are tied to most, and any that belong together."""
        while True:
            parts = self._current()
            for gain, low, high in self._merges(parts):
                if gain > 0 and self._may_merge(parts, -low, -high):
                    self._join(parts, -low, -high)
                    break
            else:
                return

    def _merges(self, parts: list[list[int]]) -> list[tuple[float, int, int]]:
        """Return what merging each two clusters gains, the best first, places as negatives."""
        home = {atom: number for number, part in enumerate(parts) for atom in part}
        between: dict[tuple[int, int], float] = {}
        for (one, other), weight in self._ties.items():
            low, high = home[one], home[other]
            pair = (low, high) if low < high else (high, low)
            between[pair] = between.get(pair, 0.0) + weight
        degrees = [fsum(self.degrees.get(a, 0.0) for a in part) for part in parts]
        sizes = [self._size(part) for part in parts]
        small = [self._is_small(part) for part in parts]
        found = []
        for low in range(len(parts)):
            for high in range(low + 1, len(parts)):
                tied = between.get((low, high), 0.0)
                any_small = small[low] or small[high]
                if (tied or any_small) and sizes[low] + sizes[high] <= self._capacity:
                    gain = self._merge_gain(tied, degrees[low], degrees[high], any_small)
                    found.append((gain, -low, -high))
        return sorted(found, reverse=True)

    def _merge_gain(self, tied: float, one: float, other: float, any_small: bool) -> float:
        """Return what a merge gains in modularity, and more where one of the two is small."""
        gain = tied - self._shape.resolution * one * other / (2 * self._total)
        if any_small:
            return round(1000.0 + gain / (min(one, other) or 1.0), 9)
        return round(gain, 9)

    def _is_small(self, part: list[int]) -> bool:
        symbols = sum(len(self._atoms.members[atom]) for atom in part)
        lines, smallest = self._size(part), self._shape.smallest * self._shape.limit
        return lines < smallest or (symbols == 1 and lines < 2 * smallest)

    def _may_merge(self, parts: list[list[int]], low: int, high: int) -> bool:
        """Tell whether two clusters fit into one without closing a circle through a third."""
        reached = set(parts[low])
        for middle in parts[low + 1 : high]:
            if any(self._atoms.needs[atom] & reached for atom in middle):
                reached.update(middle)
        above = reached - set(parts[low])
        return not any(self._atoms.needs[atom] & above for atom in parts[high])

    def _join(self, parts: list[list[int]], low: int, high: int) -> None:
        """Merge two clusters; what stands between them goes below or above as its needs say."""
        merged = {*parts[low], *parts[high]}
        above = set(parts[low])
        before, after = [], []
        for middle in parts[low + 1 : high]:
            if any(self._atoms.needs[atom] & above for atom in middle):
                above.update(middle)
                after.append(middle)
            else:
                before.append(middle)
        order = [*parts[:low], *before, sorted(merged), *after, *parts[high + 1 :]]
        self._rank(order)

    def _current(self) -> list[list[int]]:
        return _grouped(self.rank)


def _grouped(ranks: Mapping[int, int]) -> list[list[int]]:
    parts: dict[int, list[int]] = {}
    for atom in sorted(ranks):
        parts.setdefault(ranks[atom], []).append(atom)
    return [parts[rank] for rank in sorted(parts)]
