"""How far a survey has come: a line for each repository that is done, so that it can be resumed."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from exai_audit import __version__
from exai_audit.files.atomic import replace_file
from exai_audit.files.source import SIDE_FILE_BYTES, UnreadableSourceError, read_bytes
from exai_audit.survey.work import Outcome, Work

FILE = "journal.jsonl"
_APPEND = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
"""Whoever wrote the folder may have put a link or a pipe there: neither is followed."""


class Entry(Struct, frozen=True):
    """A repository that is done; ``key`` stands for how it was audited."""

    name: str
    key: str
    reason: str = ""


class Journal(Struct, frozen=True):
    """The journal in the folder of results."""

    folder: Path

    def begin(self) -> None:
        """Forget all that is done.

        Raises:
            OSError: the file cannot be written.
        """
        replace_file(str(self.folder / FILE), b"", 0o644)

    def add(self, work: Work, outcome: Outcome) -> None:
        """Say that a repository is done; its report has to be written before.

        Raises:
            OSError: the file cannot be written.
        """
        line = json.dumps([outcome.name, key_of(work), outcome.reason])
        handle = os.open(self.folder / FILE, _APPEND, 0o644)
        with open(handle, "ab") as stream:  # noqa: PTH123 - a descriptor
            stream.write(line.encode("ascii") + b"\n")

    def done(self) -> dict[str, Entry]:
        """Return what is done, by name; a line that a killed run left half written says nothing."""
        try:
            data = read_bytes(self.folder / FILE, SIDE_FILE_BYTES)
        except UnreadableSourceError:
            return {}
        found = {}
        for line in data.split(b"\n"):
            try:
                name, key, reason = msgspec.json.decode(line, type=tuple[str, str, str])
            except (msgspec.MsgspecError, ValueError):
                continue
            found[name] = Entry(name, key, reason)
        return found


def key_of(work: Work) -> str:
    """Return what stands for how a repository is audited: by what, from where, with what policy."""
    own = msgspec.json.encode((work.repository, work.policy, _said(work.policy), __version__))
    return sha256(own).hexdigest()[:16]


def _said(policy: str | None) -> str:
    if policy is None:
        return ""
    try:
        return sha256(read_bytes(policy)).hexdigest()
    except UnreadableSourceError:
        return ""
