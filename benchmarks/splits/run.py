"""Measure the decomposition plan against what maintainers did.

    python benchmarks/splits/run.py [--use report] [--folder DIR] [--pythons DIR] [--clones DIR]

For each case of ``cases.toml``, ``placed.json`` and ``histories.json`` the module before it was
split is clustered, and where its symbols were found later says which belong together. Parameters
were fitted on the cases of use ``fit``, and chosen on those of use ``choose``; nothing was done to
those of use ``report`` but to measure. Cases of histories need clones: ``--clones`` names a folder
with one ``owner+name`` for each repository; without it they are left out. Beside the adjusted Rand
index stand two baselines with as many modules as ours: consecutive pieces of equal size, and
clusters by the words of the names alone. ``real`` and ``ours`` are numbers of modules; a case
without a plan counts 0. Means and medians have 95 % intervals of 2,000 resamples of the cases.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path
from statistics import fmean, median
from subprocess import CalledProcessError

import tomllib
from histories import clone_of, text_at
from releases import sources
from truth import Split, release, split_of

from exai_audit.collectors.structure.symbols import module_symbols
from exai_audit.facts.symbols import FEWEST_GROUPS, ModuleSymbols
from exai_audit.files.source import decode
from exai_audit.planning.decomposition.partition import partition
from exai_audit.planning.decomposition.similarity import OF_MODULES, Weights
from exai_audit.words import words_of

_HERE = Path(__file__).parent
_LIMIT = 300
_RESAMPLES = 2_000
Placement = Mapping[str, object]
"""Symbol → the module it is in."""


@dataclass(frozen=True, slots=True)
class Case:
    """A split, and the symbols of the module before it."""

    name: str
    use: str
    split: Split
    module: ModuleSymbols


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case."""

    case: Case
    proposed: int
    ours: float
    companions: float
    chunks: float
    by_name: float


def cases(
    folder: Path, pythons: Path, use: str | None = None, clones: Path | None = None
) -> list[Case]:
    """Return the cases whose releases can be had, reading each release once."""
    found = [] if clones is None else [*_of_histories(clones, use)]
    if use in (None, "fit"):
        found += _placed(folder, pythons)
    releases: dict[Path, dict[str, set[str]]] = {}
    for row in tomllib.loads((_HERE / "cases.toml").read_text(encoding="utf-8"))["case"]:
        if use is not None and row["use"] != use:
            continue
        wheels = row.get("pythons", ("", ""))
        old, new = (
            sources(row["package"], row[key], wheel, folder, pythons)
            for key, wheel in zip(("old", "new"), wheels, strict=True)
        )
        for place in (old, new):
            releases.setdefault(place, release(place))
        module, text = _symbols(old / row["module"])
        split = split_of(row["module"], text, releases[old], releases[new])
        found.append(
            Case(f"{row['package']} {row['old']} {row['module']}", row["use"], split, module)
        )
    return found


def _placed(folder: Path, pythons: Path) -> Iterator[Case]:
    """Yield the cases of which it is written down where each symbol went."""
    for row in json.loads((_HERE / "placed.json").read_text(encoding="utf-8"))["cases"]:
        name = f"{row['package']} {row['old']} {row['file']}"
        old = _release(row["package"], row["old"], folder, pythons)
        if old is None:
            print(f"left out, its release cannot be had: {name}")
            continue
        module, _ = _symbols(old / row["file"])
        split = Split(row["file"], row["lines"], row["defined"], row["symbols"])
        yield Case(name, "fit", split, module)


def _of_histories(clones: Path, use: str | None) -> Iterator[Case]:
    """Yield the cases of git histories whose clones are there."""
    for row in json.loads((_HERE / "histories.json").read_text(encoding="utf-8")):
        clone = clone_of(row["repository"], clones)
        if use not in (None, row["use"]) or not clone.exists():
            continue
        source = decode(row["file"], text_at(clone, row["old"], row["file"]))
        module = module_symbols(source, ast.parse(source.text))
        assert module is not None, row
        placed = {name: at for at, names in row["modules"].items() for name in names}
        split = Split(row["file"], source.text.count("\n"), row["symbols"], placed)
        yield Case(f"{row['repository']} {row['file']}", row["use"], split, module)


def _release(package: str, version: str, folder: Path, pythons: Path) -> Path | None:
    for python in ("3.8", "3.11", "3.6"):
        try:
            return sources(package, version, python, folder, pythons)
        except CalledProcessError:
            continue
    return None


def _symbols(path: Path) -> tuple[ModuleSymbols, str]:
    source = decode(path.name, path.read_bytes())
    module = module_symbols(source, ast.parse(source.text))
    assert module is not None, path
    return module, source.text


def measure(case: Case, weights: Weights = OF_MODULES) -> Row:
    """Return the figures of one case."""
    module, found = case.module, partition(case.module, _LIMIT, weights)
    ours = {
        name: number
        for number, cluster in enumerate(found.clusters)
        for index in cluster
        for name in module.symbols[index].names
    }
    truth = case.split.placed
    ours.update(dict.fromkeys(truth.keys() - ours.keys(), -1))  # they stay in the facade
    names = sorted(truth, key=lambda name: _line(module, name))
    proposed = len({ours[name] for name in names})
    is_refused = bool(module.opaque) or len(found.clusters) < FEWEST_GROUPS
    return Row(
        case,
        0 if is_refused else len(found.clusters),
        0.0 if is_refused else rand_index(names, ours, truth),
        0.0 if is_refused else companions(names, ours, truth),
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


def _interval(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> str:
    """Return a figure of the cases with the 95 % interval of its resamples."""
    draw = random.Random(0)
    drawn = sorted(of(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    low, high = drawn[_RESAMPLES // 40], drawn[-_RESAMPLES // 40]
    return f"{of(values):.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--use", choices=("fit", "choose", "report"), default="report")
    parser.add_argument("--folder", type=Path, default=Path(".releases"))
    parser.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv" / "versions")
    parser.add_argument("--clones", type=Path)
    given = parser.parse_args()
    found = cases(given.folder, given.pythons, given.use, given.clones)
    rows = [measure(case) for case in found]
    print("| module | symbols | real | ours | ARI | companions | chunks | by name |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        split = row.case.split
        print(
            f"| {row.case.name} | {len(split.placed)} | {len(split.modules())} | {row.proposed} "
            f"| {row.ours:.2f} | {row.companions:.2f} | {row.chunks:.2f} | {row.by_name:.2f} |"
        )
    columns = [
        [value(row) for row in rows]
        for value in (_ours, _companions, lambda r: r.chunks, lambda r: r.by_name)
    ]
    for name, of in (("mean", fmean), ("median", median)):
        figures = " | ".join(_interval(column, of) for column in columns)
        print(f"| **{name}** | | | | {figures} |")
    print(f"\nwithout a plan: {sum(row.proposed == 0 for row in rows)} of {len(rows)}")


def _ours(row: Row) -> float:
    return row.ours


def _companions(row: Row) -> float:
    return row.companions


if __name__ == "__main__":
    main()
