"""One run of one command: its time on the clock, its processor time, its memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_SECONDS = 900.0
_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Run:
    """``wall`` and ``processor`` in seconds, children included."""

    wall: float
    processor: float


def run(command: list[str], scratch: Path) -> Run:
    """Run a command to its end, whatever its exit status, and time it."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        command,
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    wall, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    return Run(wall, user + after.children_system - before.children_system)


def peak_memory(command: list[str], scratch: Path) -> float | None:
    """Return the most memory in MB that a command and its children hold at one time.

    Pages that several processes share are counted once for all; None where the system does not
    say (only Linux does).
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    process = subprocess.Popen(
        command, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0
    done = threading.Event()
    while not done.wait(_SAMPLE_SECONDS):
        peak = max(peak, sum(map(_proportional_kilobytes, _family(process.pid))))
        if process.poll() is not None:
            done.set()
    return peak / 1024


def _family(pid: int) -> list[int]:
    found = [pid]
    for known in found:
        try:
            for task in Path(f"/proc/{known}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _proportional_kilobytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    sizes = (line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(next(sizes, "0"))
