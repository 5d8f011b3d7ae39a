"""Results of several folders of one repository, with paths that count from its top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.results.result import AuditResult

T = TypeVar("T")
_PATHS = frozenset({"path", "longest_module_path"})


def with_paths_of_repository(results: Sequence[AuditResult]) -> tuple[AuditResult, ...]:
    """Return results whose paths count from the top of the repository, if their roots differ.

    Texts that name a path stay as they are.
    """
    if len({result.target.folder for result in results}) == 1:
        return tuple(results)
    return tuple(map(_of_repository, results))


def _of_repository(result: AuditResult) -> AuditResult:
    folder = result.target.folder
    paths = tuple(_below(folder, path) for path in result.target.paths)
    moved = _moved(replace(result, facts=None), folder)
    return replace(moved, target=replace(moved.target, paths=paths, folder=""))


def _moved(value: T, folder: str) -> T:
    """Return a value in which every member that is a path lies below ``folder``."""
    if isinstance(value, tuple):
        return tuple(_moved(item, folder) for item in value)  # type: ignore[return-value]
    if not isinstance(value, Struct):
        return value
    changes: dict[str, object] = {}
    for name in value.__struct_fields__:
        held = getattr(value, name)
        if name in _PATHS:
            changes[name] = _below(folder, held) if held else held
        elif isinstance(held, (tuple, Struct)):
            changes[name] = _moved(held, folder)
    return replace(value, **changes)


def _below(folder: str, path: str) -> str:
    if not folder:
        return path
    return folder if path == "." else f"{folder}/{path}"
