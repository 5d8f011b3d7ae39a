"""Hostile input for as long as anyone likes: mutated sources, settings, manifests and reports.

``python -m benchmarks.hostile --seconds 3600 FOLDER...`` takes the files below the folders, changes
bytes and tokens of them, and hands them to all collectors and readers. What raises something that
is not promised, or takes over five seconds, is printed with its seed, which makes the same input.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from exai_audit.audit.gitignore import Ignores
from exai_audit.collectors import collect
from exai_audit.config import load
from exai_audit.errors import AuditError
from exai_audit.facts.file import FileFacts
from exai_audit.knowledge.rows import rows_of
from exai_audit.project.console_scripts import console_scripts
from exai_audit.project.pins import is_below, pinned
from exai_audit.results.baseline import read_baseline
from exai_audit.results.stored import result_of

_SLOW = 5.0
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
_PIECES = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b"\n", b"    ", b"\t", b"\\", b"'", b'"',
    b"'''", b'"""', b"f'{", b"lambda", b"async ", b"await ", b"yield ", b"elif a:", b"match a:",
    b"case _:", b"*", b"**", b"@", b":=", b"->", b"=", b"#", b"1e999", b"9" * 5000, b"\x00",
    b"\xff", b"\xe2\x80\xae", b"\r", b"\x0c", b"\\N{x}", b"\xef\xbb\xbf", b"# coding: utf-16\n",
    b"global x", b"del x", b"import *", b"[z-a]", b"{a,b", b"null", b"-1", b"true",
)  # fmt: skip


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return ``data`` with a few bytes or tokens changed, moved, doubled or cut."""
    for _ in range(dice.randint(1, 4)):
        if dice.random() < 0.3:
            data = _with_other_bytes(data, dice)
        else:
            data = _with_other_tokens(data, dice)
    return data


def _with_other_bytes(data: bytes, dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    end = min(len(data), at + dice.choice((0, 1, 1, 8, 200)))
    return data[:at] + bytes(dice.choices(range(256), k=dice.randint(0, 3))) + data[end:]


def _with_other_tokens(data: bytes, dice: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    at, other = dice.randint(0, len(tokens)), dice.randint(0, len(tokens))
    first, last = sorted((at, min(len(tokens), at + dice.randint(0, 20))))
    new: Sequence[bytes] = dice.choice(
        (
            [dice.choice(_PIECES)],
            [dice.choice(_PIECES)] * dice.choice((2, 30, 300)),
            tokens[other : other + 20],
            tokens[first:last] * 2,
            [],
        )
    )
    return b"".join((*tokens[:first], *new, *tokens[last:]))


def collects(data: bytes) -> None:
    """Collect a source, and take its facts to the cache and back."""
    facts = collect("a.py", data, "a", 50)
    packed = msgspec.msgpack.encode(facts)
    assert msgspec.msgpack.decode(packed, type=FileFacts) == facts


def reads_beside(data: bytes) -> None:
    """Read a text as every kind of file that stands beside sources."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in ("uv.lock", "Pipfile.lock", "setup.cfg", "requirements.txt", ".gitignore"):
            (folder / side).write_bytes(data)
        for side in ("pyproject.toml", "exai-audit.toml", "baseline.json"):
            (folder / side).write_bytes(data)
        is_below(pinned(folder, ["redis", "httpx"]).get("redis", ""), "5.0")
        console_scripts(folder)
        ignores = Ignores().within(name)
        ignores.ignoring(f"{name}/a/b.py", False)
        ignores.ignoring(f"{name}/a", True)
        with suppress(AuditError):
            load(folder, None, False)
        with suppress(AuditError):
            list(rows_of(folder / "exai-audit.toml"))
        with suppress(AuditError):
            read_baseline(folder / "baseline.json")
        with suppress(AuditError):
            result_of(data.decode("utf-8", "replace"), "report.json")


def trouble_with(data: bytes, work: Callable[[bytes], None]) -> str:
    """Return what a piece of work raised, empty where it went well."""
    try:
        work(data)
    except Exception:  # whatever it is, it was not promised
        return traceback.format_exc(limit=-3)
    return ""


def _files(folders: Sequence[Path], suffixes: tuple[str, ...]) -> list[bytes]:
    found = [path for folder in folders for path in sorted(folder.rglob("*"))]
    kept = (path for path in found if path.suffix in suffixes and path.is_file())
    return [path.read_bytes() for path in kept if path.stat().st_size < 60_000]


def main() -> int:
    """Run the campaign and return 1 if anything was raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    kinds = (
        (collects, _files(asked.folders, (".py",))),
        (reads_beside, _files(asked.folders, (".toml", ".json", ".txt", ".cfg", ".lock"))),
    )
    counts: Counter[str] = Counter()
    end, seed = time.monotonic() + asked.seconds, asked.seed
    while time.monotonic() < end:
        dice = random.Random(seed)
        work, files = dice.choices(kinds, (9, 1))[0]
        data = mutated(dice.choice(files or [b""]), dice)
        start = time.process_time()
        trouble = trouble_with(data, work)
        counts[work.__name__] += 1
        if time.process_time() - start > _SLOW:
            counts["slow"] += 1
            print(f"seed {seed}: {work.__name__}: slow: {len(data):,} bytes", flush=True)
        if trouble:
            counts["raised"] += 1
            print(f"seed {seed}: {work.__name__}\n{trouble}", flush=True)
        seed += 1
    print(", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())))
    return 1 if counts["raised"] else 0


if __name__ == "__main__":
    sys.exit(main())
