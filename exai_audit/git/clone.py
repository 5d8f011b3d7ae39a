"""A copy of a repository that an address names: its newest commit only, and nothing of it run."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from exai_audit.git.command import GitError, last_line, run

PROTOCOLS = ("https", "ssh")
"""The protocols that are spoken unless others are allowed."""


def clone(address: str, revision: str | None, folder: Path, protocols: Collection[str]) -> None:
    """Make a bare clone, one commit deep, in the empty ``folder``.

    No hook, template, submodule or remote helper is run; no password is asked for.

    Args:
        revision: a branch, a tag or a commit; by default what the remote has checked out.
        protocols: those that may be spoken.

    Raises:
        GitError: the protocol is not allowed, or git cannot fetch it.
    """
    for words in (
        ("init", "--quiet", "--bare", "--template="),
        (
            *("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules"),
            *("--end-of-options", address, revision or "HEAD"),
        ),
    ):
        done = run(folder, *words, protocols=protocols)
        if done.returncode != 0:
            raise GitError(f"git {words[0]} failed: {last_line(done.stderr)}")
    done = run(folder, "update-ref", "HEAD", "FETCH_HEAD")
    if done.returncode != 0:
        raise GitError(f"git update-ref failed: {last_line(done.stderr)}")
