"""Which of some folders is the nearest above a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
Located = Sequence[tuple[str, T]]
"""Things of folders, by the folder's path below the root; the deepest folder comes first."""


def deepest_first(of_folders: Sequence[tuple[str, T]]) -> tuple[tuple[str, T], ...]:
    """Return things of folders in the order that `nearest` wants."""
    return tuple(sorted(of_folders, key=lambda pair: (-pair[0].count("/"), pair[0])))


def nearest(path: str, of_folders: Located[T]) -> tuple[T, str] | None:
    """Return what the nearest folder above ``path`` has, and the path below that folder."""
    for folder, thing in of_folders:
        if path.startswith(f"{folder}/"):
            return thing, path[len(folder) + 1 :]
    return None
