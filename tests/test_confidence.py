"""What is shown but neither weighs nor gates: findings of low confidence."""

from __future__ import annotations

from pathlib import Path

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
