"""Community detection over the symbol graph; the only module that knows networkx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from exai_audit.collectors.symbols.ties import Ties

_SEEDS = range(4)


def communities(nodes: Sequence[int], ties: Ties, resolution: float) -> list[frozenset[int]]:
    """Return the best of several Louvain partitions of ``nodes``, largest first.

    Best by modularity, so that a small change of the module does not reshuffle it.
    """
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    inside = set(nodes)
    inner = {
        pair: weight
        for pair, weight in sorted(ties.items())
        if pair[0] in inside and pair[1] in inside
    }
    graph.add_weighted_edges_from((one, other, weight) for (one, other), weight in inner.items())
    if not inner:
        return [frozenset([node]) for node in nodes]
    best: tuple[float, list[frozenset[int]]] | None = None
    for seed in _SEEDS:
        found = nx.community.louvain_communities(graph, resolution=resolution, seed=seed)
        parts = sorted((frozenset(part) for part in found), key=lambda p: (-len(p), sorted(p)))
        quality = round(modularity(inner, parts, resolution), 9)
        if best is None or quality > best[0]:
            best = quality, parts
    assert best is not None
    return best[1]


def modularity(ties: Ties, parts: Iterable[Iterable[int]], resolution: float = 1.0) -> float:
    """Return the modularity of a partition in the graph of ``ties``, 0 where nothing is tied."""
    home = {node: number for number, part in enumerate(parts) for node in part}
    total = sum(ties.values())
    if not total:
        return 0.0
    degrees = degrees_of(ties)
    shares: dict[int, float] = {}
    for node in sorted(degrees):
        shares[home[node]] = shares.get(home[node], 0.0) + degrees[node]
    inner = sum(weight for (one, other), weight in ties.items() if home[one] == home[other])
    expected = sum((share / (2 * total)) ** 2 for share in shares.values())
    return inner / total - resolution * expected


def degrees_of(ties: Ties) -> Mapping[int, float]:
    """Return the sum of the ties of each node that has any."""
    degrees: dict[int, float] = {}
    for (one, other), weight in sorted(ties.items()):
        degrees[one] = degrees.get(one, 0.0) + weight
        degrees[other] = degrees.get(other, 0.0) + weight
    return degrees
