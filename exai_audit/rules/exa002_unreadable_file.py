"""A file that cannot be read or decoded.

*Why.* A file without read permission, or with bytes that are not valid in its declared encoding,
cannot be judged, and Python cannot import it either. A file that is nested too deeply, or takes
more steps to read than ``max-file-work``, is not judged either: none can hold up an audit. The
finding weighs once for each thirty lines that it hides, and no gate passes while it stands.

*Bad*

A file that begins with ``# -*- coding: utf-9 -*-``, or holds the byte ``0xff`` without an
encoding declaration.

*Good*

The same file saved as UTF-8.

*Known false alarms.* A test file for encodings: exclude it.

*References.* PEP 263.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.file import FailureKind
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import FILE_START, Place
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit for each judged file that could not be read."""
    remedy = "Save it as UTF-8 or declare its encoding, allow reading it, or exclude it."
    for facts in project.files:
        failure = facts.failure
        if failure and failure.kind is FailureKind.UNREADABLE and facts.path in project.judged:
            place = Place(FILE_START, "", "")
            yield Hit(
                facts.path,
                place,
                Severity.MEDIUM,
                failure.reason,
                remedy,
                measured=facts.lines.physical,
            )


RULE = Rule(
    code="EXA002",
    name="unreadable-file",
    family=Family.AUDIT,
    summary="a file that cannot be read or decoded",
    severity="medium",
    options=Options,
    check=check,
)
