"""What lies at a path; where the system does not say, nothing does.

Unlike `pathlib`, none of these raises: not for a folder without permission on the way, a name that
is too long, or one with a null character in it.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path | str) -> bool:
    """Tell whether a regular file is there, links followed."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path | str) -> bool:
    """Tell whether a folder is there, links followed."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path | str) -> bool:
    """Tell whether anything is there, links followed."""
    return os.path.exists(path)  # noqa: PTH110
