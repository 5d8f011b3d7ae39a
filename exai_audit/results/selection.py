"""A part of a result's findings: what somebody asked to see of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.files.glob import any_covers, is_pattern
from exai_audit.finding import Finding, Severity
from exai_audit.results.result import AuditResult
from exai_audit.rulebook.registry import canonical_code, code_problem

_FINGERPRINT = re.compile(r"[0-9a-f]{6,16}")


class Selection(Struct, frozen=True):
    """What a finding must be to be shown; by default every one is.

    ``codes`` may be prefixes, ``paths`` are files, folders and patterns as the settings have them,
    ``severity`` is the least, ``fingerprints`` may be cut to their first characters.
    """

    codes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    severity: Severity = Severity.LOW
    min_points: float = 0.0
    fingerprints: tuple[str, ...] = ()

    def holds(self, finding: Finding) -> bool:
        """Tell whether a finding is one of those."""
        return (
            (not self.codes or finding.code.startswith(self.codes))
            and (not self.paths or any_covers(self.paths, finding.path))
            and finding.severity.rank >= self.severity.rank
            and finding.points >= self.min_points
            and (not self.fingerprints or finding.fingerprint.startswith(self.fingerprints))
        )


def selection(
    codes: Iterable[str] = (),
    paths: Iterable[str] = (),
    severity: Severity | None = None,
    min_points: float | None = None,
    fingerprints: Iterable[str] = (),
) -> Selection:
    """Return the selection that a user asks for; codes and paths may be joined by commas.

    Raises:
        UsageError: a code that no rule has, a malformed path pattern or fingerprint.
    """
    chosen = tuple(canonical_code(code) for code in _spread(codes))
    patterns = tuple(_spread(paths))
    problems = [code_problem(code) for code in chosen if code != "ALL"]
    problems += [f"{path!r}: is no path pattern" for path in patterns if not is_pattern(path)]
    for problem in filter(None, problems):
        raise UsageError(problem)
    return Selection(
        tuple("" if code == "ALL" else code for code in chosen),
        tuple("*" if path == "." else path for path in patterns),
        severity or Severity.LOW,
        min_points or 0.0,
        tuple(map(fingerprint, fingerprints)),
    )


def fingerprint(text: str) -> str:
    """Return a fingerprint as findings have it, or the beginning of one.

    Raises:
        UsageError: it is none.
    """
    if not _FINGERPRINT.fullmatch(text.lower()):
        raise UsageError(
            f"{text!r}: is no fingerprint: give 6 to 16 hexadecimal digits, as scan -f jsonl"
            " prints them"
        )
    return text.lower()


def selected(result: AuditResult, wanted: Selection) -> AuditResult:
    """Return the result with those of its findings; score and figures are those of the whole."""
    return replace(result, findings=tuple(f for f in result.findings if wanted.holds(f)))


def costliest(findings: Sequence[Finding], most: int | None) -> tuple[Finding, ...]:
    """Return the findings that cost most, in the order that they have; all when None."""
    if most is None or len(findings) <= most:
        return tuple(findings)

    def badness(index: int) -> tuple[float, int, int]:
        finding = findings[index]
        return -finding.points, -finding.severity.rank, -finding.confidence.rank

    worst = sorted(range(len(findings)), key=badness)[:most]
    return tuple(findings[index] for index in sorted(worst))


def _spread(values: Iterable[str]) -> Iterable[str]:
    return (part.strip() for value in values for part in value.split(",") if part.strip())
