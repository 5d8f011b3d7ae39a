"""How the time for one file grows: files made to be slow, at a quarter, a half, all of a size.

    python benchmarks/growth.py [BYTES] [KIND ...]

Prints processor seconds of a scan with a JSON report, in one process, and the largest memory. One
that takes over a minute is ended, and said so.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

_MOST_SECONDS = 60


def _many(template: str, head: str = "") -> Callable[[int], str]:
    """Return what repeats a piece of code; ``{i}`` and ``{n}`` are its number and the next one."""
    return lambda count: head + "".join(template.format(i=i, n=i + 1) for i in range(count))


_REQUESTS = "import requests\n"
KINDS: dict[str, Callable[[int], str]] = {
    "functions that call the next one": _many("def f{i}(x):\n    return f{n}(x)\n\n"),
    "separate functions": _many("def f{i}(x):\n    return x + {i}\n\n"),
    "constants": _many("A{i} = {i}\n"),
    "functions that assign one global": _many(
        "def f{i}():\n    global x\n    x = {i}\n", "x = 0\n"
    ),
    "locks": _many(
        "L{i} = threading.Lock()\ndef f{i}():\n    with L{i}:\n        pass\n", "import threading\n"
    ),
    "a name bound and used": _many(
        "    t = {i}\n    requests.get(u, timeout=t)\n", _REQUESTS + "def f(u):\n"
    ),
    "a session bound and used": _many("s = requests.Session()\ns.get('x')\n", _REQUESTS),
    "classes of one name": _many("class A:\n    def f(self):\n        return A()\n\n"),
    "bridges": _many(
        "def b{i}():\n    asyncio.run(c())\n\n", "import asyncio\nasync def c(): pass\n\n"
    ),
    "a chain of aliases": _many("a{n} = a{i}\n", _REQUESTS + "a0 = requests\n"),
    "a chain of constants": _many("T{n} = T{i}\n", "T0 = 5\n"),
    "a chain of classes": _many(
        "class A{n}(A{i}):\n    def f(self):\n        return self.g()\n\n", "class A0: pass\n\n"
    ),
    "a chain of factories": _many(
        "def f{n}():\n    return f{i}()\n\n",
        _REQUESTS + "def f0():\n    return requests.Session()\n\n",
    ),
    "caches in dictionaries": _many(
        "_c{i} = {{}}\ndef g{i}(k):\n    if k not in _c{i}:\n        _c{i}[k] = h(k)\n"
        "    return _c{i}[k]\n\n"
    ),
    "coroutines that block one call away": _many(
        "async def c{i}():\n    h{i}()\n\ndef h{i}():\n    time.sleep(1)\n\n", "import time\n"
    ),
    "pools": _many(
        "def f{i}():\n    p = ThreadPoolExecutor(4)\n    p.submit(g).result()\n\n",
        "from concurrent.futures import ThreadPoolExecutor\n",
    ),
    "one pool for all": _many(
        "def f{i}():\n    P.submit(f{n})\n\n",
        "from concurrent.futures import ThreadPoolExecutor\nP = ThreadPoolExecutor(4)\n",
    ),
    "threads joined at last": _many(
        "    try:\n        await g({i})\n    finally:\n        t.join()\n",
        "import threading\nt = threading.Thread()\nasync def f():\n",
    ),
    "caches of one name": _many(
        "@functools.lru_cache(None)\ndef f(x):\n    return x\n\n", "import functools\n"
    ),
    "methods of one class": _many(
        "    def m{i}(self):\n        self.x{i} = 1\n        return self.m{n}()\n\n", "class A:\n"
    ),
    "branches of one condition": _many(
        "    elif x == {n}:\n        return {i}\n", "def f(x):\n    if x == 0:\n        return 0\n"
    ),
    "entries of one dictionary": lambda count: (
        "D = {\n" + "".join(f"    'timeout_{i}': {i},\n" for i in range(count)) + "}\n"
    ),
}


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("size", type=int, nargs="?", default=120_000)
    # Where none is given argparse looks for the empty list among the choices.
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], default=[])
    asked = parser.parse_args()
    print(f"| {asked.size:,} bytes of | a quarter | a half | all | memory, MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind in asked.kinds or KINDS:
        sizes = (asked.size // 4, asked.size // 2, asked.size)
        runs = [_scanned(_of_size(KINDS[kind], size)) for size in sizes]
        times = " | ".join(seconds for seconds, _ in runs)
        print(f"| {kind} | {times} | {runs[-1][1]:,} |", flush=True)


def _of_size(kind: Callable[[int], str], size: int) -> str:
    """Return the longest text of a kind that is no longer than so many bytes."""
    counts = range(1, size)
    return kind(max(1, bisect_right(counts, size, key=lambda count: len(kind(count)))))


def _scanned(text: str) -> tuple[str, int]:
    """Return the processor seconds of a scan as text, and the largest memory so far in MB."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.py").write_text(text)
        command = [sys.executable, "-m", "exai_audit", "scan", folder, "--no-cache", "--jobs", "1"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*command, "-f", f"json={folder}/o.json"],
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS,) * 2),
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    if done.returncode < 0:
        return "ended", after.ru_maxrss // 1024
    done.check_returncode()
    return f"{spent:.1f}", after.ru_maxrss // 1024


if __name__ == "__main__":
    main()
