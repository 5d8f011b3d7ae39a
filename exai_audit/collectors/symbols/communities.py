"""Community detection over the symbol graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from exai_audit.collectors.symbols.louvain import Level, Near, louvain
from exai_audit.collectors.symbols.ties import Ties

_SEEDS = range(4)


def communities(nodes: Sequence[int], ties: Ties, resolution: float) -> list[frozenset[int]]:
    """Return the best of several Louvain partitions of ``nodes``, largest first.

    Best by modularity, so that a small change of the module does not reshuffle it.

    Args:
        nodes: in ascending order.
        ties: in the order of the pairs.
    """
    at = {node: number for number, node in enumerate(nodes)}
    inner = {pair: tie for pair, tie in ties.items() if pair[0] in at and pair[1] in at}
    if not inner:
        return [frozenset([node]) for node in nodes]
    near: Near = [{} for _ in nodes]
    for (one, other), weight in inner.items():
        near[at[one]][at[other]] = near[at[other]][at[one]] = weight
    level = Level(near)
    partitions: dict[tuple[frozenset[int], ...], None] = {}
    for seed in _SEEDS:
        found: dict[int, list[int]] = {}
        for node, part in zip(nodes, louvain(level, resolution, seed), strict=True):
            found.setdefault(part, []).append(node)
        parts = sorted(found.values(), key=lambda part: (-len(part), part))
        partitions[tuple(map(frozenset, parts))] = None
    if len(partitions) == 1:
        return [*next(iter(partitions))]
    degrees = degrees_of(inner)
    return [
        *max(
            partitions,
            key=lambda parts: round(modularity(inner, parts, resolution, degrees), 9),
        )
    ]


def modularity(
    ties: Ties,
    parts: Iterable[Iterable[int]],
    resolution: float = 1.0,
    degrees: Mapping[int, float] | None = None,
) -> float:
    """Return the modularity of a partition in the graph of ``ties``, 0 where nothing is tied.

    Args:
        degrees: those of ``ties``, where they are known.
    """
    home = {node: number for number, part in enumerate(parts) for node in part}
    total = sum(ties.values())
    if not total:
        return 0.0
    degrees = degrees if degrees is not None else degrees_of(ties)
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
