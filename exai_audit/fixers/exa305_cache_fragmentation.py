"""Which caches of a project become one layer is for a person to say."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import by_hand
from exai_audit.fixing.fixer import Fixer

_MOST_SHOWN = 12


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show which caches there are, those of one's own making first."""
    others = sorted(finding.related, key=lambda one: one.message.startswith("decorator "))
    places = [f"{other.message} in {other.path}:{other.line}" for other in others]
    more = f" and {len(places) - _MOST_SHOWN} more" if len(places) > _MOST_SHOWN else ""
    told = ", ".join([f"{finding.path}:{finding.line}", *places[:_MOST_SHOWN]])
    return by_hand(f"{finding.remedy} They are {told}{more}.")


FIXER = Fixer("EXA305", Applicability.SHOWN, fix)
