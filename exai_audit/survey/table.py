"""A survey's result: a row for each repository, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from exai_audit import __version__
from exai_audit.finding import Family, Finding, Severity
from exai_audit.results.advice import Hours
from exai_audit.results.result import AuditResult
from exai_audit.score.formula import FORMULA_VERSION
from exai_audit.survey.manifest import Repository

SCHEMA_VERSION = 1
_MOST_WORK_HOURS = 10.0
_MOST_SHARED = 40


class Worst(Struct, frozen=True):
    """The costliest finding of a repository."""

    code: str
    name: str
    severity: Severity
    path: str
    line: int
    message: str
    points: float


class Row(Struct, frozen=True):
    """One repository. Without a score ``reason`` says why, if it is not that nothing was judged.

    ``better_than`` is the part of the surveyed repositories that score less, in percent,
    ``reference`` that of the services of the reference set that are nearest in size. ``before`` is
    the score of the survey before, None where that had none.
    """

    name: str
    owner: str
    tags: tuple[str, ...]
    revision: str | None = None
    score: float | None = None
    grade: str | None = None
    lines: int = 0
    files: int = 0
    findings: int = 0
    losses: tuple[tuple[Family, float], ...] = ()
    worst: Worst | None = None
    better_than: float | None = None
    reference: float | None = None
    before: float | None = None
    reason: str = ""

    @property
    def change(self) -> float | None:
        """What the score gained since the survey before."""
        if self.score is None or self.before is None:
            return None
        return round(self.score - self.before, 1)


class Shared(Struct, frozen=True):
    """What several repositories have in common: findings of one rule, of one kind.

    ``subject`` is what the findings are about, for example the call that has no limit, empty where
    the rule says all. ``points`` is what they cost in all repositories together.
    """

    code: str
    name: str
    severity: Severity
    subject: str
    findings: int
    repositories: tuple[str, ...]
    points: float
    remedy: str


class Task(Struct, frozen=True):
    """A recommendation of one repository that is among the best hours of work."""

    repository: str
    title: str
    hours: Hours
    gain: float


class Survey(Struct, frozen=True):
    """All repositories together, in the order of the manifest.

    ``rules`` are what is found across repositories, by rule and subject, the costliest first;
    ``tasks`` the work that gains most points an hour over all, up to ten hours.
    """

    version: str
    formula_version: int
    rows: tuple[Row, ...]
    rules: tuple[Shared, ...]
    tasks: tuple[Task, ...]
    median: float | None


class Summary(Struct, frozen=True):
    """What a survey keeps of one repository's result."""

    row: Row
    found: tuple[Shared, ...]
    tasks: tuple[Task, ...]


def summary(repository: Repository, result: AuditResult) -> Summary:
    """Return what a survey says of one result."""
    score, target = result.score, result.target
    standing = score.standing
    judged = [c for c in score.categories if c.judged]
    row = Row(
        repository.name,
        repository.owner,
        repository.tags,
        target.revision,
        score.shown,
        score.grade,
        result.scale.judged_lines,
        result.scale.judged_files,
        len(result.findings),
        tuple((category.name, category.lost) for category in judged),
        _worst(result.findings),
        reference=None if standing is None else 100 * standing.better_than / standing.peers,
    )
    tasks = (
        Task(repository.name, one.title, one.hours, one.gain)
        for one in result.recommendations
        if one.gain > 0
    )
    return Summary(row, tuple(_found(repository.name, result.findings)), tuple(tasks))


def without_report(repository: Repository, reason: str) -> Summary:
    """Return the row of a repository that could not be audited."""
    return Summary(Row(repository.name, repository.owner, repository.tags, reason=reason), (), ())


def survey(summaries: Sequence[Summary], before: Mapping[str, float]) -> Survey:
    """Put summaries together.

    Args:
        before: the scores of the survey before, by name.
    """
    scores = [one.row.score for one in summaries if one.row.score is not None]
    rows = tuple(_placed(one.row, scores, before) for one in summaries)
    found = _joined(shared for one in summaries for shared in one.found)
    tasks = _best(task for one in summaries for task in one.tasks)
    middle = round(median(scores), 1) if scores else None
    return Survey(__version__, FORMULA_VERSION, rows, found, tasks, middle)


def _placed(row: Row, scores: Sequence[float], before: Mapping[str, float]) -> Row:
    then = before.get(row.name)
    if row.score is None or len(scores) < 2:
        return replace(row, before=then)
    below = sum(score < row.score for score in scores)
    return replace(row, before=then, better_than=round(100 * below / (len(scores) - 1), 1))


def _worst(findings: Iterable[Finding]) -> Worst | None:
    worst = max(findings, key=lambda f: (f.points, f.severity.rank, f.path, -f.line), default=None)
    if worst is None or not worst.points:
        return None
    return Worst(
        worst.code,
        worst.name,
        worst.severity,
        worst.path,
        worst.line,
        worst.message,
        worst.points,
    )


def _found(name: str, findings: Iterable[Finding]) -> Iterable[Shared]:
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault((finding.code, subject_of(finding)), []).append(finding)
    for (code, subject), same in kinds.items():
        gravest = max(same, key=lambda f: (f.severity.rank, f.points))
        cost = sum(finding.points for finding in same)
        remedy = gravest.remedy if subject else f"`exai-audit rule {code}` says how."
        yield Shared(
            code, gravest.name, gravest.severity, subject, len(same), (name,), cost, remedy
        )


def subject_of(finding: Finding) -> str:
    """Return what a finding is about in any repository: the call that its message begins with."""
    first, _, rest = finding.message.partition(" ")
    is_call = "." in first and rest and first.replace(".", "").replace("_", "").isalnum()
    return first if is_call else ""


def _joined(found: Iterable[Shared]) -> tuple[Shared, ...]:
    kinds: dict[tuple[str, str], Shared] = {}
    for one in found:
        key = one.code, one.subject
        known = kinds.get(key)
        kinds[key] = one if known is None else _both(known, one)
    ranked = sorted(kinds.values(), key=lambda s: (-s.points, -s.findings, s.code, s.subject))
    return tuple(ranked[:_MOST_SHARED])


def _both(one: Shared, other: Shared) -> Shared:
    graver = max(one, other, key=lambda s: s.severity.rank)
    return replace(
        graver,
        findings=one.findings + other.findings,
        repositories=(*one.repositories, *other.repositories),
        points=one.points + other.points,
    )


def _best(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return the tasks that gain most an hour, as many as fit into ten hours by their middle."""
    ranked = sorted(tasks, key=lambda t: (-t.gain / _middle(t), t.repository, t.title))
    chosen, left = [], _MOST_WORK_HOURS
    for task in ranked:
        if _middle(task) <= left:
            chosen.append(task)
            left -= _middle(task)
    return tuple(chosen)


def _middle(task: Task) -> float:
    return max(sum(task.hours) / 2, 0.05)
