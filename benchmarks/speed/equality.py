"""Whether the short cuts change a fact: every file of the standard library read both ways.

Once as an audit reads it: by the interpreter's parser, topics asked where a word calls for them.
Once by libcst, all topics asked.
"""

from __future__ import annotations

import sysconfig
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from exai_audit.collectors import collect

_LARGEST = 1_000_000


def differing(jobs: int) -> tuple[int, list[str]]:
    """Return how many files were compared, and those of which not all facts are the same."""
    root = Path(sysconfig.get_path("stdlib"))
    files = [
        path
        for path in sorted(root.rglob("*.py"))
        if "site-packages" not in path.parts and path.stat().st_size <= _LARGEST
    ]
    with ProcessPoolExecutor(jobs) as pool:
        same = list(pool.map(_is_same, files, [root] * len(files), chunksize=8))
    return len(files), [str(path) for path, equal in zip(files, same, strict=True) if not equal]


def _is_same(path: Path, root: Path) -> bool:
    name = path.relative_to(root).as_posix()
    dotted = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    data = path.read_bytes()
    return collect(name, data, dotted) == collect(name, data, dotted, exhaustive=True)
