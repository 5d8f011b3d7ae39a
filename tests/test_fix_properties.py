"""What holds of every fix, on modules put together from parts in any order."""

from __future__ import annotations

import ast
import io
import tempfile
import tokenize
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.edits.patch import patch
from tests.repairing import TODAY, apply, contents, repaired, write

HEADS = [
    "#!/usr/bin/env python\n# Copyright the authors\n\n",
    '"""What it does."""\n\n',
    '"""What it does."""\nfrom __future__ import annotations\n\n',
    "\x0c\n",
    "",
]
IMPORTS = [
    "import time\n",
    "import time as clock  # the clock\nimport time\n",
    "from os import path\nimport time\n",
    "if True:\n    import time\n",
]
PARTS = [
    "async def rest():\n    time.sleep(1)  # a while\n",
    "async def fetch(url):\n    # slow\n    return requests.get(\n"
    "        url,  # where\n        timeout=9,\n    )\n",
    "def price(url):\n    return requests.get(url, timeout=7)\n",
    "def stock(url):\n    return requests.post(url)  # café\n",
    "def ready(sock):\n    sock.settimeout(0.5)\n    return select.select([sock], [], [], 0.25)\n",
    "@functools.lru_cache(maxsize=None)\ndef rate(currency):\n    return currency * 2\n",
    "class Shop:\n    def __init__(self):\n        self.connect_timeout = 5\n\n"
    "    @functools.lru_cache(maxsize=8)\n    def name(self, item):\n        return item\n",
    "def work(items):\n    pool = ThreadPoolExecutor(8)\n    found = list(pool.map(str, items))\n"
    "    return found\n",
    "def unused(url):\n    return url  # exai: ignore[EXA201]\n",
    "time.sleep(3)\nSAID = 'a # text'\n",
]
LIBRARIES = (
    "import functools\nimport select\nfrom concurrent.futures import ThreadPoolExecutor\n\n"
    "import requests\n\n\n"
)

modules = st.builds(
    lambda head, imports, parts, end: (
        head + imports + LIBRARIES + "\n\n".join(parts).rstrip("\n") + end
    ),
    st.sampled_from(HEADS),
    st.sampled_from(IMPORTS),
    st.permutations(PARTS).flatmap(lambda parts: st.integers(1, 6).map(lambda n: parts[:n])),
    st.sampled_from(["", "\n"]),
)
encodings = st.sampled_from(["utf-8", "utf-8-sig"])
newlines = st.sampled_from(["\n", "\r\n"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(modules, encodings, newlines)
def test_what_always_holds(text: str, encoding: str, newline: str) -> None:
    data = text.replace("\n", newline).encode(encoding)
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), {"shop/__init__.py": "", "shop/work.py": data})
        was = _found(root)
        made = repaired(root)
        apply(root, made)
        after = contents(root)
        now = _found(root)
        fixed = Counter(f.code for f, _ in made.made if f.code != "EXA202")
        assert all(now[code] <= was[code] - fixed[code] for code in fixed)
        assert repaired(root).changes == (), patch(made.changes).decode()
    for path, source in after.items():
        ast.parse(source, path)
    assert _comments(data) - _comments(after["shop/work.py"]) <= Counter(
        {"# exai: ignore[EXA201]": 1}
    )
    _check_bytes(data, after["shop/work.py"], newline)


def _found(root: Path) -> Counter[str]:
    given, _ = load(root, None, False)
    found = audit([root], root, given, 1, lambda done, total: None, today=TODAY)
    return Counter(finding.code for finding in found.findings)


def _comments(data: bytes) -> Counter[str]:
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _check_bytes(before: bytes, after: bytes, newline: str) -> None:
    """Check that a file keeps its mark, its one kind of newline, and whether it ends with one."""
    assert after.startswith(b"\xef\xbb\xbf") is before.startswith(b"\xef\xbb\xbf")
    ends = after.count(newline.encode())
    assert after.count(b"\n") == ends and after.count(b"\r") == (ends if newline != "\n" else 0)
    assert after.endswith(b"\n") is before.endswith(b"\n")
