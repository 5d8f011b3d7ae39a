"""The checks that are programs of their own: format, lint, types, import contracts, self-audit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": [
        "importlinter.cli",
        "lint",
    ],
    "self-audit": ["exai_audit", "scan", "exai_audit", "-f", "concise", "--fail-on", "medium"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_check_passes(check: str) -> None:
    module, *arguments = CHECKS[check]
    command = [sys.executable, "-m", module, *arguments]
    if module == "importlinter.cli":
        program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
        command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
