"""``python -m benchmarks.speed``: lay out the trees, run everything, print the tables."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import exai_audit
from benchmarks.speed.equality import differing
from benchmarks.speed.measure import Run, peak_memory, run
from benchmarks.speed.tools import COLD, OURS, PEERS, RUFF, Tool
from benchmarks.speed.trees import NAMES, Tree, TreeError, lay_out

_SLOW = 30.0
_PACKAGES = ("exai-audit", "libcst", "typer", "lizard", "pyscn", "radon", "ruff", "bandit")


def main() -> int:
    """Run what the arguments ask for; 1 when a short cut changes a fact."""
    options = _options()
    print(_machine())
    if options.equality:
        return _equality(options.jobs)
    _compile()
    with tempfile.TemporaryDirectory(prefix="exai-audit-speed-") as folder:
        try:
            trees = [lay_out(name, Path(folder, "trees")) for name in options.trees]
        except TreeError as error:
            print(error, file=sys.stderr)
            return 2
        for tree in trees:
            scratch = Path(folder, "scratch")
            scratch.mkdir(exist_ok=True)
            print("\n".join(_table(tree, scratch, options.rounds, peers=not options.alone)))
    return 0


def _compile() -> None:
    """Compile the tool as an installer does: no user's run begins with that."""
    compileall.compile_dir(Path(exai_audit.__file__).parent, quiet=2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each command")
    parser.add_argument("--trees", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--equality", action="store_true", help="compare facts, time nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="for --equality")
    return parser.parse_args()


def _machine() -> str:
    return (
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors; "
        + ", ".join(f"{name} {found}" for name in _PACKAGES if (found := _version(name)))
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _equality(jobs: int) -> int:
    files, others = differing(jobs)
    print(f"{files} files read by both parsers; {len(others)} with other facts")
    print("\n".join(others))
    return 1 if others else 0


def _table(tree: Tree, scratch: Path, rounds: int, *, peers: bool) -> Iterator[str]:
    """Yield the table of one tree: medians, and how many times ours, cold, and ruff's each is."""
    tools = [t for t in (*OURS, *(PEERS if peers else ())) if tree.name in t.trees]
    runs = _runs([t for t in tools if t.is_installed()], tree, scratch, rounds)
    cold = median(r.wall for r in runs[COLD])
    ruff = median(r.wall for r in runs[RUFF]) if RUFF in runs else None
    yield f"\n### {tree.title}: {tree.files:,} files, {tree.lines:,} lines\n"
    yield "| | seconds | of processor | ÷ cold | ÷ ruff |\n|---|---|---|---|---|"
    for title, found in runs.items():
        wall = median(r.wall for r in found)
        processor = median(r.processor for r in found)
        ratios = f"{wall / cold:.2f} | " + (f"{wall / ruff:.1f}" if ruff else "")
        yield f"| {title} | {wall:.2f} | {processor:.2f} | {ratios} |"
    memory = peak_memory(OURS[0].command(tree, scratch), scratch)
    if memory is not None:
        yield f"\nMost memory, cold, workers included: {memory:.0f} MB."


def _runs(tools: Sequence[Tool], tree: Tree, scratch: Path, rounds: int) -> dict[str, list[Run]]:
    """Run all tools in turn, so that what slows the machine down slows all of them.

    A first run of each that is not counted fills caches; what takes long is run fewer times.
    """
    found: dict[str, list[Run]] = {tool.title: [] for tool in tools}
    first: dict[str, Run] = {}
    for round_ in range(rounds + 1):
        for tool in tools:
            seen = first.get(tool.title)
            if seen is not None and seen.wall > _SLOW and round_ > 1:
                continue
            tool.before(tree, scratch)
            taken = run(tool.command(tree, scratch), scratch)
            if seen is None:
                first[tool.title] = taken
            else:
                found[tool.title].append(taken)
    return {title: runs or [first[title]] for title, runs in found.items()}


if __name__ == "__main__":
    sys.exit(main())
