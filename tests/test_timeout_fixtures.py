"""The timeout fixtures are many, and differ in form rather than in value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
EXPECTED = re.compile(r"# expect: EXA20\d")
NUMBER = re.compile(r"\b\d[\d_.]*(?:e\d+)?\b")
LOOKS_LIKE_ONE = re.compile(
    r"(?i)timeout|deadline|max_wait|heartbeat|ping_interval|_ms\b|_seconds\b"
    r"|\b(?:wait|join|result|get|put|post|sleep|request|connect|open|urlopen|run|poll)\w*\("
)


def lines(folder: str) -> Iterator[str]:
    for path in sorted(FIXTURES.glob(f"EXA20*/{folder}/**/*.py")):
        yield from path.read_text("utf-8").split("\n")


def form(line: str) -> str:
    """Return a line without its numbers and its expectation."""
    return NUMBER.sub("N", line.partition("#")[0]).strip()


def test_firing_lines_differ_in_form() -> None:
    firing = {form(line) for line in lines("*") if EXPECTED.search(line)}
    assert len(firing) >= 200


def test_silent_look_alikes_differ_in_form() -> None:
    silent = {
        form(line)
        for line in lines("silent")
        if LOOKS_LIKE_ONE.search(line) and not line.lstrip().startswith(("import", "from", "def"))
    }
    assert len(silent) >= 250
