"""What the rules conclude."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.edits.edit import Fix
from exai_audit.location import Place, Span


class Severity(str, Enum):
    """How bad it is, in ascending order of ``rank``."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _SEVERITY_RANK[self]

    def raised(self, ceiling: Severity) -> Severity:
        """Return the next graver severity, but none above ``ceiling``."""
        graver = [s for s in Severity if self.rank < s.rank <= ceiling.rank]
        return graver[0] if graver else self

    @property
    def lowered(self) -> Severity:
        """The next less grave severity; low stays low."""
        return next((s for s in reversed(Severity) if s.rank < self.rank), self)


class Confidence(str, Enum):
    """How sure the rule is, in ascending order of ``rank``."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return _CONFIDENCE_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_CONFIDENCE_RANK = {confidence: rank for rank, confidence in enumerate(Confidence)}


class Family(str, Enum):
    """The rule families; all but ``audit`` are the score's categories."""

    AUDIT = "audit"
    SIZE = "size"
    TIMEOUTS = "timeouts"
    CACHES = "caches"
    CONCURRENCY = "concurrency"


class Scope(str, Enum):
    """What a file is for. Scripts are judged one step lower in severity than production."""

    PRODUCTION = "production"
    SCRIPTS = "scripts"
    TESTS = "tests"
    EXAMPLES = "examples"


class Related(Struct, frozen=True, order=True):
    """Another place that belongs to a finding, and what it says."""

    path: str
    line: int
    message: str


class Hit(Struct, frozen=True):
    """What a rule yields; the engine makes it a finding.

    ``measured`` and ``threshold`` are in the rule's own unit, which the message names.
    ``project_wide`` hits speak of the whole project and cannot be suppressed on a line; ``subject``
    tells several of one rule apart.
    """

    path: str
    place: Place
    severity: Severity
    message: str
    remedy: str
    confidence: Confidence = Confidence.HIGH
    related: tuple[Related, ...] = ()
    measured: float | None = None
    threshold: float | None = None
    project_wide: bool = False
    subject: str = ""

    @property
    def span(self) -> Span:
        return self.place.span


class Finding(Struct, frozen=True):
    """One finding of the report; the fields are those of the JSON report.

    ``points`` is what it costs the score, its share of what its category loses; ``gain`` is what
    the score rises by when this finding alone is repaired. ``weight`` is what it weighs in
    ``category``, which is None where it weighs nothing. ``fingerprint`` is its identity across
    moved lines, ``line_hash`` the hash of its line by which GitHub knows an alert again. ``new``
    says whether what the result was compared with lacks it, None when it was compared with nothing.
    ``fix`` is how ``exai-audit fix`` repairs it, or why not, and ``fixable`` whether that is
    written; both are only known where ``--fixes`` asks for them.
    """

    code: str
    name: str
    family: Family
    severity: Severity
    confidence: Confidence
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    symbol: str
    message: str
    evidence: str
    excerpt: tuple[str, ...]
    remedy: str
    related: tuple[Related, ...]
    measured: float | None
    threshold: float | None
    points: float
    fingerprint: str
    scope: Scope
    fixable: bool = False
    fix: Fix | None = None
    project_wide: bool = False
    line_hash: str = ""
    gain: float = 0.0
    weight: float = 0.0
    category: Family | None = None
    new: bool | None = None


class Strength(Struct, frozen=True):
    """A good practice, with the place that proves it."""

    name: str
    path: str
    line: int
    message: str
