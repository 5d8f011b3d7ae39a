"""Louvain's method of parting a graph into communities, step for step as networkx takes it.

On graphs as small as these are, nearly all of the time of networkx goes to its graphs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

Near = list[dict[int, float]]
"""For each node the nodes that it is tied to, itself for what is inside of it, and how much."""

_ENOUGH = 1e-7


class Level:
    """A graph, each node of which is a community.

    ``near`` has each tie twice, in the same order whichever node it is seen from.
    """

    def __init__(self, near: Near) -> None:
        self.near = near
        self.degrees = [
            sum(others.values()) + others.get(node, 0) for node, others in enumerate(near)
        ]
        self.twice = sum(self.degrees)
        self.around = [
            [tie for tie in others.items() if tie[0] != node] for node, others in enumerate(near)
        ]

    def quality(self, resolution: float) -> float:
        """Return the modularity of the communities."""
        inside = sum(others.get(node, 0) for node, others in enumerate(self.near))
        squares = sum(degree * degree for degree in self.degrees)
        return 2 * inside / self.twice - resolution * squares / self.twice**2

    def joined(self, home: Sequence[int]) -> Level:
        """Return the graph of larger communities: what ties two, what is tied inside of one."""
        joined: Near = [{} for _ in range(max(home) + 1)]
        for node, others in enumerate(self.near):
            one = home[node]
            for neighbour, weight in others.items():
                if neighbour >= node:
                    other = home[neighbour]
                    weight += joined[one].get(other, 0)
                    joined[one][other] = joined[other][one] = weight
        return Level(joined)


def louvain(level: Level, resolution: float, seed: int) -> list[int]:
    """Return the number of each node's community in a graph without loops that has ties.

    Args:
        seed: decides in which order nodes are looked at.
    """
    chance = random.Random(seed)
    total = level.twice / 2
    found = list(range(len(level.near)))
    while home := _moved(level, total, resolution, chance):
        found = [home[node] for node in found]
        before, level = level, level.joined(home)
        if level.quality(resolution) - before.quality(resolution) <= _ENOUGH:
            break
    return found


def _moved(level: Level, total: float, resolution: float, chance: random.Random) -> list[int]:
    """Move nodes to communities of their neighbours until none gains; empty if none has."""
    degrees, around = level.degrees, level.around
    home = list(range(len(degrees)))
    sums = list(degrees)
    order = list(home)
    chance.shuffle(order)
    scale = 2 * total**2
    has_moved, is_moving = False, True
    while is_moving:
        is_moving = False
        for node in order:
            own = best = home[node]
            pulls: dict[int, float] = {}
            for other, weight in around[node]:
                at = home[other]
                pulls[at] = pulls[at] + weight if at in pulls else weight
            degree = degrees[node]
            sums[own] -= degree
            loss = -pulls.get(own, 0.0) / total + resolution * (sums[own] * degree) / scale
            most = 0.0
            for at, pull in pulls.items():
                gain = loss + pull / total - resolution * (sums[at] * degree) / scale
                if gain > most:
                    most, best = gain, at
            sums[best] += degree
            if best != own:
                home[node] = best
                is_moving = has_moved = True
    if not has_moved:
        return []
    numbers = {at: number for number, at in enumerate(sorted(set(home)))}
    return [numbers[at] for at in home]
