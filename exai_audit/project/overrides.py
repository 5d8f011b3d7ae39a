"""Constants that a module takes from the one beside it and sets anew: ``from .base import *``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.project.limit_keys import constant_key
from exai_audit.project.project import Project

_Site = tuple[str, TimeoutFact]


def without_overrides(project: Project, sites: Sequence[_Site]) -> list[_Site]:
    """Leave out the constants that a module beside, which is imported whole, defines as well."""
    module_of = {facts.path: facts.module for facts in project.files}
    beside = {
        facts.module: [name for name in facts.imports if _folder(name) == _folder(facts.module)]
        for facts in project.files
    }
    defined = {(module_of[path], constant_key(fact)) for path, fact in sites if constant_key(fact)}
    return [
        (path, fact)
        for path, fact in sites
        if not any((one, constant_key(fact)) in defined for one in _taken(module_of[path], beside))
    ]


def _folder(module: str) -> str:
    return module.rpartition(".")[0]


def _taken(module: str, beside: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the modules that one imports whole, and those that they do."""
    seen, left = {module}, list(beside[module])
    while left:
        found = left.pop()
        if found not in seen:
            seen.add(found)
            left.extend(beside.get(found, ()))
            yield found
