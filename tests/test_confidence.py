"""What is shown but neither weighs nor gates: findings of low confidence."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.finding import Confidence

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.mark.parametrize("case", sorted(FIXTURES.glob("*/unsure")), ids=lambda c: c.parent.name)
def test_unsure_fixtures_have_low_confidence(case: Path) -> None:
    settings, _ = load(case, None, False)
    findings = audit([case], case, settings, 1, lambda done, total: None).findings
    found = [f.confidence for f in findings if f.code == case.parent.name]
    assert found
    assert set(found) == {Confidence.LOW}


def test_a_pool_of_an_object_made_for_a_call_is_no_pool_for_the_process() -> None:
    case = FIXTURES / "EXA403" / "called"
    settings, _ = load(case, None, False)
    findings = audit([case], case, settings, 1, lambda done, total: None).findings
    found = [f.confidence for f in findings if f.code == "EXA403"]
    assert found == [Confidence.HIGH] * 3


@pytest.mark.parametrize(
    ("signature", "added", "expected"),
    [
        ("timeout", "timeout", Confidence.MEDIUM),
        ("timeout=30", "timeout", Confidence.MEDIUM),
        ("timeout=300", "timeout", Confidence.LOW),
        ("timeout_minutes", "timeout_minutes * 60", Confidence.LOW),
        ("patience", "patience", Confidence.LOW),
        ("queue_timeout", "settings.QUEUE_TIMEOUT", Confidence.LOW),
    ],
)
def test_a_wall_clock_matters_to_a_short_limit(
    signature: str, added: str, expected: Confidence, tmp_path: Path
) -> None:
    body = f"""
        import time


        def drain(queue, {signature}):
            end = time.time() + {added}
            while time.time() < end:
                queue.step()
    """
    (tmp_path / "one.py").write_text(dedent(body), encoding="utf-8")
    settings, _ = load(tmp_path, None, False)
    findings = audit([tmp_path], tmp_path, settings, 1, lambda done, total: None).findings
    (finding,) = [one for one in findings if one.code == "EXA209"]
    assert finding.confidence is expected


@pytest.mark.parametrize(
    ("comment", "expected"), [("nosec B113", Confidence.LOW), ("nosec B501", Confidence.HIGH)]
)
def test_what_another_linter_is_told_of_timeouts_counts(
    comment: str, expected: Confidence, tmp_path: Path
) -> None:
    body = f"import requests\n\n\ndef page(url):\n    return requests.get(url)  # {comment}\n"
    (tmp_path / "one.py").write_text(body, encoding="utf-8")
    settings, _ = load(tmp_path, None, False)
    findings = audit([tmp_path], tmp_path, settings, 1, lambda done, total: None).findings
    (finding,) = [one for one in findings if one.code == "EXA205"]
    assert finding.confidence is expected
