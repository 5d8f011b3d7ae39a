"""Find modules that their maintainers split: compare states of a git history.

    python benchmarks/splits/histories.py REPOSITORY [--clones DIR] [--days 150]

Prints every split as one line of ``histories.json``. Of what the main branch holds every ``--days``
days, two states that follow each other are compared as ``find.py`` compares releases.
``REPOSITORY`` is ``owner/name``, and its clone ``DIR/owner+name``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from truth import Split, definitions, placed_in

_DAY = 86_400
_FEWEST_GONE = 150
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|testing|site-packages|_?vendor|patched|third_party|migrations|alembic|examples?"
    r"|docs?)(/|$)|(^|/)test_|_pb2\.py$"
)
Tree = dict[str, str]
"""Path → git's hash of a file."""


def clone_of(repository: str, clones: Path) -> Path:
    """Return where the clone of ``owner/name`` lies."""
    return clones / repository.replace("/", "+")


def text_at(clone: Path, state: str, path: str) -> bytes:
    """Return a file of a commit.

    Raises:
        CalledProcessError: there is none.
    """
    return _git(clone, "show", f"{state}:{path}")


def splits_in(clone: Path, days: int) -> Iterator[tuple[str, Split]]:
    """Yield the commit before each split, and the split."""
    known: dict[str, set[str]] = {}

    def defined(blob: str) -> set[str]:
        if blob not in known:
            text = _git(clone, "cat-file", "blob", blob).decode("utf-8", "replace")
            known[blob] = definitions(text) or set()
        return known[blob]

    for old, new in pairwise(_states(clone, days)):
        before, after = _tree(clone, old), _tree(clone, new)
        shrunk = [path for path in _shrunk(clone, old, new) if path in before]
        if not shrunk:
            continue
        was = {path: defined(blob) for path, blob in before.items()}
        now = {path: defined(blob) for path, blob in after.items()}
        for path in shrunk:
            text = text_at(clone, old, path).decode("utf-8", "replace")
            placed = placed_in(path, was, now)
            split = Split(path, text.count("\n"), len(was[path]), placed)
            if split.is_real():
                yield old, split


def _states(clone: Path, days: int) -> Iterator[str]:
    last = 0
    log = _git(clone, "log", "--first-parent", "--reverse", "--format=%H %ct").decode()
    for commit, seconds in (line.split() for line in log.splitlines()):
        if int(seconds) - last > days * _DAY:
            last = int(seconds)
            yield commit


def _shrunk(clone: Path, old: str, new: str) -> Iterator[str]:
    """Yield the modules that lost many lines from one state to the other."""
    counts = _git(clone, "diff", "--numstat", "--no-renames", old, new, "--", "*.py")
    for line in counts.decode("utf-8", "replace").splitlines():
        _, gone, path = line.split("\t")
        if gone.isdigit() and int(gone) >= _FEWEST_GONE:
            yield path


def _tree(clone: Path, state: str) -> Tree:
    found: Tree = {}
    for entry in _git(clone, "ls-tree", "-r", "-z", state).decode("utf-8", "replace").split("\0"):
        about, _, path = entry.partition("\t")
        if path.endswith(".py") and not _LEFT_OUT.search(path):
            found[path] = about.split()[2]
    return found


def _git(clone: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", clone, *words], capture_output=True, check=True).stdout


def main() -> None:
    """Print the splits of a history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository")
    parser.add_argument("--clones", type=Path, default=Path(".clones"))
    parser.add_argument("--days", type=int, default=150)
    given = parser.parse_args()
    for commit, split in splits_in(clone_of(given.repository, given.clones), given.days):
        modules = {module: [] for module in sorted(Counter(split.placed.values()))}
        for name, module in sorted(split.placed.items()):
            modules[module].append(name)
        row = {"repository": given.repository, "old": commit, "file": split.module}
        print(json.dumps({**row, "symbols": split.symbols, "modules": modules}))


if __name__ == "__main__":
    main()
