"""Limits that contradict one another are never merged: a person decides which of them holds."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer


def fix(finding: Finding, bench: Bench) -> Fix:
    """Say which numbers stand where; to write one of them in all places is the repair."""
    spots = dict.fromkeys(
        [(finding.path, finding.line), *((r.path, r.line) for r in finding.related)]
    )
    places: dict[str, list[str]] = {}
    for path, line in spots:
        for fact in bench.facts[path].timeouts if path in bench.facts else ():
            if fact.place.span.line == line and fact.literal:
                places.setdefault(fact.literal.strip("\"'"), []).append(f"{path}:{line}")
    told = "; ".join(f"{number} in {', '.join(where)}" for number, where in places.items())
    return Fix(Applicability.SHOWN, f"decide which holds, and write it everywhere: {told}")


FIXER = Fixer("EXA203", Applicability.SHOWN, fix)
