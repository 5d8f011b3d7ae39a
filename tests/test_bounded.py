"""Reports do not grow without need: of findings alike in a file the first are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exai_audit.audit.judge import MOST_ALIKE, bounded
from tests.findings import finding
from tests.scratch import run


def scanned(folder: Path, text: str) -> list[dict[str, Any]]:
    (folder / "a.py").write_text("import time\n\n\nasync def wait():\n" + text)
    done = run(folder, "scan", ".", "-f", "json", "--no-cache", "--select", "EXA405")
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def test_the_last_of_many_alike_says_how_many_are_left_out(tmp_path: Path) -> None:
    found = scanned(tmp_path, "    time.sleep(1)\n" * (MOST_ALIKE + 7))
    assert len(found) == MOST_ALIKE
    assert found[-1]["message"].endswith("(7 more of EXA405 in this file are left out)")
    assert not found[-2]["message"].endswith("left out)")


def test_suppressions_of_what_is_left_out_are_not_stale(tmp_path: Path) -> None:
    quiet = "    time.sleep(1)  # exai: ignore[EXA405]\n"
    found = scanned(tmp_path, "    time.sleep(1)\n" * (MOST_ALIKE + 1) + quiet)
    assert {one["code"] for one in found} == {"EXA405"}


def test_each_rule_has_its_own_in_each_file() -> None:
    found = [finding(code, path=path) for code in ("EXA101", "EXA405") for path in "ab"] * 3
    assert bounded(found, 3) == tuple(found)
    assert len(bounded(found, 2)) == 8
