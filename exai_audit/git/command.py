"""The git command, run so that a hostile repository runs nothing.

Nothing that its configuration or attributes name is run: no hook, pager, monitor, external diff or
signature program, and no remote is asked. The command itself is never one of the project's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path

from exai_audit.errors import UsageError
from exai_audit.files.presence import is_there

GIT_TIMEOUT_SECONDS = 120.0
FETCH_TIMEOUT_SECONDS = 3600.0
_SAFE = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", "log.showSignature=false"),
    *("-c", "diff.external="),
)
# Set by hooks and by worktrees; they would point at another repository than the folder's own.
_REDIRECTING = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CEILING_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PAGER",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_WORK_TREE",
    }
)


class GitError(UsageError):
    """Git cannot tell; the message says why and what to do."""


def run(
    folder: Path,
    *words: str,
    given: bytes = b"",
    alone: bool = False,
    protocols: Collection[str] = (),
) -> subprocess.CompletedProcess[bytes]:
    """Run git in ``folder``; ``alone`` keeps every repository and configuration out of it.

    Args:
        given: what it reads.
        protocols: those by which it may reach a remote; it then has an hour.
    """
    command = [_program(os.environ.get("PATH", os.defpath), str(folder)), *_SAFE, *words]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=dict(_environment(folder if alone else None, protocols)),
            input=given,
            capture_output=True,
            check=False,
            timeout=FETCH_TIMEOUT_SECONDS if protocols else GIT_TIMEOUT_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git {words[0]} failed: {type(error).__name__}") from error


@lru_cache(maxsize=64)
def _program(path: str, folder: str) -> str:
    """Return the git command: of an absolute entry of the PATH that is not in the project.

    Raises:
        GitError: there is none.
    """
    project = _around(os.path.realpath(folder))
    for entry in filter(os.path.isabs, path.split(os.pathsep)):
        found = shutil.which("git", path=entry)
        is_inside = Path(os.path.realpath(entry)).is_relative_to(project)
        if found and Path(found).is_absolute() and not is_inside:
            return found
    raise GitError("the git command is not installed, or not on the PATH")


def _around(folder: str) -> str:
    """Return the top of the repository around a folder, else the folder."""
    above = (Path(folder), *Path(folder).parents)
    return str(next((one for one in above if is_there(one / ".git")), Path(folder)))


def _environment(alone: Path | None, protocols: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name not in _REDIRECTING:
            yield name, value
    yield "LC_ALL", "C"
    yield "GIT_TERMINAL_PROMPT", "0"
    yield "GIT_NO_LAZY_FETCH", "1"
    yield "GIT_ALLOW_PROTOCOL", ":".join(protocols) or "none"
    if alone is not None:
        yield "GIT_CEILING_DIRECTORIES", str(alone.parent)
        yield "GIT_CONFIG_NOSYSTEM", "1"
        yield "GIT_CONFIG_GLOBAL", os.devnull
        yield "GIT_ATTR_NOSYSTEM", "1"


def last_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ") if lines else "no reason given"
