"""Louvain's method of parting a graph into communities, step for step as networkx takes it.

On graphs as small as these are, nearly all of the time of networkx goes to its graphs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property, lru_cache
from math import fsum

Near = list[dict[int, float]]
"""For each node the nodes that it is tied to, itself for what is inside of it, and how much."""

_ENOUGH = 1e-7
_ROUNDING = 1e-9


class Level:
    """A graph, each node of which is a community.

    ``near`` has each tie twice, in the same order whichever node it is seen from.
    """

    def __init__(self, near: Near) -> None:
        self.near = near
        self.degrees = [
            fsum(others.values()) + others.get(node, 0) for node, others in enumerate(near)
        ]
        self.twice = fsum(self.degrees)
        self.around = [
            [tie for tie in others.items() if tie[0] != node] for node, others in enumerate(near)
        ]

    @cached_property
    def _onward(self) -> list[list[tuple[int, float]]]:
        """For each node what ties it to itself and to later ones: each tie once."""
        return [
            [tie for tie in others.items() if tie[0] >= node]
            for node, others in enumerate(self.near)
        ]

    def quality(self, resolution: float) -> float:
        """Return the modularity of the communities."""
        inside = fsum(others.get(node, 0) for node, others in enumerate(self.near))
        squares = fsum(degree * degree for degree in self.degrees)
        return 2 * inside / self.twice - resolution * squares / self.twice**2

    def joined(self, home: Sequence[int]) -> Level:
        """Return the graph of larger communities: what ties two, what is tied inside of one."""
        joined: Near = [{} for _ in range(max(home) + 1)]
        for one, ties in zip(home, self._onward, strict=True):
            row = joined[one]
            for neighbour, weight in ties:
                other = home[neighbour]
                if other in row:
                    weight += row[other]
                row[other] = joined[other][one] = weight
        return Level(joined)


def louvain(level: Level, resolution: float, seed: int) -> list[int]:
    """Return the number of each node's community in a graph without loops that has ties.

    Args:
        seed: decides in which order nodes are looked at.
    """
    total = level.twice / 2
    found = list(range(len(level.near)))
    sizes: tuple[int, ...] = (len(found),)
    while home := _moved(level, total, resolution, _order(seed, sizes)):
        found = [home[node] for node in found]
        before, level = level, level.joined(home)
        if level.quality(resolution) - before.quality(resolution) <= _ENOUGH:
            break
        sizes = (*sizes, len(level.near))
    return found


@lru_cache(maxsize=4096)
def _order(seed: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return in which order the nodes of the last of the levels of these sizes are looked at.

    It hangs on the sizes alone: shuffling anew each time takes as long as a sweep.
    """
    chance = random.Random(seed)
    order: list[int] = []
    for size in sizes:
        order = list(range(size))
        chance.shuffle(order)
    return tuple(order)


def _moved(level: Level, total: float, resolution: float, order: Sequence[int]) -> list[int]:
    """Move nodes to communities of their neighbours until none gains; empty if none has."""
    degrees, around = level.degrees, level.around
    home = list(range(len(degrees)))
    sums = list(degrees)
    scale = 2 * total**2
    has_moved, is_moving, unchanged = False, True, 0
    while is_moving:
        is_moving = False
        for node in order:
            own = best = home[node]
            pulls: dict[int, float] = {}
            for other, weight in around[node]:
                at = home[other]
                if at in pulls:
                    pulls[at] += weight
                else:
                    pulls[at] = weight
            degree, before = degrees[node], sums[own]
            sums[own] = left = before - degree
            loss = -pulls.get(own, 0.0) / total + resolution * (left * degree) / scale
            most = 0.0
            needed = (-loss - _ROUNDING) * total
            for at, pull in pulls.items():
                if pull > needed:  # or else it gains less than the most, whatever is expected
                    gain = loss + pull / total - resolution * (sums[at] * degree) / scale
                    if gain > most:
                        most, best = gain, at
                        needed = (most - loss - _ROUNDING) * total
            sums[best] += degree
            if best != own:
                home[node] = best
                is_moving = has_moved = True
                unchanged = 0
            elif sums[own] != before:  # rounded
                unchanged = 0
            else:
                unchanged += 1
                if unchanged == len(order):  # each would be looked at as before
                    break
    if not has_moved:
        return []
    numbers = {at: number for number, at in enumerate(sorted(set(home)))}
    return [numbers[at] for at in home]
