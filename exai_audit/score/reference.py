"""The reference set: services and libraries that the score is calibrated on and compared with.

``reference.json`` beside this module is written by ``benchmarks/calibrate.py``; the page
``docs/calibration.md`` tells how.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from exai_audit.finding import Family

DATA = Path(__file__).parent / "reference.json"


class Kind(str, Enum):
    """What a reference package is: an application that people run, or code that others import."""

    SERVICE = "service"
    LIBRARY = "library"


class RuleFound(Struct, frozen=True):
    """What one rule found: ``counts`` of findings by severity, then by confidence."""

    family: Family
    counts: Mapping[str, Mapping[str, int]]


class ReferencePackage(Struct, frozen=True):
    """One package as it was audited; ``score`` is the displayed one.

    ``field`` says what it does, ``source`` is ``pypi`` or ``stdlib``; ``rules`` hold what was found
    by code, so that any formula can be computed without an audit.
    """

    name: str
    version: str
    kind: Kind
    field: str
    source: str
    judged_lines: int
    score: float
    rules: Mapping[str, RuleFound]


class Reference(Struct, frozen=True):
    """The set, the factor of size that follows from its services, and what it was made with.

    ``rules`` is the fingerprint of the rules; ``provisional`` tells that these were not final.
    """

    formula_version: int
    tool: str
    python: str
    rules: str
    provisional: bool
    size_factor: float
    packages: tuple[ReferencePackage, ...]

    def of_kind(self, kind: Kind) -> tuple[ReferencePackage, ...]:
        """Return the packages of one kind."""
        return tuple(package for package in self.packages if package.kind is kind)


@lru_cache(maxsize=1)
def reference() -> Reference:
    """Return the reference set that is shipped."""
    return msgspec.json.decode(DATA.read_bytes(), type=Reference)
