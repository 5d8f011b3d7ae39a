"""Groups of atoms in an order in which each needs earlier ones only: no circle of imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from exai_audit.planning.decomposition.atoms import Atoms
from exai_audit.planning.decomposition.matrices import Matrix
from exai_audit.planning.decomposition.similarity import ONE

_ROUNDS = 6
_WORTH = 0.03 * ONE
Ranks = dict[int, int]
"""Atom → the place of its group; it needs atoms of that place and of lower ones only."""
Pulls = Mapping[int, Mapping[int, float]]
"""Atom → how alike it is on average to the others of each group."""


class Arrangement:
    """Atoms in ranked groups, moved until none needs one above."""

    def __init__(self, atoms: Atoms, alike: Matrix) -> None:
        self._atoms = atoms
        self._sums = _sums(atoms, alike)
        self._sizes = [len(group) for group in atoms.members]
        self._top = 0
        self._users: list[set[int]] = [set() for _ in atoms.members]
        for atom, needed in enumerate(atoms.needs):
            for target in needed:
                self._users[target].add(atom)

    def arranged(self, groups: Sequence[Sequence[int]], *, improve: bool = True) -> list[list[int]]:
        """Return groups of atoms like ``groups``, those first that others need.

        Args:
            improve: whether single atoms may go where they are more alike.
        """
        self._top = len(groups) - 1
        wanted = {atom: at for at, group in enumerate(self._ordered(groups)) for atom in group}
        pulls = self._pulls(wanted)
        ways = (
            self._moved_down(wanted, pulls),
            self._moved_up(wanted, pulls),
            self._by_cheaper_end(wanted, pulls),
        )
        best = max(ways, key=self.quality)
        if improve:
            self._improve(best)
        return grouped(best)

    def quality(self, ranks: Ranks) -> int:
        """Return how alike the members of groups are on average, summed over the members."""
        found, counts = 0, self._counts(ranks)
        for rank, part in self._parts(ranks).items():
            for atom in part:
                row = self._sums[atom]
                pull = {rank: sum([row[other] for other in part]) - row[atom]}
                found += round(self._sizes[atom] * self._means(atom, pull, ranks, counts)[rank])
        return found

    # How near an atom is to each group

    def _pulls(self, ranks: Ranks) -> Pulls:
        counts, pulls = self._counts(ranks), self._all_pulls(ranks)
        return {atom: self._means(atom, pulls[atom], ranks, counts) for atom in ranks}

    def _counts(self, ranks: Ranks) -> dict[int, int]:
        counts: dict[int, int] = {}
        for atom, rank in ranks.items():
            counts[rank] = counts.get(rank, 0) + self._sizes[atom]
        return counts

    @staticmethod
    def _parts(ranks: Ranks) -> dict[int, list[int]]:
        parts: dict[int, list[int]] = {}
        for atom, rank in ranks.items():
            parts.setdefault(rank, []).append(atom)
        return parts

    def _all_pulls(self, ranks: Ranks) -> dict[int, dict[int, int]]:
        """Return how alike each atom is to all others of each group, summed up."""
        parts = self._parts(ranks)
        found: dict[int, dict[int, int]] = {}
        for atom, own in ranks.items():
            row = self._sums[atom]
            pull = {rank: sum([row[other] for other in part]) for rank, part in parts.items()}
            pull[own] -= row[atom]
            found[atom] = pull
        return found

    def _means(
        self, atom: int, pull: Mapping[int, int], ranks: Ranks, counts: Mapping[int, int]
    ) -> dict[int, float]:
        own, size = ranks[atom], self._sizes[atom]
        return {
            rank: value / (size * max(1, counts[rank] - (size if rank == own else 0)))
            for rank, value in pull.items()
        }

    # An order

    def _ordered(self, groups: Sequence[Sequence[int]]) -> list[Sequence[int]]:
        """Take the group of the least share of needs in those left, then swap neighbours."""
        home = {atom: at for at, group in enumerate(groups) for atom in group}
        needs: dict[tuple[int, int], int] = {}
        for atom in sorted(home):
            for target in sorted(self._atoms.needs[atom]):
                pair = home[atom], home[target]
                if pair[0] != pair[1]:
                    needs[pair] = needs.get(pair, 0) + 1
        left, order = list(range(len(groups))), []
        while left:

            def share(at: int) -> tuple[float, int]:
                out = sum(needs.get((at, other), 0) for other in left)
                into = sum(needs.get((other, at), 0) for other in left)
                return (out / (out + into) if out + into else 0.0, at)

            order.append(min(left, key=share))
            left.remove(order[-1])
        for _ in order:
            for at in range(len(order) - 1):
                low, high = order[at], order[at + 1]
                if needs.get((low, high), 0) > needs.get((high, low), 0):
                    order[at], order[at + 1] = high, low
        return [groups[at] for at in order]

    # Three ways to repair it

    def _moved_down(self, wanted: Ranks, pulls: Pulls) -> Ranks:
        """Move what is needed down to its users."""
        ranks = dict(wanted)
        for atom in reversed(self.topological):
            ceiling = min((ranks[user] for user in self._users[atom]), default=ranks[atom])
            if ranks[atom] > ceiling:
                ranks[atom] = _nearest(pulls[atom], range(ceiling + 1))
        return ranks

    def _moved_up(self, wanted: Ranks, pulls: Pulls) -> Ranks:
        """Move users up to what they need."""
        ranks = dict(wanted)
        top = max(wanted.values(), default=0)
        for atom in self.topological:
            floor = max((ranks[need] for need in self._atoms.needs[atom]), default=0)
            if ranks[atom] < floor:
                ranks[atom] = _nearest(pulls[atom], range(floor, top + 1))
        return ranks

    def _by_cheaper_end(self, wanted: Ranks, pulls: Pulls) -> Ranks:
        """Move either end of a need that points up, the one that loses less."""
        ranks = dict(wanted)
        top = max(wanted.values(), default=0)
        for _ in range(2):
            for user in self.topological:
                for need in sorted(self._atoms.needs[user]):
                    if ranks[user] >= ranks[need]:
                        continue
                    down = _nearest(pulls[need], range(ranks[user] + 1))
                    up = _nearest(pulls[user], range(ranks[need], top + 1))
                    if self._loss(pulls, ranks, need, down) <= self._loss(pulls, ranks, user, up):
                        ranks[need] = down
                    else:
                        ranks[user] = up
        return self._moved_down(ranks, self._pulls(ranks))

    def _loss(self, pulls: Pulls, ranks: Ranks, atom: int, to: int) -> float:
        own = pulls[atom]
        return self._sizes[atom] * (own.get(ranks[atom], 0.0) - own.get(to, 0.0))

    @cached_property
    def topological(self) -> list[int]:
        """Return the atoms, each after all that it needs."""
        done: dict[int, None] = {}
        for root in range(len(self._sizes)):
            stack = [root]
            while stack:
                atom = stack[-1]
                waiting = [n for n in sorted(self._atoms.needs[atom]) if n not in done]
                if waiting:
                    stack.append(waiting[0])
                else:
                    done[stack.pop()] = None
        return list(done)

    # Better places

    def _improve(self, ranks: Ranks) -> None:
        pulls = self._all_pulls(ranks)
        counts = self._counts(ranks)
        for _ in range(_ROUNDS):
            moved = False
            for atom in sorted(ranks):
                means = self._means(atom, pulls[atom], ranks, counts)
                own, to = ranks[atom], _nearest(means, self._allowed(atom, ranks))
                if to != own and means.get(to, -ONE) - means.get(own, -ONE) > _WORTH:
                    self._move(atom, to, ranks, pulls, counts)
                    moved = True
            if not moved:
                return

    def _allowed(self, atom: int, ranks: Ranks) -> range:
        """Return the places between what an atom needs and what needs it."""
        floor = max((ranks[need] for need in self._atoms.needs[atom]), default=0)
        top = min((ranks[user] for user in self._users[atom]), default=self._top)
        return range(floor, top + 1)

    def _move(
        self,
        atom: int,
        to: int,
        ranks: Ranks,
        pulls: Mapping[int, dict[int, int]],
        counts: dict[int, int],
    ) -> None:
        own = ranks[atom]
        ranks[atom] = to
        counts[own] -= self._sizes[atom]
        counts[to] = counts.get(to, 0) + self._sizes[atom]
        for other, pull in pulls.items():
            if other != atom:
                weight = self._sums[other][atom]
                pull[own] -= weight
                pull[to] = pull.get(to, 0) + weight
        if counts[own] == 0:
            for pull in pulls.values():
                pull.pop(own, None)

    # Fewer groups

    def joined(
        self, parts: list[list[int]], is_small: Callable[[Sequence[int]], bool]
    ) -> list[list[int]]:
        """Return the groups with each small one joined to the nearest that it may join."""
        while len(parts) > 1:
            small = [at for at, part in enumerate(parts) if is_small(part)]
            for at in sorted(small, key=lambda n: (self._lines(parts[n]), n)):
                others = [o for o in range(len(parts)) if o != at and self._may_join(parts, at, o)]
                if others:
                    near = max(others, key=lambda o: (self._mean(parts[at], parts[o]), -o))
                    parts = self._join(parts, min(at, near), max(at, near))
                    break
            else:
                break
        return parts

    def _lines(self, part: Iterable[int]) -> int:
        return sum(self._atoms.lines[atom] for atom in part)

    def _mean(self, one: Sequence[int], other: Sequence[int]) -> float:
        total = sum([self._sums[atom][also] for atom in one for also in other])
        sizes = self._sizes
        return total / (sum(sizes[a] for a in one) * sum(sizes[a] for a in other))

    def _may_join(self, parts: Sequence[Sequence[int]], one: int, other: int) -> bool:
        """Tell whether two groups fit into one without closing a circle through a third."""
        low, high = min(one, other), max(one, other)
        reached = set(parts[low])
        for middle in parts[low + 1 : high]:
            if any(self._atoms.needs[atom] & reached for atom in middle):
                reached.update(middle)
        above = reached - set(parts[low])
        return not any(self._atoms.needs[atom] & above for atom in parts[high])

    def _join(self, parts: list[list[int]], low: int, high: int) -> list[list[int]]:
        """Join two groups; what stands between them goes below or above as its needs say."""
        above = set(parts[low])
        before, after = [], []
        for middle in parts[low + 1 : high]:
            if any(self._atoms.needs[atom] & above for atom in middle):
                above.update(middle)
                after.append(middle)
            else:
                before.append(middle)
        merged = sorted((*parts[low], *parts[high]))
        return [*parts[:low], *before, merged, *after, *parts[high + 1 :]]


def _nearest(pull: Mapping[int, float], allowed: Iterable[int]) -> int:
    return max(allowed, key=lambda rank: (pull.get(rank, -ONE), -rank))


def grouped(ranks: Mapping[int, int]) -> list[list[int]]:
    """Return the atoms of each rank, in order."""
    parts: dict[int, list[int]] = {}
    for atom in sorted(ranks):
        parts.setdefault(ranks[atom], []).append(atom)
    return [parts[rank] for rank in sorted(parts)]


def _sums(atoms: Atoms, alike: Matrix) -> Matrix:
    """Return the likeness of each two atoms, summed over the pairs of their symbols."""
    if all(len(group) == 1 for group in atoms.members):
        order = [group[0] for group in atoms.members]
        return [[alike[one][other] for other in order] for one in order]
    columns = [
        [sum(column) for column in zip(*(alike[member] for member in group), strict=True)]
        for group in atoms.members
    ]
    return [[sum([column[n] for n in group]) for column in columns] for group in atoms.members]
