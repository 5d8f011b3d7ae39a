"""Of two limits one within the other, a person decides which is to change."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import as_written, by_hand
from exai_audit.fixing.fixer import Fixer


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show both limits as they are written."""
    inner = as_written(finding.path, finding.line, bench)
    outer = [as_written(other.path, other.line, bench) for other in finding.related[:1]]
    where = f"change {inner} or {outer[0]}" if outer else f"change {inner}"
    return by_hand(f"{where}: {finding.remedy}")


FIXER = Fixer("EXA204", Applicability.SHOWN, fix)
