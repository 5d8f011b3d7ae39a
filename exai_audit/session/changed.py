"""What the changes since a revision answer for."""

from __future__ import annotations

from collections.abc import Callable

from exai_audit.audit.contents import Sources
from exai_audit.audit.past_paths import audited_below
from exai_audit.audit.since import audit_revision, narrowed
from exai_audit.errors import UsageError
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
        held = snapshot(run.root, commit, present, _past_paths(run))
    except GitError as error:
        raise UsageError(f"--since {revision}: {error}") from error
    read = Sources(files).get
    before = audit_revision(run.audited, held, present, read, run.root, run.settings, run.past)
    return narrowed(result, before, held, read, revision, commit)


def _past_paths(run: Run) -> Callable[[str], bool]:
    """Return what tells whether today's settings would have audited a file that is gone."""
    left_out = [skipped.path for skipped in run.audited.discovery.skipped]
    return audited_below(map(run.shown, run.targets), run.settings, left_out)
