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
seconds are expected, ``timeout=3`` where milliseconds are) is a finding of medium confidence where
another machine is waited for, else of low. A name with an amount (``CACHE_50_MINUTES``) says its
value: it is a finding only if the value is that amount in no unit.

*References.* Units come from the last word of a name or key (``_ms``, ``_seconds``), from the
argument's unit in the knowledge table, and from conversions (``* 1000``, ``/ 1000``,
``total_seconds()``).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.timeouts import (
    Clue,
    HandedUnitFact,
    LimitParameter,
    MismatchFact,
    TimeoutFact,
    TimeoutForm,
)
from exai_audit.finding import Confidence, Family, Hit, Related, Severity
from exai_audit.knowledge.limit_names import stated_scale
from exai_audit.project.calls import exported_names, spellings
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Rule, Scoped

_CONFIDENCE = {
    Clue.NAME: Confidence.HIGH,
    Clue.CONVERSION: Confidence.MEDIUM,
    Clue.LIKELY: Confidence.MEDIUM,
    Clue.AMOUNT: Confidence.MEDIUM,
    Clue.MAGNITUDE: Confidence.LOW,
}
_BY_SIZE = (Clue.MAGNITUDE, Clue.LIKELY)
_DEFINED = (TimeoutForm.MODULE_CONSTANT, TimeoutForm.CLASS_FIELD)
_LEAST_TWIN = 100
_UNITS = {1.0: "seconds", 1e-3: "milliseconds", 60.0: "minutes", 3600.0: "hours"}
_HOW = {
    ("milliseconds", "seconds"): " / 1000",
    ("seconds", "milliseconds"): " * 1000",
    ("minutes", "seconds"): " * 60",
    ("hours", "seconds"): " * 3600",
}


class Options(Struct, frozen=True):
    """This rule has no options."""


def check(project: Project, options: Scoped[Options]) -> Iterator[Hit]:
    """Yield a hit at each value whose unit is not the one expected."""
    spoken = set()
    for facts in project.judged_files():
        for fact in facts.mismatches:
            spoken.add((facts.path, fact.place.span.line))
            yield Hit(
                path=facts.path,
                place=fact.place,
                severity=Severity.HIGH,
                confidence=_CONFIDENCE[fact.clue],
                message=_message(fact),
                remedy=_remedy(fact),
            )
    for path, handed, limit in _handed(project):
        if (path, handed.place.span.line) not in spoken:
            yield _handed_hit(path, handed, limit)
    for path, twin, other, there in _twins(project):
        if (path, twin.place.span.line) not in spoken:
            yield _twin_hit(path, twin, other, there)


def _handed(project: Project) -> Iterator[tuple[str, HandedUnitFact, LimitParameter]]:
    """Yield what is handed to functions of the project whose parameter counts in another unit."""
    if not any(facts.handed_units for facts in project.judged_files()):
        return
    limits = {
        (limit.function, key): limit
        for facts in project.files
        for limit in facts.limit_parameters
        for key in (limit.position, limit.name)
    }
    exported = exported_names(project.files)
    for facts in project.judged_files():
        for fact in facts.handed_units:
            key = fact.name or fact.position
            names = spellings(fact.function, exported)
            limit = next((limits[n, key] for n in names if (n, key) in limits), None)
            if limit is not None and limit.scale not in (None, fact.scale):
                yield facts.path, fact, limit


def _handed_hit(path: str, fact: HandedUnitFact, limit: LimitParameter) -> Hit:
    units = _UNITS.get(fact.scale, "another unit"), _UNITS.get(limit.scale or 0.0, "another unit")
    is_named = stated_scale(limit.name) is not None
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH if is_named else Confidence.MEDIUM,
        message=(
            f"{limit.function} takes {limit.name} in {units[1]}, but {fact.given} counts in"
            f" {units[0]}"
        ),
        remedy=f"Write {fact.given}{_HOW.get(units, ' in the right unit')}.",
    )


_Twin = tuple[str, TimeoutFact, str, TimeoutFact]


def _twins(project: Project) -> Iterator[_Twin]:
    """Yield the constants in seconds of which another module has the same in milliseconds."""
    by_name: dict[tuple[str, float], list[tuple[str, TimeoutFact]]] = {}
    for facts in project.judged_files():
        for fact in facts.timeouts:
            is_constant = fact.form in _DEFINED and fact.name.isupper() and not fact.key
            if is_constant and fact.amount is not None and fact.amount >= _LEAST_TWIN:
                by_name.setdefault((fact.name, fact.amount), []).append((facts.path, fact))
    for same in by_name.values():
        in_ms = [(path, fact) for path, fact in same if fact.scale == 1e-3]
        for path, fact in same:
            if in_ms and fact.scale == 1.0:
                yield path, fact, *in_ms[0]


def _twin_hit(path: str, fact: TimeoutFact, other: str, there: TimeoutFact) -> Hit:
    return Hit(
        path=path,
        place=fact.place,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message=(
            f"{fact.name} = {fact.amount:g} is used in seconds here, and {other} uses the same in"
            " milliseconds"
        ),
        remedy="Decide which unit is meant, convert where it is not, and put it into the name.",
        related=(Related(other, there.place.span.line, "here it counts milliseconds"),),
    )


def _message(fact: MismatchFact) -> str:
    if fact.clue is Clue.AMOUNT:
        return f"{fact.target} says {fact.target_unit}, which {fact.given} is in no unit"
    target = f"{fact.target} of {fact.operation}" if fact.operation else fact.target
    looks = "looks as if it counted" if fact.clue in _BY_SIZE else "counts"
    return f"{fact.given} {looks} in {fact.given_unit}, {target} in {fact.target_unit}"


def _remedy(fact: MismatchFact) -> str:
    how = _HOW.get((fact.given_unit, fact.target_unit))
    if fact.clue is Clue.AMOUNT:
        return "Correct the value, or the name that says another one."
    if fact.clue in _BY_SIZE:
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
