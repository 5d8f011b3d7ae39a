"""What changed since a revision: the findings to show, and the score before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.cache import FactsCache
from exai_audit.audit.collecting import collect_one
from exai_audit.audit.engine import Audit, dotted_name, limit_of, project_of
from exai_audit.audit.judge import judge
from exai_audit.audit.scopes import scope_of
from exai_audit.audit.weigh import Weighed, weigh
from exai_audit.config import Settings
from exai_audit.facts.file import FileFacts
from exai_audit.files.source import SourceFile, UnreadableSourceError, decode
from exai_audit.finding import Family, Finding, Severity
from exai_audit.git.commits import Snapshot
from exai_audit.results.baseline import Accepted
from exai_audit.results.fingerprint import Fingerprints
from exai_audit.results.result import AuditResult, CategoryLoss, FixedFinding, SinceUse

Read = Callable[[str], SourceFile | None]


class Before(Struct, frozen=True):
    """The audit of the files as they were, by the settings and the pins of today."""

    weighed: Weighed
    read: Read


def audit_revision(
    audited: Audit,
    held: Snapshot,
    present: Mapping[str, bytes],
    read: Read,
    root: Path,
    settings: Settings,
    cache: FactsCache | None = None,
) -> Before:
    """Audit the files of a commit; of the unchanged ones the facts are known.

    Args:
        present: what today's files say, by path.
        read: returns today's text of a file.
        cache: what is remembered of the changed ones.
    """
    paths = sorted({*held.unchanged, *held.former})
    packages = {path.rpartition("/")[0] for path in paths if path.endswith("/__init__.py")}
    known = {facts.path: facts for facts in audited.collected if facts.path in held.unchanged}
    contents = {**present, **held.former}
    files = []
    for path in paths:
        module, facts = dotted_name(path, packages), known.get(path)
        if facts is None or facts.module != module:
            facts = _facts(path, module, contents[path], settings, cache)
        files.append(facts)
    if cache is not None:
        cache.save()
    scopes = {path: scope_of(path) for path in paths}
    project = project_of(files, scopes, root, settings)
    findings = judge(project, settings.rules, audited.today)
    texts = {path: decoded(path, data) for path, data in held.former.items()}
    return Before(
        weigh(findings, project, settings.rules, settings.score, audited.today),
        lambda path: texts[path] if path in texts else read(path),
    )


def _facts(
    path: str, module: str, data: bytes, settings: Settings, cache: FactsCache | None
) -> FileFacts:
    """Return what a file of the past says, from the cache where its content is remembered."""
    facts = cache.same_content(path, 0, data) if cache is not None else None
    if facts is None or facts.module != module:
        limit, work = limit_of(scope_of(path), settings), settings.at(path).max_file_work
        facts, blob = collect_one(path, data, module, limit, work)
        if cache is not None and blob:
            cache.remember(path, 0, len(data), blob, facts)
    return facts


def decoded(path: str, data: bytes) -> SourceFile | None:
    """Return what a file of the past says, None where it cannot be decoded."""
    try:
        return decode(path, data)
    except UnreadableSourceError:
        return None


def narrowed(
    result: AuditResult, before: Before, held: Snapshot, read: Read, revision: str, commit: str
) -> AuditResult:
    """Keep the findings that the changes since ``commit`` answer for.

    Those are findings on changed lines and those that the commit did not have, or not as grave;
    of project-wide ones those that got worse, of whole files the latter only.
    """
    old = before.weighed.active
    then, now = Fingerprints(before.read), Fingerprints(read)
    former = held.differences.renamed
    accepted = Accepted((_key(f, f.path, then), f.severity, 1) for f in old)
    measured = {f.fingerprint: f.measured or 0.0 for f in old if f.project_wide}
    kept = []
    known = moved = 0
    for finding in sorted(result.findings, key=lambda f: -f.severity.rank):
        path = former.get(finding.path, finding.path)
        is_old = accepted.take(_key(finding, path, now), finding.severity)
        known += is_old
        moved += is_old and path != finding.path
        if finding.project_wide:
            worse = (finding.measured or 0.0) > measured.get(finding.fingerprint, 0.0)
            kept.extend([finding] if worse or not is_old else [])
        elif not is_old or _is_on(finding, held.differences.lines.get(finding.path, ())):
            kept.append(finding)
    kept.sort(key=lambda f: (f.path, f.line, f.column, f.code))
    shown = (replace(f, new=True) if f.new is None else f for f in kept)
    use = SinceUse(
        revision,
        commit,
        before.weighed.score.shown,
        tuple(CategoryLoss(c.name, c.lost) for c in before.weighed.score.categories),
        _fixed(old, then, accepted),
        known,
        moved,
    )
    return replace(result, findings=tuple(shown), since=use)


def _fixed(
    old: Iterable[Finding], then: Fingerprints, accepted: Accepted
) -> tuple[FixedFinding, ...]:
    """Return the findings of the commit that none of today's is, the costliest first."""
    gone: Counter[tuple[Hashable, Severity]] = Counter()
    fixed = []
    for finding in old:
        key = _key(finding, finding.path, then)
        if gone[key, finding.severity] < accepted.left(key, finding.severity):
            gone[key, finding.severity] += 1
            fixed.append(
                FixedFinding(
                    finding.code,
                    finding.name,
                    finding.severity,
                    finding.path,
                    finding.line,
                    finding.message,
                    finding.points,
                )
            )
    return tuple(sorted(fixed, key=lambda f: (-f.points, f.path, f.line, f.code)))


def _key(finding: Finding, path: str, prints: Fingerprints) -> tuple[str, ...]:
    """Return what a finding is but for the names of the classes and functions around it."""
    if finding.project_wide:
        return (finding.fingerprint,)
    own_name = finding.symbol.rpartition(".")[2] if finding.family is Family.SIZE else ""
    return finding.code, path, own_name, prints.evidence(finding)


def _is_on(finding: Finding, changed: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a finding, unless it is of the whole file, stands on changed lines."""
    lines = range(finding.line, finding.end_line + 1)
    touched = any(first <= lines[-1] and lines[0] <= last for first, last in changed)
    return touched and bool(finding.evidence)
