"""What is to be changed: a fix and its edits, and what a file becomes by them."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.errors import AuditError
from exai_audit.location import Span


class RefusedEditError(AuditError):
    """An edit that cannot be made as it should; the message names the file and says why."""


class Applicability(str, Enum):
    """Who decides whether a fix is made.

    A safe one keeps what the code means, an unsafe one changes it as its rule wishes; one that is
    shown is never written.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    SHOWN = "shown"


class Edit(Struct, frozen=True, order=True):
    """The text of ``span`` in a file becomes ``text``, whose newlines are ``\\n``.

    ``path`` is relative to the root, the span that of `exai_audit.files.source.SourceFile`. An
    edit of a file that is not there makes it.
    """

    path: str
    span: Span
    text: str


class Fix(Struct, frozen=True):
    """How a finding is repaired: the message says what is done, or why it is only shown."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...] = ()


class FileChange(Struct, frozen=True):
    """What a file says before and after; None where there is none, so that it is made or deleted.

    ``path`` is relative to the root, with forward slashes.
    """

    path: str
    before: bytes | None
    after: bytes | None
