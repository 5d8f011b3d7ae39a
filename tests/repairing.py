"""Repairs of small projects, for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from exai_audit.audit.engine import audit
from exai_audit.audit.repair import Repair, repair
from exai_audit.config import load
from exai_audit.edits.edit import Applicability
from exai_audit.fixing.bench import Choices

TODAY = date(2026, 6, 1)
SAFE = frozenset({Applicability.SAFE})
ALL = frozenset({Applicability.SAFE, Applicability.UNSAFE})


def repaired(
    root: Path,
    kinds: frozenset[Applicability] = ALL,
    choices: Choices | None = None,
    code: str = "",
) -> Repair:
    """Repair what is found in a folder, in memory; ``code`` chooses a rule."""
    settings, _ = load(root, None, False)
    audited = audit([root], root, settings, 1, lambda done, total: None, today=TODAY)
    return repair(
        audited,
        root,
        settings,
        choices or Choices(),
        lambda finding: not code or finding.code == code,
        kinds,
    )


def write(root: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write files below a folder that is a project."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (root / path).write_bytes(data)
    return root


def apply(root: Path, made: Repair) -> None:
    """Make the changes of a repair."""
    for change in made.changes:
        if change.after is None:
            (root / change.path).unlink()
        else:
            (root / change.path).parent.mkdir(parents=True, exist_ok=True)
            (root / change.path).write_bytes(change.after)


def contents(root: Path) -> dict[str, bytes]:
    """Return what the Python files below a folder say."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.py"))
    }
