"""Every fixture: a finding stands exactly where a line says ``# expect: CODE``."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.audit.suppress import split
from exai_audit.config import load

FIXTURES = Path(__file__).parent.parent / "fixtures"
TODAY = date(2026, 6, 1)
EXPECTATION = re.compile(r"# expect: (EXA\d{3}(?:, EXA\d{3})*)")
CASES = sorted(case for rule in FIXTURES.glob("EXA*") for case in rule.iterdir() if case.is_dir())


def case_name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def expected(case: Path, code: str) -> list[tuple[str, int]]:
    marked = []
    for path in sorted(case.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            match = EXPECTATION.search(line)
            if match and code in match[1].split(", "):
                marked.append((path.relative_to(case).as_posix(), number))
    return marked


def found(case: Path, code: str) -> list[tuple[str, int]]:
    settings, _ = load(case, None, False)
    result = audit([case], case, settings, 1, lambda done, total: None, today=TODAY)
    active, _ = split(result.findings, result.project, settings.rules, TODAY)
    return sorted((f.path, f.line) for f in active if f.code == code)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_findings_stand_where_the_fixture_expects_them(case: Path) -> None:
    code = case.parent.name
    assert found(case, code) == sorted(expected(case, code))


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_suppressed_expectations_are_silent(case: Path, tmp_path: Path) -> None:
    code = case.parent.name
    for path in case.rglob("*"):
        target = tmp_path / path.relative_to(case)
        if path.is_dir():
            target.mkdir(exist_ok=True, parents=True)
        else:
            target.parent.mkdir(exist_ok=True, parents=True)
            text = path.read_bytes().decode("latin-1")
            marked = EXPECTATION.sub(f"# exai: ignore[{code}] -- fixture", text)
            target.write_bytes(marked.encode("latin-1"))
    (tmp_path / ".git").mkdir(exist_ok=True)
    settings, _ = load(tmp_path, None, False)
    result = audit([tmp_path], tmp_path, settings, 1, lambda done, total: None, today=TODAY)
    active, _ = split(result.findings, result.project, settings.rules, TODAY)
    left = [f for f in active if f.code == code and not f.project_wide]
    assert left == []
