"""Every strength: proven exactly where a fixture says ``# proof: name``, silent elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from exai_audit import strengths
from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.rulebook.registry import RegistryError, Terms, practices

FIXTURES = Path(__file__).parent.parent / "fixtures" / "strengths"
PROOF = re.compile(r"# proof: ([a-z-]+)")
CASES = sorted(case for practice in FIXTURES.iterdir() for case in practice.iterdir())


def marked(case: Path, name: str) -> list[tuple[str, int]]:
    found = []
    for path in sorted(case.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            match = PROOF.search(line)
            if match and match[1] == name:
                found.append((path.relative_to(case).as_posix(), number))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_strengths_stand_where_they_are_proven(case: Path) -> None:
    name = case.parent.name
    settings, _ = load(case, None, isolated=True)
    project = audit([case], case, settings, 1, lambda done, total: None).project
    practice = next(practice for practice in practices() if practice.name == name)
    found = sorted((s.path, s.line) for s in practice.check(project, Terms(300)))
    assert found == marked(case, name)
    assert bool(found) is (case.name == "proven")


def test_every_strength_has_both_kinds_of_fixture() -> None:
    cases = {(case.parent.name, case.name) for case in CASES}
    assert cases >= {(p.name, kind) for p in practices() for kind in ("proven", "silent")}


def test_a_module_without_practice_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nothing.py").write_text("", "utf-8")
    package: ModuleType = strengths
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    with pytest.raises(RegistryError, match=r"nothing\.py: has no PRACTICE"):
        practices()
