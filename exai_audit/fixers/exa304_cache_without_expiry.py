"""How long a result may be out of date is for a person to say."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import by_hand, with_a_store
from exai_audit.fixing.fixer import Fixer


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show what to write, all but the seconds."""
    return by_hand(with_a_store(finding.remedy, bench))


FIXER = Fixer("EXA304", Applicability.SHOWN, fix)
