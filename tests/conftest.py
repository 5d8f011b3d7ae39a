"""What all tests share: a word at the end when the score's calibration is out of date."""

from __future__ import annotations

import pytest
from hypothesis import settings

from benchmarks.calibrate import out_of_date
from exai_audit.score.reference import reference

# Speed is measured in benchmarks, and never decides whether a test passes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for problem in out_of_date(reference()):
        terminalreporter.write_line(f"calibration: {problem} (docs/calibration.md)", yellow=True)
