"""The audit as it would be with some files changed; of the others the facts are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from exai_audit.audit.collecting import collect_one
from exai_audit.audit.discover import Discovered, Discovery
from exai_audit.audit.engine import Audit, dotted_name, limit_of, project_of
from exai_audit.audit.judge import judge
from exai_audit.audit.scopes import scope_of
from exai_audit.config import Settings
from exai_audit.edits.edit import FileChange


def audit_again(
    audited: Audit, changes: Sequence[FileChange], root: Path, settings: Settings
) -> Audit:
    """Return the audit of the same files after ``changes``, none of which is on the disk."""
    discovery = _with_changes(audited.discovery, {c.path: c.after for c in changes}, root)
    packages = {
        file.path.rpartition("/")[0]
        for file in discovery.files
        if file.path.endswith("/__init__.py")
    }
    known = {facts.path: facts for facts in audited.collected}
    changed = {change.path for change in changes}
    files = []
    for file in discovery.files:
        facts, module = known.get(file.path), dotted_name(file.path, packages)
        if file.path in changed or facts is None or facts.module != module:
            limit = limit_of(file.scope, settings)
            facts, _ = collect_one(file.path, file.read(), module, limit, file.most_work)
        files.append(facts)
    scopes = {file.path: file.scope for file in discovery.files}
    project = project_of(files, scopes, root, settings)
    findings = judge(project, settings.rules, audited.today)
    return replace(
        audited,
        discovery=discovery,
        project=project,
        findings=findings,
        collected=tuple(files),
    )


def _with_changes(
    discovery: Discovery, contents: Mapping[str, bytes | None], root: Path
) -> Discovery:
    files = {file.path: file for file in discovery.files}
    for path, data in contents.items():
        if data is None:
            files.pop(path, None)
        elif path in files:
            files[path] = replace(files[path], content=data, size=len(data))
        else:
            place = str(root / path)
            files[path] = Discovered(path, place, scope_of(path), len(data), 0, data)
    return replace(discovery, files=tuple(files[path] for path in sorted(files)))
