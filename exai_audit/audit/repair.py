"""Findings repaired: fixes proposed, made one change, and proved by auditing the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.again import audit_again
from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import Audit
from exai_audit.audit.suppress import split, stale
from exai_audit.config import Settings
from exai_audit.edits.apply import changes
from exai_audit.edits.edit import Applicability, FileChange, Fix, RefusedEditError
from exai_audit.files.source import SourceFile, UnreadableSourceError, decode, read_bytes
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench, Choices
from exai_audit.fixing.combining import Repaired, apart, edits_of
from exai_audit.fixing.fixer import fix_of, fixers
from exai_audit.fixing.proof import flaw
from exai_audit.project.pins import lowest_python
from exai_audit.results.fingerprint import Fingerprints
from exai_audit.results.result import AuditResult
from exai_audit.rulebook.registry import rules

_PASSES = 2
_ATTEMPTS = 4
Wanted = Callable[[Finding], bool]


class Repair(Struct, frozen=True):
    """What fixes there are, which of them make up the ``changes``, and the audit after these.

    ``proposed`` are all fixes of the findings asked for, ``made`` those that were combined.
    """

    proposed: tuple[Repaired, ...]
    made: tuple[Repaired, ...]
    changes: tuple[FileChange, ...]
    after: Audit


def choices_of(settings: Settings, root: Path) -> Choices:
    """Return what the settings and the project's own files say of its fixes."""
    options = {rule.code: settings.rules.options(rule).default for rule in rules()}
    return Choices(
        central=options["EXA201"].central_timeout_modules,
        namespaces=settings.namespace_packages,
        cache_entries=options["EXA301"].suggested_cache_size,
        python=lowest_python(root),
        root=root,
    )


def proposals(
    audited: Audit, root: Path, settings: Settings, choices: Choices, wanted: Wanted
) -> tuple[list[Repaired], Bench]:
    """Return the fix of each active finding that is wanted and has a fixer."""
    sources = Sources(audited.discovery.files)
    findings = _with_fingerprints(audited.findings, sources)
    active, _ = split(findings, audited.project, settings.rules, audited.today)
    others = [finding for finding in audited.findings if finding.code != "EXA003"]
    silent = stale(others, audited.project, settings.rules, audited.today)
    bench = Bench(audited.project, active, silent, _reader(sources, root), choices)
    asked = (finding for finding in active if finding.code in fixers() and wanted(finding))
    return [(f, fix) for f in asked if (fix := fix_of(f, bench)) is not None], bench


def with_fixes(result: AuditResult, audited: Audit, root: Path, settings: Settings) -> AuditResult:
    """Return a result whose findings say how each is repaired, where its rule has a fixer."""
    choices = choices_of(settings, root)
    found, _ = proposals(audited, root, settings, choices, lambda _: True)
    fixes = {_id(finding): fix for finding, fix in found}
    return replace(
        result,
        findings=tuple(_with_fix(finding, fixes.get(_id(finding))) for finding in result.findings),
    )


def _with_fix(finding: Finding, fix: Fix | None) -> Finding:
    written = fix is not None and fix.applicability is not Applicability.SHOWN
    return finding if fix is None else replace(finding, fix=fix, fixable=written)


def _with_fingerprints(findings: Iterable[Finding], sources: Sources) -> list[Finding]:
    known = Fingerprints(sources.get)
    return [replace(finding, fingerprint=known.of(finding)) for finding in findings]


def _reader(sources: Sources, root: Path) -> Callable[[str], SourceFile | None]:
    """Return what reads the files of the audit, and others below the root from the disk."""
    others: dict[str, SourceFile | None] = {}

    def read(path: str) -> SourceFile | None:
        found = sources.get(path)
        if found is None and path not in others:
            others[path] = _on_disk(path, root)
        return found or others[path]

    return read


def _on_disk(path: str, root: Path) -> SourceFile | None:
    try:
        return decode(path, read_bytes(root / path))
    except UnreadableSourceError:
        return None


def repair(
    audited: Audit,
    root: Path,
    settings: Settings,
    choices: Choices,
    wanted: Wanted,
    kinds: frozenset[Applicability],
) -> Repair:
    """Return the change that fixes what is ``wanted`` by fixes of some ``kinds``, and its proof.

    Fixes that overlap are made one after the other, in two passes at most; where something is left
    to do then, nothing is changed. A fix that its proof does not bear is refused.
    """
    proposed, bench = proposals(audited, root, settings, choices, wanted)
    failed: dict[str, str] = {}
    made: list[Repaired] = []
    done: tuple[FileChange, ...] = ()
    now, waiting = audited, proposed
    for _ in range(_PASSES):
        chosen = [(f, fix) for f, fix in waiting if fix.applicability in kinds and fix.edits]
        one = _proved(chosen, bench, now, root, settings, failed)
        if not one.made:
            break
        made += one.made
        done, now = _joined(done, one.changes), one.after
        waiting, bench = proposals(now, root, settings, choices, wanted)
    restless = [f for f, fix in waiting if _is_open(f, fix, kinds, failed)]
    if restless:
        failed.update((f.fingerprint, "two passes do not bring it to rest") for f in restless)
        return Repair(_with_failures(proposed, failed), (), (), audited)
    return Repair(_with_failures(proposed, failed), tuple(made), done, now)


def _is_open(
    finding: Finding, fix: Fix, kinds: frozenset[Applicability], failed: Mapping[str, str]
) -> bool:
    is_asked = fix.applicability in kinds and bool(fix.edits)
    return is_asked and finding.fingerprint not in failed


class _Pass(Struct, frozen=True):
    made: tuple[Repaired, ...]
    changes: tuple[FileChange, ...]
    after: Audit


def _proved(
    chosen: Sequence[Repaired],
    bench: Bench,
    audited: Audit,
    root: Path,
    settings: Settings,
    failed: dict[str, str],
) -> _Pass:
    """Combine fixes; those whose proof fails are left out, and the rest combined again."""
    sources = Sources(audited.discovery.files)

    def read(path: str) -> bytes | None:
        source = sources.bytes_of(path)
        if source is not None:
            return source
        try:
            return read_bytes(root / path)
        except UnreadableSourceError:
            return None

    for _ in range(_ATTEMPTS):
        together, _later = apart(pair for pair in chosen if pair[0].fingerprint not in failed)
        if not together:
            break
        blamed, changed, after = _attempt(together, bench, audited, root, settings, read)
        if not blamed:
            return _Pass(tuple(together), changed, after or audited)
        failed.update(blamed)
    return _Pass((), (), audited)


def _attempt(
    together: Sequence[Repaired],
    bench: Bench,
    audited: Audit,
    root: Path,
    settings: Settings,
    read: Callable[[str], bytes | None],
) -> tuple[dict[str, str], tuple[FileChange, ...], Audit | None]:
    """Return which fixes fail and why; where none does, the changes and the audit after them."""
    edits = edits_of(together, bench)
    made: list[FileChange] = []
    blamed: dict[str, str] = {}
    for path in sorted({edit.path for edit in edits}):
        reason = ""
        try:
            found = changes([edit for edit in edits if edit.path == path], read)
            reason = next(filter(None, (flaw(c, bench.choices.python) for c in found)), "")
            made += found
        except RefusedEditError as error:
            reason = str(error)
        if reason:
            blamed.update((f.fingerprint, reason) for f, fix in together if _touches(fix, path))
    if blamed:
        return blamed, (), None
    after = audit_again(audited, made, root, settings)
    blamed = dict(_unproved(together, audited.findings, after.findings))
    return blamed, tuple(made), after


def _touches(fix: Fix, path: str) -> bool:
    return any(edit.path == path for edit in fix.edits)


def _unproved(
    made: Sequence[Repaired], before: Sequence[Finding], after: Sequence[Finding]
) -> Iterator[tuple[str, str]]:
    """Yield the fixes after which a finding is still there, or its rule finds more than before."""
    codes = {finding.code for finding, _ in made}
    was = Counter(_spot(finding) for finding in before if finding.code in codes)
    now = Counter(_spot(finding) for finding in after if finding.code in codes)
    fixed = Counter(_spot(finding) for finding, _ in made if not finding.project_wide)
    wrong = {spot for spot in now if now[spot] > was[spot] - fixed[spot]}
    files = {(code, path) for code, path, _ in wrong}
    for finding, fix in made:
        touched = {edit.path for edit in fix.edits} | {finding.path}
        if any((finding.code, path) in files for path in touched):
            yield finding.fingerprint, "the finding, or one like it, would still be there"


def _spot(finding: Finding) -> tuple[str, str, str]:
    if finding.project_wide:
        return finding.code, "", ""
    return finding.code, finding.path, finding.symbol


def _id(finding: Finding) -> str:
    return f"{finding.fingerprint} {finding.line} {finding.column}"


def _with_failures(proposed: Iterable[Repaired], failed: dict[str, str]) -> tuple[Repaired, ...]:
    return tuple(
        (f, Fix(Applicability.SHOWN, f"not changed: {failed[f.fingerprint]}"))
        if f.fingerprint in failed
        else (f, fix)
        for f, fix in proposed
    )


def _joined(first: Sequence[FileChange], second: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """Return two changes one after the other as one."""
    joined = {change.path: change for change in first}
    for change in second:
        earlier = joined.get(change.path)
        joined[change.path] = (
            replace(change, before=earlier.before) if earlier is not None else change
        )
    return tuple(joined[path] for path in sorted(joined))
