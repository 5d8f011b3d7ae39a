"""What the tools say of fixes: diffs, and why others are not made."""

from __future__ import annotations

from exai_audit.audit.repair import Repair
from exai_audit.edits.edit import Fix
from exai_audit.edits.patch import patch
from exai_audit.finding import Finding
from exai_audit.mcp.document import NOTICE, ROOM, Document, fitted_lines, fitting
from exai_audit.report.bottlenecks import location
from exai_audit.report.members import Json
from exai_audit.session.fixing import repaired
from exai_audit.session.open_project import State

_LONGEST_LINE = 400


def fix_page(found: Repair, *, written: bool) -> Document:
    """Return a change, and which of the fixes asked for are not part of it."""
    made = {id(finding) for finding, _ in found.made}
    fixed: list[Json] = [_said(finding, fix) for finding, fix in found.made]
    left: list[Json] = [_said(*pair) for pair in found.proposed if id(pair[0]) not in made]
    files: list[Json] = [change.path for change in found.changes]
    shown = {
        "files": files[: fitting(files, ROOM // 8)],
        "fixed": fixed[: fitting(fixed, ROOM // 4)],
        "not_fixed": left[: fitting(left, ROOM // 8)],
    }
    return {
        "notice": NOTICE,
        "written": written,
        **shown,
        "not_listed": len(files) + len(fixed) + len(left) - sum(map(len, shown.values())),
        "diff": fitted_lines(diff_of(found), ROOM // 2),
    }


def fix_of(state: State, finding: Finding) -> Json:
    """Return how one finding can be fixed, None where only a person can."""
    found = repaired(state.run, lambda one: one.fingerprint == finding.fingerprint, unsafe=True)
    if not found.proposed:
        return None
    _, fix = found.made[0] if found.made else found.proposed[0]
    diff = fitted_lines(diff_of(found), ROOM // 3)
    return {"applicability": fix.applicability.value, "message": fix.message, "diff": diff}


def diff_of(found: Repair) -> list[str]:
    """Return the lines of a change as a patch."""
    text = patch(found.changes).decode("utf-8", "replace")
    return [line[:_LONGEST_LINE] for line in text.splitlines()]


def _said(finding: Finding, fix: Fix) -> Json:
    return {
        "fingerprint": finding.fingerprint,
        "place": f"{finding.code} {location(finding)}",
        "applicability": fix.applicability.value,
        "message": fix.message,
    }
