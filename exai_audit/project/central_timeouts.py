"""The project's central place for timeouts, and the limits that stand outside of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.files.glob import any_covers
from exai_audit.project.project import Project

_STEM = re.compile(
    r"timeouts?(?:_(?:config|settings|policy|defaults|constants))?"
    r"|(?:config|settings|policy|defaults|constants)_timeouts?"
)
_CLASS = re.compile(r"(?=.*Timeout)(?=.*(?:Config|Settings|Policy|Defaults))")
_FEWEST_LIMITS = 3
_IN_THE_BODY = frozenset({
    TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL,
    TimeoutForm.MAPPING_ENTRY, TimeoutForm.FALLBACK, TimeoutForm.INSTANCE_ATTRIBUTE,
    TimeoutForm.LOCAL,
})  # fmt: skip


def central_modules(project: Project, patterns: Sequence[str] = ()) -> frozenset[str]:
    """Return the paths of the central timeout modules.

    A file is one when a pattern of the settings covers it, when its stem says so (``timeouts``,
    ``timeout_config``), or when one of its classes does and holds at least three limits.
    """
    return frozenset(
        facts.path
        for facts in project.files
        if any_covers(patterns, facts.path) or _stem_says_so(facts.path) or _class_says_so(facts)
    )


def _stem_says_so(path: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0].lower()
    return _STEM.fullmatch(stem) is not None


def _class_says_so(facts: FileFacts) -> bool:
    limits = Counter(
        fact.place.symbol.partition(".")[0]
        for fact in facts.timeouts
        if fact.form in (TimeoutForm.CLASS_FIELD, TimeoutForm.INSTANCE_ATTRIBUTE)
    )
    return any(_CLASS.match(name) and number >= _FEWEST_LIMITS for name, number in limits.items())


def scattered_limits(
    project: Project, central: frozenset[str]
) -> Iterator[tuple[FileFacts, TimeoutFact]]:
    """Yield the literal limits in the body of the judged code, outside the central modules.

    A limit of 0 says "do not wait" and a circuit breaker's cool-down is no wait: both are left out.
    """
    for facts in project.judged_files():
        if facts.path in central:
            continue
        for fact in facts.timeouts:
            if fact.form in _IN_THE_BODY and is_literal_limit(fact):
                yield facts, fact


def repeated_defaults(
    project: Project, central: frozenset[str]
) -> Iterator[list[tuple[str, TimeoutFact]]]:
    """Yield the defaults that two functions or more share by parameter name and value."""
    groups: dict[tuple[str, float], list[tuple[str, TimeoutFact]]] = {}
    for facts in project.judged_files():
        for fact in facts.timeouts if facts.path not in central else ():
            is_default = fact.form is TimeoutForm.PARAMETER_DEFAULT
            if is_default and is_literal_limit(fact) and fact.seconds is not None:
                groups.setdefault((fact.name, fact.seconds), []).append((facts.path, fact))
    for defaults in groups.values():
        if len({(path, fact.place.symbol) for path, fact in defaults}) > 1:
            yield defaults


def is_literal_limit(fact: TimeoutFact) -> bool:
    """Tell whether a site gives a positive number that limits a wait."""
    if fact.value is not ValueKind.LITERAL or fact.category is Category.CIRCUIT_BREAKER:
        return False
    return fact.seconds is None or fact.seconds > 0


def shown_seconds(seconds: float | None) -> str:
    """Return a limit as it is read: ``5 s``, ``0.25 s``."""
    return "a limit of unknown unit" if seconds is None else f"{seconds:g} s"
