"""What is known of a project at one commit."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from exai_audit.finding import Family, Severity
from exai_audit.git.history import Commit


class Seen(Struct, frozen=True):
    """A finding at a commit. ``key`` is what stays the same when its line or its file's name does
    not; ``points`` is what it cost.
    """

    key: str
    code: str
    name: str
    severity: Severity
    path: str
    line: int
    message: str
    remedy: str
    points: float
    project_wide: bool = False


class Dated(Struct, frozen=True):
    """A suppression that ends, by its own word, on the day ``until``."""

    path: str
    line: int
    codes: tuple[str, ...]
    until: str


class Counts(Struct, frozen=True):
    """What there was of each family in the judged files; ``longest_module`` is in lines."""

    literal_limits: int = 0
    named_limits: int = 0
    unlimited_calls: int = 0
    bounded_caches: int = 0
    unbounded_caches: int = 0
    oversized_modules: int = 0
    longest_module: int = 0
    longest_path: str = ""


class Snapshot(Struct, frozen=True):
    """The audit of one state of the files. ``score`` is the displayed one, None without code.

    ``losses`` are the points that each category lost, ``unparsed`` counts files with syntax errors.
    """

    score: float | None
    grade: str | None
    files: int
    lines: int
    unparsed: int
    losses: tuple[tuple[Family, float], ...]
    counts: Counts
    findings: tuple[Seen, ...]
    dated: tuple[Dated, ...] = ()


class Point(Struct, frozen=True):
    """A commit and what its files say.

    ``renamed`` are new paths and their paths at the point before; ``changed`` tells in how many
    commits since then a file was changed.
    """

    commit: Commit
    snapshot: Snapshot
    renamed: Mapping[str, str]
    changed: Mapping[str, int]
