"""Fixes that meet: one after the other, in two passes, and the second run has nothing left."""

from __future__ import annotations

from pathlib import Path

from tests.repairing import apply, contents, repaired, write

BOTH = """\
import requests


def price(url):
    return requests.get(url, timeout=7)


async def stock(url):
    return requests.get(url).json()
"""


def test_two_fixes_of_one_call_are_both_made(tmp_path: Path) -> None:
    root = write(tmp_path, {"app/__init__.py": "", "app/work.py": BOTH})
    made = repaired(root)
    codes = sorted(finding.code for finding, _ in made.made)
    assert codes == ["EXA201", "EXA205", "EXA405"]
    apply(root, made)
    assert (
        "    return (await asyncio.to_thread(requests.get, url,"
        " timeout=timeouts.HTTP_REQUEST_SECONDS)).json()"
    ) in contents(root)["app/work.py"].decode()
    assert repaired(root).changes == ()


def test_a_fix_that_cannot_be_proved_leaves_the_others(tmp_path: Path) -> None:
    mixed = b"import time\r\n\n\nasync def rest():\n    time.sleep(1)\n"
    plain = "import time\n\n\nasync def rest():\n    time.sleep(1)\n"
    root = write(tmp_path, {"app/mixed.py": mixed, "app/plain.py": plain})
    made = repaired(root)
    assert [change.path for change in made.changes] == ["app/plain.py"]
    reasons = {finding.path: fix.message for finding, fix in made.proposed}
    assert "mixes newlines" in reasons["app/mixed.py"]
