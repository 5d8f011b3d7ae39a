"""How long a trend takes: cold, once more, and after the next commit.

    python benchmarks/history.py [REPOSITORY] [--commits 200] [--at REVISION] [--format terminal]

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
    parser.add_argument("--at", default="HEAD", help="the last of the commits")
    parser.add_argument("--format", default="terminal", help="what is written of them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        _git(Path(folder), "clone", "-q", str(asked.repository.absolute()), str(clone))
        _git(clone, "checkout", "-q", asked.at)
        points = json.loads(_trend(clone, asked.commits, "json"))["points"]
        lines = int(points[-1]["snapshot"]["lines"])
        print(f"{asked.commits} commits, {lines:,} lines at the end")
        print("| run | seconds | processor seconds |\n| --- | ---: | ---: |")
        shutil.rmtree(clone / ".exai-audit-cache")
        _row("cold", clone, asked)
        _row("once more", clone, asked)
        changed = max(clone.rglob("*.py"), key=lambda file: file.stat().st_size)
        changed.write_text(changed.read_text() + "\n# One more line.\n")
        _git(clone, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qam", "One more")
        _row("after the next commit", clone, asked)


def _row(name: str, clone: Path, asked: argparse.Namespace) -> None:
    start, before = time.perf_counter(), _spent()
    _trend(clone, asked.commits, asked.format)
    print(f"| {name} | {time.perf_counter() - start:.1f} | {_spent() - before:.1f} |", flush=True)


def _trend(clone: Path, commits: int, form: str) -> bytes:
    """Run the command and return what it writes."""
    command = [sys.executable, "-m", "exai_audit", "trend", "--last", str(commits), "-f", form]
    # Not the code of the clone, which is this project's, too.
    safe = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=clone, env=safe, check=True, capture_output=True).stdout


def _spent() -> float:
    import resource  # only where there are such

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


if __name__ == "__main__":
    main()
