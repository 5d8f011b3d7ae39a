"""Which files of the past today's settings would have audited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache

from exai_audit.config import Settings
from exai_audit.files.glob import Excludes
from exai_audit.files.nearest import nearest


def audited_below(
    tops: Iterable[str], settings: Settings, left_out: Collection[str]
) -> Callable[[str], bool]:
    """Return what tells of a path whether it lies below one of ``tops`` and is not excluded.

    Args:
        tops: files and folders relative to the root, ``.`` for all of it; they are taken even if
            excluded themselves.
        left_out: files and folders that today's audit left out.
    """
    gone = frozenset(left_out)
    chosen, everywhere = tuple(tops), Excludes(settings.files.excludes)
    parts = [(folder, Excludes(part.files.excludes)) for folder, part in settings.parts]

    @cache
    def excludes_any(path: str, above: int) -> bool:
        """Tell whether a path is left out, or a folder of it below the first ``above`` parts."""
        folder, _, name = path.rpartition("/")
        if path.count("/") > above and excludes_any(folder, above):
            return True
        excludes, below = nearest(path, parts) or (everywhere, path)
        return excludes.matching(below, name) is not None

    def is_audited(path: str) -> bool:
        return not _is_in_any(path, gone) and any(
            path == top or (_is_in(path, top) and not excludes_any(path, _depth(top)))
            for top in chosen
        )

    return is_audited


def _is_in_any(path: str, places: Collection[str]) -> bool:
    ends = [end for end, char in enumerate(path) if char == "/"]
    return path in places or any(path[:end] in places for end in ends)


def _is_in(path: str, top: str) -> bool:
    return top == "." or path.startswith(f"{top}/")


def _depth(top: str) -> int:
    return 0 if top == "." else top.count("/") + 1
