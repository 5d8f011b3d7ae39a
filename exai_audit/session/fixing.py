"""Fixes of an audited project, by its own settings."""

from __future__ import annotations

from exai_audit.audit.repair import Repair, Wanted, choices_of, repair
from exai_audit.edits.edit import Applicability
from exai_audit.session.run import Run


def repaired(run: Run, wanted: Wanted, *, unsafe: bool) -> Repair:
    """Return the change that fixes what is wanted, proved by auditing its result.

    Args:
        unsafe: with fixes that change what the code does, as their rules wish.
    """
    kinds = {Applicability.SAFE, *([Applicability.UNSAFE] if unsafe else [])}
    choices = choices_of(run.settings, run.root)
    return repair(run.audited, run.root, run.settings, choices, wanted, frozenset(kinds))
