"""``python -m benchmarks.fixes.kills [TIMES]``: runs that write are killed at random moments.

Each writes 50 files. After what the next run does first, the tree must be the old one or the new
one, and undoing brings the old one back.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from exai_audit.edits.edit import FileChange
from exai_audit.edits.write import roll_back, undo, write_changes

_FILES = 50


def main() -> None:
    """Kill runs, and print how they left the tree."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        root, journal = Path(folder) / "root", Path(folder) / "journal"
        changes = _changes(root)
        longest = _duration(root, journal, changes)
        print(dict(Counter(_killed(root, journal, changes, longest) for _ in range(times))))


def _changes(root: Path) -> list[FileChange]:
    found = []
    for number in range(_FILES):
        path = f"p{number % 5}/m{number}.py"
        before = f"x = {number}\n".encode() * 200
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(before)
        found.append(FileChange(path, before, before.replace(b"x", b"y")))
    return [*found, FileChange("new/m.py", None, b"z = 1\n")]


def _duration(root: Path, journal: Path, changes: list[FileChange]) -> float:
    start = time.perf_counter()
    write_changes(root, journal, changes)
    taken = time.perf_counter() - start
    undo(root, journal)
    return taken


def _killed(root: Path, journal: Path, changes: list[FileChange], longest: float) -> str:
    child = os.fork()
    if not child:
        write_changes(root, journal, changes)
        os._exit(0)
    time.sleep(random.uniform(0, longest * 1.3))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    mixed = _state(root, changes) == "mixed"
    roll_back(root, journal)
    state = _state(root, changes)
    if state == "new":
        undo(root, journal)
    if state == "mixed" or _state(root, changes) != "old":
        raise SystemExit("a killed run left a tree that is neither old nor new")
    return f"mixed when killed, then {state}" if mixed else state


def _state(root: Path, changes: list[FileChange]) -> str:
    now = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    for name, old in (("old", True), ("new", False)):
        wanted = {c.path: c.before if old else c.after for c in changes}
        if now == {path: data for path, data in wanted.items() if data is not None}:
            return name
    return "mixed"


if __name__ == "__main__":
    main()
