"""Settings that fall back to another number than the class that holds them has by default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_audit.facts.timeouts import TimeoutFact, TimeoutForm, ValueKind
from exai_audit.project.calls import exported_names
from exai_audit.project.project import Project

_Site = tuple[str, TimeoutFact]


def against_own_defaults(project: Project, sites: Iterable[_Site]) -> Iterator[tuple[_Site, _Site]]:
    """Yield those of ``sites`` that contradict a field's default, with where that stands.

    What is handed over must stand in for a setting: a number alone is a choice of the caller.
    """
    fields = {
        f"{facts.module}.{fact.place.symbol}.{fact.name}": (facts.path, fact)
        for facts in project.files
        for fact in facts.timeouts
        if fact.form is TimeoutForm.CLASS_FIELD and fact.value is ValueKind.LITERAL
    }
    exported = exported_names(project.files)
    for path, fact in sites:
        if fact.form is TimeoutForm.CALL_KEYWORD and fact.fallback and fact.key:
            holder = exported.get(fact.operation, fact.operation)
            field = fields.get(f"{holder}.{fact.name}")
            if field is not None and _differ(fact, field[1]):
                yield (path, fact), field


def _differ(one: TimeoutFact, other: TimeoutFact) -> bool:
    return one.scale == other.scale and one.amount != other.amount
