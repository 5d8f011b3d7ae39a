"""Findings made up for tests of the score and of what follows from it."""

from __future__ import annotations

from hypothesis import strategies as st

from exai_audit.finding import Confidence, Family, Finding, Related, Scope, Severity

CODES = {
    "EXA001": Family.AUDIT,
    "EXA003": Family.AUDIT,
    "EXA101": Family.SIZE,
    "EXA102": Family.SIZE,
    "EXA201": Family.TIMEOUTS,
    "EXA202": Family.TIMEOUTS,
    "EXA205": Family.TIMEOUTS,
    "EXA301": Family.CACHES,
    "EXA401": Family.CONCURRENCY,
    "EXA405": Family.CONCURRENCY,
}


def finding(
    code: str = "EXA101",
    severity: Severity = Severity.MEDIUM,
    confidence: Confidence = Confidence.HIGH,
    path: str = "a.py",
    line: int = 1,
    related: tuple[Related, ...] = (),
) -> Finding:
    """Return a finding that is known by its code, severity, path and line."""
    return Finding(
        code=code,
        name="a-rule",
        family=CODES[code],
        severity=severity,
        confidence=confidence,
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=2,
        symbol="",
        message="",
        evidence="",
        excerpt=(),
        remedy="",
        related=related,
        measured=None,
        threshold=None,
        points=0.0,
        fingerprint=f"{code}-{severity.value}-{path}-{line}",
        scope=Scope.PRODUCTION,
        project_wide=code == "EXA202",
    )


one = st.builds(
    finding,
    st.sampled_from(sorted(CODES)),
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.sampled_from(["a.py", "b/c.py", "d.py"]),
    st.integers(1, 40),
)
many = st.lists(one, max_size=60)
lines = st.integers(1, 2_000_000)
