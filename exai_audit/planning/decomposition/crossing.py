"""What crosses from one new module to another."""

from __future__ import annotations

from exai_audit.planning.decomposition.layout import Home, Split
from exai_audit.results.plans import Crossing


def crossings(split: Split) -> tuple[Crossing, ...]:
    """Return the names that other new modules need, those of most modules first."""
    users: dict[str, list[str]] = {}
    for home in split.homes:
        for name in sorted(_needed(home)):
            users.setdefault(name, []).append(home.name)
    homes = split.home_of()
    ranked = sorted(users.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(Crossing(name, homes[name], tuple(found)) for name, found in ranked)


def _needed(home: Home) -> set[str]:
    names = {name for found in (home.needs, home.reaches) for one in found.values() for name in one}
    return names | {name for late in home.late for name in late.names}


def share(split: Split) -> float:
    """Return the share of the uses among symbols that cross from one module to another."""
    rank = {n: at for at, home in enumerate(split.homes) for n in home.symbols}
    uses = [
        (rank[one], rank[other])
        for one in rank
        for other in split.module.symbols[one].uses
        if other in rank
    ]
    return sum(one != other for one, other in uses) / len(uses) if uses else 0.0
