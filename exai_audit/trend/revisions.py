"""The audit of each state of a history, by the rules and settings of today.

A suppression with a last day holds until that day: each state is judged as of its commit's day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct, field

from exai_audit.audit.collecting import Progress
from exai_audit.audit.engine import project_of
from exai_audit.audit.judge import judge
from exai_audit.audit.scopes import scope_of
from exai_audit.audit.since import decoded
from exai_audit.audit.weigh import weigh
from exai_audit.facts.file import FailureKind, FileFacts
from exai_audit.facts.timeouts import ValueKind
from exai_audit.finding import Family, Finding
from exai_audit.git.history import State
from exai_audit.git.repository import contents
from exai_audit.results.fingerprint import Fingerprints, digest
from exai_audit.trend.point import Counts, Dated, Point, Seen, Snapshot
from exai_audit.trend.versions import Version, Versions

_LONGEST_TEXT = 300


class Revisions(Struct):
    """The audits of the states of one history.

    ``wanted`` tells of a path whether it is asked for; ``judging`` stands for all that a snapshot
    depends on besides the files.
    """

    versions: Versions
    wanted: Callable[[str], bool]
    judging: str
    _evidence: dict[tuple[object, ...], str] = field(default_factory=dict)

    def points(self, states: Sequence[State], jobs: int, progress: Progress) -> tuple[Point, ...]:
        """Return what is known of the project at each state; see `Versions.collect`.

        Raises:
            GitError: a file of the past is missing, as in partial clones.
        """
        memory = self.versions.memory
        trees = [self._tree(state) for state in states]
        keys = [self._key(state, tree) for state, tree in zip(states, trees, strict=True)]
        known = [memory.snapshot(key) for key in keys]
        unknown = [tree for tree, snapshot in zip(trees, known, strict=True) if snapshot is None]
        self.versions.collect(unknown, jobs, progress)
        points = []
        for state, tree, key, snapshot in zip(states, trees, keys, known, strict=True):
            found = snapshot or memory.snapshot(key)  # two commits may have the same files
            if found is None:
                found = self._snapshot(state, tree)
                memory.remember_snapshot(key, found)
            changed = tuple((path, n) for path, n in sorted(state.changed.items()) if path in tree)
            points.append(Point(state.commit, found, dict(state.renamed), dict(changed)))
        memory.save()
        return tuple(points)

    def _tree(self, state: State) -> dict[str, str]:
        return {path: blob for path, blob in sorted(state.files.items()) if self.wanted(path)}

    def _key(self, state: State, tree: Mapping[str, str]) -> str:
        files = (f"{blob} {path}" for path, blob in tree.items())
        text = "\n".join((self.judging, state.commit.date, *files))
        return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def _snapshot(self, state: State, tree: Mapping[str, str]) -> Snapshot:
        settings, root = self.versions.settings, self.versions.root
        files = self.versions.facts(tree)
        scopes = {facts.path: scope_of(facts.path) for facts in files}
        project = project_of(files, scopes, root, settings)
        day = state.commit.day
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
