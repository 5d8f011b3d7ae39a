"""What git knows of the audited tree, through the git command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

GIT_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that is checked out, and its date as ``YYYY-MM-DD``."""

    commit: str
    date: str


def revision(folder: Path) -> Revision | None:
    """Return the commit checked out in ``folder``, None without git or without a commit."""
    command = ["git", "-C", str(folder), "log", "-1", "--format=%H %cs"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=GIT_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    commit, _, date = done.stdout.strip().partition(" ")
    return Revision(commit, date) if done.returncode == 0 and commit else None
