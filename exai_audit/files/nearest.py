"""The folders above files: the nearest of some, and the one that all have in common."""

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
        if path.startswith(folder) and path.startswith("/", len(folder)):
            return thing, path[len(folder) + 1 :]
    return None


def common_folder(paths: Sequence[str]) -> str:
    """Return the folder that all of the paths lie in, with a slash behind it, empty without one."""
    common: list[str] = []
    for names in zip(*(path.split("/")[:-1] for path in paths), strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return "".join(f"{name}/" for name in common)
