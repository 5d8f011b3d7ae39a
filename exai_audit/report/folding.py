"""Lists in markdown that a reader may unfold."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.escape import code_block


def details(title: str, lines: list[str], limit: int | None) -> Iterator[str]:
    """Yield a collapsed list; at most ``limit`` lines of it, the rest counted."""
    shown = lines if limit is None else lines[:limit]
    if not shown:
        yield f"{title}, not listed here."
        return
    more = len(lines) - len(shown)
    rest = [f"... and {more:,} more"] if more else []
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from code_block([*shown, *rest], "text")
    yield ""
    yield "</details>"
