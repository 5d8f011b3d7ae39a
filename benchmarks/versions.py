"""The same files under several Pythons: whether each says the same facts of them.

    python benchmarks/versions.py FOLDER ... --pythons PYTHON3.10 PYTHON3.13 ...

Each is an interpreter in whose environment exai-audit's dependencies are installed. Prints how many
files say the same everywhere, which are told apart (one Python cannot parse them, and says so), and
which differ without that: there must be none.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

_LIMIT = 1_000_000
_PACKAGE = str(Path(__file__).parent.parent)


def main() -> int:
    """Compare, and return 1 if any file differs without a word."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pythons", nargs="+", default=[sys.executable])
    parser.add_argument("--facts", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.facts:
        for line in _facts(asked.folders):
            print(line)
        return 0
    said = [_said_by(python, asked.folders) for python in asked.pythons]
    counts: Counter[str] = Counter()
    for path in said[0]:
        kind = _kind([one[path] for one in said])
        counts[kind] += 1
        if kind != "the same":
            print(f"{kind}: {path}: {[one[path] for one in said]}")
    print(", ".join(f"{number:,} {kind}" for kind, number in counts.most_common()))
    return 1 if counts["different"] else 0


def _kind(said: Sequence[tuple[str, str]]) -> str:
    """Return whether Pythons agree; a pair is the hash of the facts, and why there are none."""
    if len({facts for facts, _ in said}) == 1:
        return "the same"
    if any(failure for _, failure in said):
        return "told apart"
    return "different"


def _said_by(python: str, folders: Sequence[Path]) -> dict[str, tuple[str, str]]:
    command = [python, __file__, *map(str, folders), "--facts"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": _PACKAGE}, capture_output=True, check=True
    )
    lines = (line.split("\t") for line in done.stdout.decode().splitlines())
    return {path: (facts, failure) for path, facts, failure in lines}


def _facts(folders: Sequence[Path]) -> Iterator[str]:
    import msgspec

    from exai_audit.collectors import collect

    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            if not file.is_file() or file.stat().st_size > _LIMIT or "\n" in str(file):
                continue
            facts = collect("a.py", file.read_bytes(), "a", 300)
            packed = hashlib.sha256(msgspec.msgpack.encode(facts)).hexdigest()[:16]
            failure = facts.failure.reason if facts.failure is not None else ""
            yield f"{file}\t{packed}\t{' '.join(failure.split())[:60]}"


if __name__ == "__main__":
    sys.exit(main())
