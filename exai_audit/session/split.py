"""What files become when the plan of a module is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from exai_audit.collectors import symbols_of
from exai_audit.edits.edit import FileChange
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_there
from exai_audit.files.source import UnreadableSourceError, decode, read_bytes
from exai_audit.results.plans import Plan
from exai_audit.session.plan import planned
from exai_audit.session.run import Run
from exai_audit.splitting.carry_out import carry_out

_BOM = b"\xef\xbb\xbf"


def split_changes(run: Run, path: str, steps: int = 0) -> tuple[FileChange, ...]:
    """Return what files become when the plan of the module at ``path`` is carried out.

    Args:
        path: relative to the root.
        steps: how many of the new modules are made, all when 0.

    Raises:
        AuditError: a new file is there already, the module is not UTF-8 or mixes newlines, or what
            it does would change.
    """
    plan = planned(run, path)
    assert isinstance(plan, Plan)
    if not 0 <= steps <= len(plan.modules):
        raise UsageError(f"--step {steps}: the plan has {len(plan.modules)} modules")
    data = _read(run.root, plan.path)
    try:
        data.decode()
        source = decode(plan.path, data)
    except (UnicodeDecodeError, UnreadableSourceError) as error:
        raise UsageError(f"{plan.path}: not split: it is not UTF-8: {error}") from error
    module = symbols_of(source)
    if module is None:
        raise UsageError(f"{plan.path}: not split: it cannot be read")
    own = frozenset(Path(path).parts[0].removesuffix(".py") for path in _paths(run))
    texts = carry_out(plan, module, source, own=own, steps=steps)
    return tuple(_changes(texts, data, run.root, plan))


def _paths(run: Run) -> list[str]:
    return [facts.path.removeprefix("src/") for facts in run.audited.project.files]


def _read(root: Path, path: str) -> bytes:
    try:
        return read_bytes(root / path)
    except UnreadableSourceError as error:
        raise UsageError(f"{path}: not split: {error}") from error


def _changes(
    texts: Mapping[str, str | None], data: bytes, root: Path, plan: Plan
) -> list[FileChange]:
    newline = _newline(data, plan.path)
    mark = _BOM if data.startswith(_BOM) else b""
    found = []
    for path, text in sorted(texts.items()):
        after = None if text is None else mark + text.replace("\n", newline).encode()
        before = data if path == plan.path else None
        if before is None and is_there(root / path):
            raise UsageError(f"{path}: not split: the plan would write it, and it is there already")
        found.append(FileChange(path, before, after))
    return found


def _newline(data: bytes, path: str) -> str:
    windows, unix = data.count(b"\r\n"), data.count(b"\n")
    if data.count(b"\r") != windows or windows not in (0, unix):
        raise UsageError(f"{path}: not split: it mixes newlines: give it one kind, then try again")
    return "\r\n" if windows else "\n"
