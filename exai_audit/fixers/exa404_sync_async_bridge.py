"""What waits for a coroutine becomes one itself: its callers change, too, so a person does it."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import as_written, by_hand
from exai_audit.fixing.fixer import Fixer


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show the call, and the functions of the file that call the one it stands in."""
    place = (finding.line, finding.column)
    spans = ((fact, fact.place.span) for fact in bench.facts[finding.path].bridges)
    callers = next((f.callers for f, span in spans if (span.line, span.column) == place), ())
    told = f" It is called by {', '.join(callers)}." if callers else ""
    return by_hand(f"{as_written(finding.path, finding.line, bench)}: {finding.remedy}{told}")


FIXER = Fixer("EXA404", Applicability.SHOWN, fix)
