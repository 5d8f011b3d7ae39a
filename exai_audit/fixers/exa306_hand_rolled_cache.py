"""A cache that keeps its own books is replaced by a person: its users change with it."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import by_hand, with_a_store
from exai_audit.fixing.fixer import Fixer


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show what takes its place, and the functions that would lose their bookkeeping."""
    caches = bench.facts[finding.path].caches.found
    at = next((one for one in caches if one.place.span.line == finding.line), None)
    emptied = ", ".join(at.removed_in) if at is not None else ""
    less = f" Take the bookkeeping out of {emptied}." if emptied else ""
    return by_hand(with_a_store(finding.remedy, bench) + less)


FIXER = Fixer("EXA306", Applicability.SHOWN, fix)
