"""Measure the decomposition plan against what maintainers did.

    python benchmarks/splits/run.py [--use report] [--folder DIR] [--pythons DIR]

For each case of ``cases.toml`` the module of the old release is clustered, and the symbols that
the new release holds elsewhere say which belong together. Beside the adjusted Rand index stand
two baselines with as many modules as ours: consecutive pieces of equal size, and clusters by the
words of the names alone. ``real`` and ``ours`` are numbers of modules; ``offered`` tells whether
the tool proposes the split: where it does not, it says why the module should stay whole.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path
from statistics import median

import tomllib
from releases import sources
from truth import Split, release, split_of

from exai_audit.collectors.structure.symbols import clustered
from exai_audit.collectors.structure.symbols.edges import WEIGHTS, Weights
from exai_audit.collectors.structure.symbols.graph import symbol_graph
from exai_audit.collectors.structure.symbols.statements import pieces_of
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.files.source import decode
from exai_audit.project.responsibilities import is_mixed
from exai_audit.words import words_of

_CASES = Path(__file__).parent / "cases.toml"
_LIMIT = 300
_MIN_MODULARITY = 0.3
Placement = Mapping[str, object]
"""Symbol → the module it is in."""


@dataclass(frozen=True, slots=True)
class Case:
    """A split, and the symbol graph of the module before it."""

    name: str
    use: str
    split: Split
    module: ModuleSymbols


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case."""

    case: Case
    proposed: int
    offered: bool
    ours: float
    companions: float
    chunks: float
    by_name: float


def cases(folder: Path, pythons: Path, use: str | None = None) -> list[Case]:
    """Return the cases, reading each release once."""
    releases: dict[Path, dict[str, set[str]]] = {}
    found = []
    for row in tomllib.loads(_CASES.read_text(encoding="utf-8"))["case"]:
        if use is not None and row["use"] != use:
            continue
        wheels = row.get("pythons", ("", ""))
        old, new = (
            sources(row["package"], row[key], wheel, folder, pythons)
            for key, wheel in zip(("old", "new"), wheels, strict=True)
        )
        for place in (old, new):
            releases.setdefault(place, release(place))
        path = old / row["module"]
        source = decode(row["module"], path.read_bytes())
        module = symbol_graph(pieces_of(source, ast.parse(source.text)))
        split = split_of(row["module"], source.text, releases[old], releases[new])
        name = f"{row['package']} {row['old']} {row['module'].rpartition('/')[2]}"
        if name.endswith("__init__.py"):
            name = f"{row['package']} {row['old']} {row['module']}"
        found.append(Case(name, row["use"], split, module))
    return found


def measure(case: Case, weights: Weights = WEIGHTS, **shape: float) -> Row:
    """Return the figures of one case."""
    module = clustered(case.module, _LIMIT, weights, **shape)
    ours = {
        name: number
        for number, cluster in enumerate(module.clusters)
        for index in cluster
        for name in module.symbols[index].names
    }
    truth = case.split.placed
    ours.update(dict.fromkeys(truth.keys() - ours.keys(), -1))  # they stay in the facade
    names = sorted(truth, key=lambda name: _line(module, name))
    proposed = len({ours[name] for name in names})
    return Row(
        case,
        len(module.clusters),
        is_mixed(module, _MIN_MODULARITY),
        rand_index(names, ours, truth),
        companions(names, ours, truth),
        rand_index(names, _chunks(names, proposed), truth),
        rand_index(names, _by_name(names, proposed), truth),
    )


def _line(module: ModuleSymbols, name: str) -> int:
    return min((s.line for s in module.symbols if name in s.names), default=0)


def rand_index(names: Sequence[str], found: Placement, truth: Placement) -> float:
    """Return the adjusted Rand index: 1 for the same partition, about 0 for one by chance."""
    pairs = [(found[name], truth[name]) for name in names]
    both = sum(comb(pairs.count(pair), 2) for pair in set(pairs))
    ours, real = [list(side) for side in zip(*pairs, strict=True)]
    one = sum(comb(ours.count(item), 2) for item in set(ours))
    other = sum(comb(real.count(item), 2) for item in set(real))
    expected = one * other / comb(len(names), 2)
    largest = (one + other) / 2
    return (both - expected) / (largest - expected) if largest != expected else 1.0


def companions(names: Sequence[str], found: Placement, truth: Placement) -> float:
    """Return the share of symbols whose module holds mostly real companions of theirs.

    Of the others placed in the same proposed module at least half are in the same real one; a
    symbol alone counts when it is alone in the real split too.
    """
    good = 0
    for name in names:
        together = [n for n in names if n != name and found[n] == found[name]]
        real = [n for n in names if n != name and truth[n] == truth[name]]
        right = sum(n in real for n in together)
        good += 2 * right >= len(together) if together else not real
    return good / len(names)


def _chunks(names: Sequence[str], number: int) -> dict[str, int]:
    return {name: at * number // len(names) for at, name in enumerate(names)}


def _by_name(names: Sequence[str], number: int) -> dict[str, int]:
    """Merge the groups whose names are most alike (average linkage) down to ``number``."""
    words = {name: set(words_of(name)) for name in names}
    groups = [[name] for name in names]

    def likeness(one: list[str], other: list[str]) -> float:
        shares = [
            len(words[a] & words[b]) / max(1, len(words[a] | words[b])) for a in one for b in other
        ]
        return sum(shares) / len(shares)

    while len(groups) > number:
        pairs = combinations(range(len(groups)), 2)
        one, other = max(pairs, key=lambda p: (likeness(groups[p[0]], groups[p[1]]), -p[0], -p[1]))
        groups[one].extend(groups.pop(other))
    return {name: at for at, group in enumerate(groups) for name in group}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--use", choices=("fit", "report"), default="report")
    parser.add_argument("--folder", type=Path, default=Path(".releases"))
    parser.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv" / "versions")
    given = parser.parse_args()
    rows = [measure(case) for case in cases(given.folder, given.pythons, given.use)]
    print("| module | symbols | real | ours | offered | ARI | companions | chunks | by name |")
    print("|---|---:|---:|---:|---|---:|---:|---:|---:|")
    for row in rows:
        split = row.case.split
        print(
            f"| {row.case.name} | {len(split.placed)} | {len(split.modules())} | {row.proposed} "
            f"| {'yes' if row.offered else 'no'} | {row.ours:.2f} | {row.companions:.2f} "
            f"| {row.chunks:.2f} | {row.by_name:.2f} |"
        )
    print(
        f"| **median** | | | | | {median(r.ours for r in rows):.2f} "
        f"| {median(r.companions for r in rows):.2f} | {median(r.chunks for r in rows):.2f} "
        f"| {median(r.by_name for r in rows):.2f} |"
    )


if __name__ == "__main__":
    main()
