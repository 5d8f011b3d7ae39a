"""When a file last changed, and whether that time can be trusted to tell a later change."""

from __future__ import annotations

import os

_RESOLUTION_NS = 2_000_000_000  # the coarsest clock of a file system in use: FAT


def changed_ns(status: os.stat_result) -> int:
    """Return when a file last changed: the time that nobody can set, where there is one."""
    return status.st_ctime_ns if os.name == "posix" else status.st_mtime_ns


def was_at_rest(changed: int, start: int) -> bool:
    """Tell whether a file that changed last at ``changed`` had a time of its own at ``start``."""
    return changed < start - _RESOLUTION_NS
