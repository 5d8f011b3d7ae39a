"""What the changes since a revision answer for."""

from __future__ import annotations

from exai_audit.audit.contents import Sources
from exai_audit.audit.since import audit_revision, narrowed
from exai_audit.errors import UsageError
from exai_audit.files.glob import matches
from exai_audit.git.command import GitError
from exai_audit.git.commits import read_all, snapshot
from exai_audit.git.repository import merge_base
from exai_audit.results.result import AuditResult
from exai_audit.session.run import Run


def changed_since(revision: str, result: AuditResult, run: Run) -> AuditResult:
    """Keep the findings that changes since ``revision`` answer for, and tell the score before.

    Raises:
        UsageError: git cannot tell what changed; the message says why and what to do.
    """
    files = run.audited.discovery.files
    present = read_all({file.path: file.absolute for file in files})
    try:
        commit = merge_base(run.root, revision)
        held = snapshot(run.root, commit, present, lambda path: _was_audited(path, run))
    except GitError as error:
        raise UsageError(f"--since {revision}: {error}") from error
    read = Sources(files).get
    before = audit_revision(run.audited, held, present, read, run.root, run.settings, run.past)
    return narrowed(result, before, held, read, revision, commit)


def _was_audited(path: str, run: Run) -> bool:
    """Tell whether today's settings would have audited a file that is no longer there."""
    if any(path == s.path or path.startswith(f"{s.path}/") for s in run.audited.discovery.skipped):
        return False
    return any(_is_below(path, run.shown(target), run) for target in run.targets)


def _is_below(path: str, top: str, run: Run) -> bool:
    if path == top:
        return True
    inside = path if top == "." else path.removeprefix(f"{top}/")
    if top != "." and inside == path:
        return False
    parts = path.split("/")
    first = len(parts) - len(inside.split("/")) + 1
    excludes = (*run.settings.exclude, *run.settings.extend_exclude)
    names = ["/".join(parts[:end]) for end in range(first, len(parts) + 1)]
    return not any(matches(pattern, name) for pattern in excludes for name in names)
