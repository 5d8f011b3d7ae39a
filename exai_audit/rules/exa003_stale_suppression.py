"""A suppression that silences nothing.

*Why.* A comment that silences nothing misleads the reader, and silences the next finding on its
line unseen. One that has expired is a promise that came due: its finding is back.

*Bad*

```python
def add(a, b):
    return a + b  # exai: ignore[EXA405] -- start-up only
```

*Good*

```python
import time


async def start():
    time.sleep(0.1)  # exai: ignore[EXA405] -- start-up only, before the loop serves
```

*Known false alarms.* A scan of a part of the project can miss what only the whole shows, so that
a suppression looks unused: scan the whole, and show a part with ``--show-only``.

*References.* Reported are comments without codes, codes that no rule has, comments after their
``until=`` day (compared with ``SOURCE_DATE_EPOCH``, else with today), a day that is none, comments
for the file below its first statement, codes of project-wide findings, which only the settings
silence, and codes that silence no finding. A rule that does not run on the file is not reported. It
weighs nothing in the score. The grammar::

    # exai: ignore[CODE, CODE] until=2027-01-31 -- reason
    # exai: ignore-file[CODE] -- reason
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.suppressions import Staleness, StaleSuppression, SuppressionFact
from exai_audit.finding import Family, Hit, Severity
from exai_audit.location import Place, Span
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped, code_problem


class Options(Struct, frozen=True):
    """This rule has no settings."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each suppression that the other rules' findings have no use for."""
    for stale in project.stale:
        comment = stale.comment
        end = comment.column + len(comment.text)
        span = Span(comment.line, comment.column, comment.line, end)
        message, remedy = _said(stale)
        yield Hit(stale.path, Place(span, "", comment.text), Severity.LOW, message, remedy)


def _said(stale: StaleSuppression) -> tuple[str, str]:
    """Return what is wrong with a suppression, and what to do about it."""
    comment, codes = stale.comment, ", ".join(stale.codes)
    if stale.why is Staleness.BLANKET:
        return "the suppression names no rule, so it silences nothing", "Name it: ignore[EXA201]."
    if stale.why is Staleness.MISPLACED:
        return (
            f"the suppression of {codes} for the file stands below its first statement, so it"
            " silences nothing",
            "Move it to the top of the file, or use ignore[...] where the finding stands.",
        )
    if stale.why is Staleness.UNKNOWN:
        problems = "; ".join(_unknown(code) for code in stale.codes)
        return f"the suppression names an {problems}", "Correct or remove the code."
    if stale.why is Staleness.PROJECT_WIDE:
        return (
            f"{codes} speaks of the whole project, which no comment silences",
            "Remove the comment; use ignore or per-file-ignores in the settings.",
        )
    if stale.why is Staleness.UNUSED:
        where = "in the file" if comment.whole_file else "where it stands"
        return f"the suppression of {codes} silences nothing {where}", "Remove it."
    return _overdue(comment, stale.why, codes)


def _unknown(code: str) -> str:
    return code_problem(code) or f"unknown rule code {code!r}: a prefix is not enough here"


def _overdue(comment: SuppressionFact, why: Staleness, codes: str) -> tuple[str, str]:
    if why is Staleness.EXPIRED:
        return (
            f"the suppression of {codes} expired after {comment.until}, so it silences nothing",
            "Repair what it silenced, or decide on a new day.",
        )
    written = "" if comment.until == "?" else comment.until
    return (
        f"the suppression of {codes} ends on no day (until={written}), so it silences nothing",
        "Write the last day as until=2027-01-31.",
    )


RULE = Rule(
    code="EXA003",
    name="stale-suppression",
    family=Family.AUDIT,
    summary="a suppression that silences nothing",
    severity="low",
    options=Options,
    check=check,
    runs_last=True,
)
