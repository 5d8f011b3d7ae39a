"""Louvain's method parts graphs as networkx does.

Ties of any strength, so that no two moves gain the same: which of such comes first is for networkx
a matter of its version.
"""

from __future__ import annotations

import random

import networkx
import pytest

from exai_audit.collectors.structure.symbols.louvain import Level, louvain

Ties = dict[tuple[int, int], float]


def some_ties(size: int, chance: random.Random) -> Ties:
    """Return ties between ``size`` nodes, sparse or dense."""
    share = chance.choice((0.03, 0.1, 0.3))
    pairs = ((one, other) for one in range(size) for other in range(one + 1, size))
    return {pair: chance.random() for pair in pairs if chance.random() < share}


def ours(size: int, ties: Ties, resolution: float, seed: int) -> list[list[int]]:
    near: list[dict[int, float]] = [{} for _ in range(size)]
    for (one, other), weight in ties.items():
        near[one][other] = near[other][one] = weight
    parts: dict[int, list[int]] = {}
    for node, part in enumerate(louvain(Level(near), resolution, seed)):
        parts.setdefault(part, []).append(node)
    return sorted(parts.values())


def theirs(size: int, ties: Ties, resolution: float, seed: int) -> list[list[int]]:
    graph = networkx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_weighted_edges_from((one, other, weight) for (one, other), weight in ties.items())
    found = networkx.community.louvain_communities(graph, resolution=resolution, seed=seed)
    return sorted(map(sorted, found))


@pytest.mark.parametrize("resolution", [1.1, 2.2])
@pytest.mark.parametrize("seed", range(4))
def test_parts_are_those_of_networkx(resolution: float, seed: int) -> None:
    chance = random.Random(seed)
    compared = 0
    for _ in range(40):
        size = chance.randint(2, 60)
        ties = some_ties(size, chance)
        if ties:
            compared += 1
            assert ours(size, ties, resolution, seed) == theirs(size, ties, resolution, seed)
    assert compared > 20
