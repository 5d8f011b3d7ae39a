"""Community detection over the symbol graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

from exai_audit.collectors.structure.symbols.edges import Ties
from exai_audit.collectors.structure.symbols.louvain import Level, Near, louvain

_SEEDS = range(4)


def communities(nodes: Sequence[int], near: Near, resolution: float) -> list[frozenset[int]]:
    """Return the best of several Louvain partitions of ``nodes``, largest first.

    Best by modularity, so that a small change of the module does not reshuffle it.

    Args:
        nodes: in ascending order.
        near: what each node of the graph is tied to, in ascending order.
    """
    within = near if len(nodes) == len(near) else _within(nodes, near)
    if not any(within):
        return [frozenset([node]) for node in nodes]
    level = Level(within)
    partitions: dict[tuple[frozenset[int], ...], None] = {}
    for seed in _SEEDS:
        found: dict[int, list[int]] = {}
        for node, part in zip(nodes, louvain(level, resolution, seed), strict=True):
            found.setdefault(part, []).append(node)
        parts = sorted(found.values(), key=lambda part: (-len(part), part))
        partitions[tuple(map(frozenset, parts))] = None
    if len(partitions) == 1:
        return [*next(iter(partitions))]
    ties = {
        (nodes[one], nodes[other]): weight
        for one, others in enumerate(within)
        for other, weight in others.items()
        if one < other
    }
    degrees = {nodes[one]: degree for one, degree in degrees_of(within).items()}
    return [
        *max(
            partitions,
            key=lambda parts: round(modularity(ties, parts, degrees, resolution), 9),
        )
    ]


def _within(nodes: Sequence[int], near: Near) -> Near:
    """Return the graph of some nodes, which go by their places among these."""
    at = {node: number for number, node in enumerate(nodes)}
    return [
        {at[other]: weight for other, weight in near[node].items() if other in at} for node in nodes
    ]


def modularity(
    ties: Ties,
    parts: Iterable[Iterable[int]],
    degrees: Mapping[int, float],
    resolution: float = 1.0,
) -> float:
    """Return the modularity of a partition in the graph of ``ties``, 0 where nothing is tied.

    Args:
        degrees: those of ``ties``, in ascending order of the nodes.
    """
    home = {node: number for number, part in enumerate(parts) for node in part}
    total = fsum(ties.values())
    if not total:
        return 0.0
    shares: dict[int, float] = {}
    for node, degree in degrees.items():
        shares[home[node]] = shares.get(home[node], 0.0) + degree
    inner = fsum(weight for (one, other), weight in ties.items() if home[one] == home[other])
    expected = fsum((share / (2 * total)) ** 2 for share in shares.values())
    return inner / total - resolution * expected


def degrees_of(near: Near) -> dict[int, float]:
    """Return the sum of the ties of each node that has any, in ascending order."""
    degrees: dict[int, float] = {}
    for node, others in enumerate(near):
        degree = 0.0
        for weight in others.values():
            degree += weight  # as `sum` does up to Python 3.11 only
        if others:
            degrees[node] = degree
    return degrees
