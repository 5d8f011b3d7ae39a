"""How long a trend takes: cold, once more, and after the next commit.

    python benchmarks/history.py [REPOSITORY] [--commits 200]

By default on this repository. The clone that it works on is made for it and goes again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Print a table of seconds and processor seconds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repository", type=Path, nargs="?", default=ROOT)
    parser.add_argument("--commits", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        _git(Path(folder), "clone", "-q", str(asked.repository.absolute()), str(clone))
        lines = _trend(clone, asked.commits)
        print(f"{asked.commits} commits, {lines:,} lines at the end")
        print("| run | seconds | processor seconds |\n| --- | ---: | ---: |")
        shutil.rmtree(clone / ".exai-audit-cache")
        _row("cold", clone, asked.commits)
        _row("once more", clone, asked.commits)
        changed = max(clone.rglob("*.py"), key=lambda file: file.stat().st_size)
        changed.write_text(changed.read_text() + "\n# One more line.\n")
        _git(clone, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qam", "One more")
        _row("after the next commit", clone, asked.commits)


def _row(name: str, clone: Path, commits: int) -> None:
    start, before = time.perf_counter(), _spent()
    _trend(clone, commits)
    print(f"| {name} | {time.perf_counter() - start:.1f} | {_spent() - before:.1f} |", flush=True)


def _trend(clone: Path, commits: int) -> int:
    """Run the command; return how many lines the newest commit has."""
    command = [sys.executable, "-m", "exai_audit", "trend", "--last", str(commits), "-f", "json"]
    # Not the code of the clone, which is this project's, too.
    safe = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=clone, env=safe, check=True, capture_output=True)
    points = json.loads(done.stdout)["points"]
    return int(points[-1]["snapshot"]["lines"])


def _spent() -> float:
    import resource  # only where there are such

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


if __name__ == "__main__":
    main()
