"""Milliseconds where seconds are expected, or the reverse.

*Why.* A limit that is a thousand times too long never fires, one that is a thousand times too
short always does. Neither is seen before the day it matters: the code reads well.

*Bad*

```python
import requests


def stock(url, timeout_ms):
    return requests.get(url, timeout=timeout_ms)
```

*Good*

```python
import requests


def stock(url, timeout_ms):
    return requests.get(url, timeout=timeout_ms / 1000)
```

*Known false alarms.* A name that lies about its unit. A number alone (``timeout=5000`` where
seconds are expected) is a finding of low confidence.

*References.* Units come from the last word of a name or key (``_ms``, ``_seconds``), from the
argument's unit in the knowledge table, and from conversions (``* 1000``, ``/ 1000``,
``total_seconds()``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_audit.facts.timeouts import Clue, MismatchFact
from exai_audit.finding import Confidence, Family, Hit, Severity
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_CONFIDENCE = {
    Clue.NAME: Confidence.HIGH,
    Clue.CONVERSION: Confidence.MEDIUM,
    Clue.MAGNITUDE: Confidence.LOW,
}
_HOW = {
    ("milliseconds", "seconds"): " / 1000",
    ("seconds", "milliseconds"): " * 1000",
    ("minutes", "seconds"): " * 60",
    ("hours", "seconds"): " * 3600",
}


@dataclass(frozen=True, slots=True)
class Options:
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each value whose unit is not the one expected."""
    for facts in project.judged_files():
        for fact in facts.mismatches:
            yield Hit(
                path=facts.path,
                place=fact.place,
                severity=Severity.HIGH,
                confidence=_CONFIDENCE[fact.clue],
                message=_message(fact),
                remedy=_remedy(fact),
            )


def _message(fact: MismatchFact) -> str:
    target = f"{fact.target} of {fact.operation}" if fact.operation else fact.target
    looks = "looks as if it counted" if fact.clue is Clue.MAGNITUDE else "counts"
    return f"{fact.given} {looks} in {fact.given_unit}, {target} in {fact.target_unit}"


def _remedy(fact: MismatchFact) -> str:
    how = _HOW.get((fact.given_unit, fact.target_unit))
    if fact.clue is Clue.MAGNITUDE:
        return f"Say the limit in {fact.target_unit}, and put the unit into its name."
    if fact.clue is Clue.CONVERSION or how is None:
        return f"Give {fact.target} a value in {fact.target_unit}."
    return f"Convert it: {fact.given}{how}."


RULE = Rule(
    code="EXA206",
    name="timeout-unit-mismatch",
    family=Family.TIMEOUTS,
    summary="a limit in another unit than the one expected",
    severity="high",
    options=Options,
    check=check,
)
