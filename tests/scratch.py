"""Scratch repositories and runs of the command line, for the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from exai_audit import cli

_NAMED = (
    *("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgSign=false"),
    *("-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"),
)


def git(folder: Path, *words: str) -> str:
    """Run git in ``folder`` and return what it says."""
    command = ["git", *_NAMED, *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, **files: str) -> str:
    """Write ``name.py`` files, commit all, and return the commit."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, **files: str) -> Path:
    """Make a repository with one commit on the branch ``main``."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-qb", "main")
    commit(folder, **files)
    return folder


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, **variables: str) -> Ended:
    """Run the command line in ``folder``, within this process."""
    out, err, here = StringIO(), StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with (
            patch.dict(os.environ, variables),
            patch.object(sys, "argv", ["exai-audit", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = cli.run(arguments)
    finally:
        os.chdir(here)
    return Ended(status, out.getvalue(), err.getvalue())
