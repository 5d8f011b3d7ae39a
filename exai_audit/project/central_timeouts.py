"""The project's central place for timeouts, and the limits that stand outside of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.files.glob import any_covers
from exai_audit.knowledge.limit_names import names_limits
from exai_audit.project.constant_names import names_a_purpose
from exai_audit.project.limit_receivers import Receivers
from exai_audit.project.project import Project

_CLASS = re.compile(r"(?=.*Timeout)(?=.*(?:Config|Settings|Policy|Defaults))")
_FEWEST_LIMITS = 3
NO_UNIT = " (unit unknown)"
"""Is shown after a number of which the code does not say what it counts in."""
_TEN_YEARS = 10 * 365 * 86400.0
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
        if any_covers(patterns, facts.path) or names_limits(facts.path) or _class_says_so(facts)
    )


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
    """Yield the policies written as numbers into the judged code outside the central modules.

    Left out are a limit of 0, which says "do not wait", a circuit breaker's cool-down, what has
    another role than that of a policy, and what stands in for a setting that is read only here.
    """
    settings, receivers = _Settings(project), Receivers(project)
    for facts in project.judged_files():
        if facts.path in central:
            continue
        for fact in facts.timeouts:
            if fact.form in _IN_THE_BODY and is_literal_limit(fact) and not settings.hold(fact):
                yield facts, receivers.known(facts, fact)


_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)


def by_operation(
    project: Project, central: frozenset[str]
) -> Iterator[tuple[str, list[TimeoutFact]]]:
    """Yield the scattered limits of each operation of a file, with the file's path."""
    groups: dict[tuple[str, str], list[TimeoutFact]] = {}
    for facts, fact in scattered_limits(project, central):
        what = fact.operation if fact.form in _CALLS and fact.operation else bounded(fact)
        groups.setdefault((facts.path, what), []).append(fact)
    for (path, _), sites in groups.items():
        yield path, sites


def bounded(fact: TimeoutFact) -> str:
    """Return what a limit bounds, for a sentence."""
    if fact.form is TimeoutForm.FALLBACK and fact.key:
        return f'"{fact.key}" where that is not set'
    if fact.operation and fact.form not in (TimeoutForm.LOCAL, TimeoutForm.INSTANCE_ATTRIBUTE):
        return f"{fact.operation} ({fact.name})" if fact.name else fact.operation
    return fact.name or "a wait"


class _Settings:
    """The settings of a project: which keys are read once, which classes have their defaults."""

    def __init__(self, project: Project) -> None:
        self._read = Counter(
            fact.key for facts in project.judged_files() for fact in facts.timeouts if fact.key
        )
        self._fields = {
            ".".join(part for part in (facts.module, fact.place.symbol, fact.name) if part)
            for facts in project.files
            for fact in facts.timeouts
            if fact.form is TimeoutForm.CLASS_FIELD
        }

    def hold(self, fact: TimeoutFact) -> bool:
        """Tell whether a site belongs to the settings, or bounds no wait that is a policy."""
        if fact.role == "setting":
            return not fact.place.symbol or f"{fact.operation}.{fact.name}" in self._fields
        if fact.role:
            return True
        return fact.fallback and self._read[fact.key] == 1


_Site = tuple[str, TimeoutFact]


def repeated_defaults(project: Project, central: frozenset[str]) -> Iterator[list[_Site]]:
    """Yield the defaults that two functions or more share by parameter name and value.

    A name that says no more than that it is a limit repeats within one module only. A facade that
    hands the limit on, and methods of one name, which override each other, are not counted.
    """
    groups: dict[tuple[object, ...], list[_Site]] = {}
    for facts in project.judged_files():
        for fact in facts.timeouts if facts.path not in central else ():
            is_default = fact.form is TimeoutForm.PARAMETER_DEFAULT and not fact.role
            if is_default and is_literal_limit(fact):
                where = "" if names_a_purpose(fact.name) else facts.path
                key = (where, fact.name, fact.seconds, fact.amount)
                groups.setdefault(key, []).append((facts.path, fact))
    for defaults in groups.values():
        if len({_function(path, fact) for path, fact in defaults}) > 1:
            yield defaults


def _function(path: str, fact: TimeoutFact) -> tuple[str, str]:
    """Return what names a function; methods of one name in several classes are one."""
    owner, _, name = fact.place.symbol.rpartition(".")
    return ("", name) if owner and name != "__init__" else (path, fact.place.symbol)


def is_literal_limit(fact: TimeoutFact) -> bool:
    """Tell whether a site gives a positive number that limits a wait."""
    if fact.value is not ValueKind.LITERAL or fact.category is Category.CIRCUIT_BREAKER:
        return False
    return fact.amount is None or (fact.amount > 0 and not _is_never(fact.amount, fact.scale))


def _is_never(amount: float, scale: float | None) -> bool:
    """Tell whether nobody lives to see the end of a wait; an unknown unit may be milliseconds."""
    return amount * (scale if scale is not None else 1e-3) >= _TEN_YEARS


def shown_seconds(seconds: float) -> str:
    """Return a limit as it is read: ``5 s``, ``0.25 s``."""
    return f"{seconds:g} s"


def _purpose(phase: str) -> str:
    if phase in ("connect", "read", "write"):
        return f" to {phase}"
    return "" if phase == "timeout" else f" ({phase})"


def shown_limit(fact: TimeoutFact) -> str:
    """Return the limit of a site: in seconds where the code says so, else as it is written."""
    if fact.choices:
        scale, unit = (fact.scale, " s") if fact.scale is not None else (1.0, "")
        return " or ".join(f"{amount * scale:g}{unit}" for amount in fact.choices)
    if fact.phases:
        return ", ".join(f"{shown_seconds(s)}{_purpose(name)}" for name, s in fact.phases)
    if fact.seconds is not None:
        return shown_seconds(fact.seconds)
    return f"{fact.amount:g}{NO_UNIT}" if fact.amount is not None else "a limit"
