"""All scattered limits that can have a name get one."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.limits import table
from exai_audit.fixing.moved import moved
from exai_audit.fixing.policies import is_detail
from exai_audit.fixing.refusal import RefusedError


def fix(finding: Finding, bench: Bench) -> Fix:
    """Move the limits that no comment keeps, and that nothing forbids to move."""
    edits: list[Edit] = []
    left = 0
    constants = table(bench)
    kept = {
        (path, line)
        for path, facts in bench.facts.items()
        for comment in facts.suppressions
        if "EXA201" in comment.codes
        for line in range(comment.first, comment.last + 1)
    }
    for (path, span), constant in constants.constants.items():
        site = next(s for s in constant.sites if (s.path, s.fact.literal_span) == (path, span))
        if constant.is_new and not bench.choices.details and is_detail(site, bench):
            left += 1
            continue
        try:
            if (path, span.line) in kept:
                raise RefusedError("a comment keeps it")
            edits += moved(site, constant, bench)
        except RefusedError:
            left += 1
    left += len(constants.refused)
    if not edits:
        raise RefusedError(f"none of the {left} limits can be moved: see each finding of EXA201")
    more = f"; {left} stay" if left else ""
    return Fix(Applicability.SAFE, f"name the scattered limits{more}", tuple(dict.fromkeys(edits)))


FIXER = Fixer("EXA202", Applicability.SAFE, fix)
