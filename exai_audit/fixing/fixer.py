"""Which fixers there are: every module of ``fixers/``, found strictly."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from msgspec import Struct

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.rulebook.registry import RegistryError


class Fixer(Struct, frozen=True):
    """How one rule's findings are repaired.

    ``fix`` returns the fix, or raises `RefusedError`. ``applicability`` is the best it can be.
    """

    code: str
    applicability: Applicability
    fix: Callable[[Finding, Bench], Fix]


@lru_cache(maxsize=1)
def fixers() -> dict[str, Fixer]:
    """Return the fixers by the codes of their rules.

    Raises:
        RegistryError: a module has no ``FIXER``, or another name than its rule's.
    """
    package, rules = import_module("exai_audit.fixers"), import_module("exai_audit.rules")
    known = {info.name for info in pkgutil.iter_modules(rules.__path__)}
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        fixer = getattr(import_module(f"{package.__name__}.{info.name}"), "FIXER", None)
        if not isinstance(fixer, Fixer):
            raise RegistryError(f"fixers/{info.name}.py: has no FIXER")
        if info.name not in known or fixer.code != info.name[:6].upper():
            raise RegistryError(f"fixers/{info.name}.py: its name is not that of its rule")
        found[fixer.code] = fixer
    return found


def fix_of(finding: Finding, bench: Bench) -> Fix | None:
    """Return how a finding is repaired, None where its rule has no fixer.

    One that is refused is shown, with the reason and without edits.
    """
    fixer = fixers().get(finding.code)
    if fixer is None:
        return None
    try:
        facts = bench.facts.get(finding.path)
        if facts is None or facts.failure or facts.generated:
            raise RefusedError("the file is generated or cannot be parsed")
        return fixer.fix(finding, bench)
    except RefusedError as reason:
        return Fix(Applicability.SHOWN, f"not changed: {reason}")
