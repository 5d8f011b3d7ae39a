"""What is only shown: the lines that a person is to look at, and what to write there."""

from __future__ import annotations

import re

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.fixing.bench import Bench

_STORES = "cachetools"
_COMMENT = re.compile(r"\s#.*")


def by_hand(words: str) -> Fix:
    """Return a fix that a person makes."""
    return Fix(Applicability.SHOWN, f"by hand: {words}")


def as_written(path: str, line: int, bench: Bench) -> str:
    """Return a line with its place and without its comment, for a sentence."""
    source = bench.read(path)
    text = _COMMENT.sub("", source.line(line)).strip() if source is not None else ""
    return f"`{text}` in {path}:{line}" if text else f"{path}:{line}"


def with_a_store(remedy: str, bench: Bench) -> str:
    """Return a remedy with the number of entries, and where its library comes from."""
    told = re.sub(r"maxsize=\.\.\.", f"maxsize={bench.choices.cache_entries}", remedy)
    if _STORES not in told:
        return told
    is_there = any(
        name.partition(".")[0] == _STORES for facts in bench.project.files for name in facts.imports
    )
    return (
        f"{told} {_STORES} is {'in use already' if is_there else 'to be added to what it needs'}."
    )
