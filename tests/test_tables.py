"""The tables of pools, bridges and modules, and the gate, in the result."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scratch import run

SERVICE = """\
import asyncio
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(2)


async def work(item):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(POOL, str, item)
"""


def test_pools_bridges_and_modules_are_listed_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(SERVICE)
    done = run(tmp_path, "scan", "--isolated", "--no-cache", "-f", "json", "--fail-on", "low")
    document = json.loads(done.stdout)
    (pool,) = document["pool_table"]
    assert (pool["path"], pool["line"], pool["workers"]) == ("service.py", 4, 2)
    assert "EXA401" in pool["verdict"]
    (bridge,) = document["bridge_table"]
    assert (bridge["kind"], bridge["line"], bridge["verdict"]) == ("run-in-executor", 9, "ok")
    package = tmp_path.name
    assert document["modules"] == [
        {"path": "service.py", "lines": 9, "package": package, "owners": []}
    ]
    (gate,) = document["gate"]
    assert not gate["passed"]
    assert gate["line"].startswith("FAILED: ")
