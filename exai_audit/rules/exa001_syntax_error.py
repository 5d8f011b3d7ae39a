"""A file that cannot be parsed.

*Why.* What cannot be parsed cannot be judged: the audit is blind in this file, and so is the
interpreter. The finding carries the parser's line and reason; the file adds no judged lines, and
the finding weighs once for each thirty lines that it hides. No gate passes while it stands.

*Bad*

    def broken(:
        return 1

*Good*

    def whole():
        return 1

*Known false alarms.* A template or a deliberately broken example that ends in ``.py``: exclude it.

*References.* The grammars are those of the Python that runs the tool, and of libcst, which reads
newer ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.file import FailureKind
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import Place, Span
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit for each judged file that the parser refused."""
    remedy = "Correct the syntax, or exclude the file."
    for facts in project.files:
        failure = facts.failure
        if failure and failure.kind is FailureKind.SYNTAX and facts.path in project.judged:
            span = Span(failure.line, failure.column, failure.line, failure.column + 1)
            place = Place(span, "", failure.evidence.strip())
            yield Hit(
                facts.path,
                place,
                Severity.MEDIUM,
                failure.reason,
                remedy,
                measured=facts.lines.physical,
            )


RULE = Rule(
    code="EXA001",
    name="syntax-error",
    family=Family.AUDIT,
    summary="a file that cannot be parsed",
    severity="medium",
    options=Options,
    check=check,
)
