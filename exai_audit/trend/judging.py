"""The audits of single states of a history: what the rules say of each, as it is remembered.

A suppression with a last day holds until that day: each state is judged as of its commit's day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field

from exai_audit.audit.engine import project_of
from exai_audit.audit.judge import judge
from exai_audit.audit.scopes import scope_of
from exai_audit.audit.since import decoded
from exai_audit.audit.weigh import weigh
from exai_audit.config import Settings
from exai_audit.facts.file import FailureKind, FileFacts
from exai_audit.facts.timeouts import ValueKind
from exai_audit.finding import Family, Finding
from exai_audit.git.repository import contents
from exai_audit.results.fingerprint import Fingerprints, digest
from exai_audit.trend.memory import Memory, Packed
from exai_audit.trend.point import Counts, Dated, Seen, Snapshot
from exai_audit.trend.versions import Version, Versions

_LONGEST_TEXT = 300


class Dossier(Struct, frozen=True):
    """States that follow each other, and all that is known of their files.

    ``states`` are the days of commits, each with path → object id. ``facts`` are packed, as
    `Memory` has them. It crosses to another process.
    """

    root: Path
    settings: Settings
    states: tuple[tuple[date, Mapping[str, str]], ...]
    facts: Packed


class Verdicts(Struct, frozen=True):
    """A snapshot for each state, and the facts that had to be collected for them."""

    snapshots: list[Snapshot]
    facts: Packed


def verdicts(dossier: Dossier) -> Verdicts:
    """Return what the rules say of the states of a dossier.

    Raises:
        GitError: a file of the past is missing, as in partial clones.
    """
    memory = Memory(None, "", dossier.facts)
    court = _Court(Versions(dossier.root, dossier.settings, memory))
    found = [court.snapshot(day, tree) for day, tree in dossier.states]
    return Verdicts(found, memory.new_facts)


class _Court(Struct):
    """Judges one state after the other; what both have in common is worked out once."""

    versions: Versions
    _evidence: dict[tuple[object, ...], str] = field(default_factory=dict)

    def snapshot(self, day: date, tree: Mapping[str, str]) -> Snapshot:
        settings, root = self.versions.settings, self.versions.root
        files = self.versions.facts(tree)
        scopes = {facts.path: scope_of(facts.path) for facts in files}
        project = project_of(files, scopes, root, settings)
        findings = judge(project, settings.rules, day)
        weighed = weigh(findings, project, settings.rules, settings.score, day)
        score = weighed.score
        return Snapshot(
            score.shown,
            score.grade,
            len(weighed.judged),
            weighed.lines,
            sum(f.failure is not None and f.failure.kind is FailureKind.SYNTAX for f in files),
            tuple((category.name, category.lost) for category in score.categories),
            _counts(weighed.judged, settings.module_limit),
            self._seen(weighed.active, tree),
            tuple(_dated(weighed.judged)),
        )

    def _seen(self, findings: Sequence[Finding], tree: Mapping[str, str]) -> tuple[Seen, ...]:
        """Return the findings as they are known from commit to commit."""
        marks = [self._mark(finding, tree) for finding in findings]
        unread = {
            finding.path
            for finding, mark in zip(findings, marks, strict=True)
            if mark not in self._evidence and finding.path in tree
        }
        held = contents(self.versions.root, (tree[path] for path in unread))
        texts = {path: decoded(path, held[tree[path]]) for path in unread}
        prints = Fingerprints(texts.get)
        kept = {}
        for finding, mark in zip(findings, marks, strict=True):
            known = self._evidence.get(mark)
            kept[mark] = prints.evidence(finding) if known is None else known
        self._evidence = kept
        return tuple(_seen(f, kept[mark]) for f, mark in zip(findings, marks, strict=True))

    def _mark(self, finding: Finding, tree: Mapping[str, str]) -> tuple[object, ...]:
        version: Version = (finding.path, tree.get(finding.path, ""))
        return (
            *version,
            finding.code,
            finding.line,
            finding.column,
            finding.end_line,
            finding.end_column,
        )


def _seen(finding: Finding, evidence: str) -> Seen:
    """Return what a finding is but for its file and the names of the classes around it."""
    own_name = finding.symbol.rpartition(".")[2] if finding.family is Family.SIZE else ""
    key = digest(finding.code, own_name, evidence)
    return Seen(
        finding.fingerprint if finding.project_wide else key,
        finding.code,
        finding.name,
        finding.severity,
        finding.path,
        finding.line,
        finding.message[:_LONGEST_TEXT],
        finding.remedy[:_LONGEST_TEXT],
        round(finding.points, 6),
        finding.project_wide,
    )


def _counts(judged: Sequence[FileFacts], limit: int) -> Counts:
    caches = [cache for facts in judged for cache in facts.caches.found]
    longest = max(judged, key=lambda f: (f.lines.physical, f.path), default=None)
    values = [fact.value for facts in judged for fact in facts.timeouts]
    return Counts(
        literal_limits=values.count(ValueKind.LITERAL),
        named_limits=values.count(ValueKind.REFERENCE),
        unlimited_calls=sum(len(facts.unlimited) for facts in judged),
        bounded_caches=sum(cache.bound is not None for cache in caches),
        unbounded_caches=sum(cache.bound is None for cache in caches),
        oversized_modules=sum(facts.lines.physical > limit for facts in judged),
        longest_module=longest.lines.physical if longest else 0,
        longest_path=longest.path if longest else "",
    )


def _dated(judged: Iterable[FileFacts]) -> Iterator[Dated]:
    for facts in judged:
        for comment in facts.suppressions:
            if comment.last_day() is not None:
                yield Dated(facts.path, comment.line, comment.codes, comment.until)
