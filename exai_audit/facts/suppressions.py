"""Facts about comments that silence findings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SuppressionFact:
    """One ``# exai: ignore[...]`` comment.

    It silences ``codes`` on lines ``first`` to ``last`` (1-based, inclusive), or in the whole file
    when ``whole_file``. ``line`` is the comment's own line.
    """

    line: int
    codes: tuple[str, ...]
    reason: str
    first: int
    last: int
    whole_file: bool
