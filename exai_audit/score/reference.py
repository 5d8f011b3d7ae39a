"""The reference set: well-known packages that the score's constants are measured on.

``reference.json`` beside this module is written by ``benchmarks/calibrate.py``; the page
``docs/calibration.md`` tells how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from exai_audit.finding import Family
from exai_audit.results.result import Standing

DATA = Path(__file__).parent / "reference.json"


@dataclass(frozen=True, slots=True)
class ReferencePackage:
    """One package as it was audited: its densities by category, its score as displayed.

    ``source`` is ``pypi`` or ``stdlib``; ``critical`` counts the findings that hold its score.
    """

    name: str
    version: str
    source: str
    judged_lines: int
    densities: Mapping[Family, float]
    critical: int
    score: float


@dataclass(frozen=True, slots=True)
class Reference:
    """The set, the halves that follow from its densities, and what it was made with.

    ``rules`` is the fingerprint of the rules; ``provisional`` tells that these were not final.
    """

    formula_version: int
    tool: str
    python: str
    rules: str
    provisional: bool
    half: Mapping[Family, float]
    packages: tuple[ReferencePackage, ...]


@lru_cache(maxsize=1)
def reference() -> Reference:
    """Return the reference set that is shipped."""
    return msgspec.json.decode(DATA.read_bytes(), type=Reference)


def standing(shown: float) -> Standing:
    """Return where a score, as displayed, stands among the reference packages."""
    scores = [package.score for package in reference().packages]
    return Standing(sum(score < shown for score in scores), len(scores))
