"""The project as the dashboard shows it: judged anew after each change, against where it began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.errors import AuditError
from exai_audit.results.comparison import Comparison, compare
from exai_audit.results.result import AuditResult
from exai_audit.session.open_project import OpenProject

_BESIDE = ("pyproject.toml", "exai-audit.toml", ".git/HEAD", ".git/logs/HEAD")
_MOST_POINTS = 500


class Commit(Struct, frozen=True):
    """A commit of the history, and the score of its files by today's rules."""

    name: str
    date: str
    subject: str
    score: float


class Sight(Struct, frozen=True):
    """What there is to see; ``number`` tells sights apart.

    ``scores`` are those since the dashboard was started, each with how many findings it brought and
    fixed, ``history`` those of the commits before, and ``trend`` the page about these, empty
    without any. ``problem`` says why the project cannot be
    judged now; the result is then that of before.
    """

    number: int
    result: AuditResult | None = None
    since_start: Comparison | None = None
    scores: tuple[tuple[float, int, int], ...] = ()
    history: tuple[Commit, ...] = ()
    trend: str = ""
    problem: str = ""


class Watched:
    """A project that one thread keeps up to date and any thread looks at.

    Args:
        tell: is called after each change of what there is to see, by the thread that made it.
    """

    def __init__(self, project: OpenProject, tell: Callable[[Sight], None]) -> None:
        self._project = project
        self._tell = tell
        self._lock = Lock()
        self._sight = Sight(0)
        self._start: AuditResult | None = None

    @property
    def asked(self) -> tuple[Path, ...]:
        """The paths that the dashboard was started for."""
        return self._project.request.paths

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the project is, and the files beside it that decide what is found."""
        asked, last = self._project.request.paths, self._project.last
        beside = [last.run.root / name for name in _BESIDE] if last else []
        return (*asked, *(path for path in beside if path.exists()))

    @property
    def sight(self) -> Sight:
        """What there is to see now."""
        return self._sight

    def look(self, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Judge the project as it is now; a problem of the project becomes a part of the sight."""
        try:
            result = self._project.current(progress).result
        except AuditError as error:
            self._complain(str(error))
            return
        except Exception as error:  # the next change may mend it
            self._complain(f"internal error: {type(error).__name__}: {error} (please report it)")
            return
        before = self._sight.result
        if result is before:
            self._complain("")
            return
        if self._start is None:
            self._start = result
        self._show(
            result=result,
            since_start=_compared(self._start, result),
            scores=_with_score(self._sight.scores, before, result),
            problem="",
        )

    def remember(self, history: Sequence[Commit], trend: str) -> None:
        """Show the scores of earlier commits, oldest first, and the page about them."""
        self._show(history=tuple(history), trend=trend)

    def close(self) -> None:
        """Let later processes know what was read."""
        self._project.close()

    def _complain(self, problem: str) -> None:
        if problem != self._sight.problem:
            self._show(problem=problem)

    def _show(self, **changes: object) -> None:
        with self._lock:
            self._sight = replace(self._sight, number=self._sight.number + 1, **changes)
        self._tell(self._sight)


def _with_score(
    scores: tuple[tuple[float, int, int], ...], before: AuditResult | None, now: AuditResult
) -> tuple[tuple[float, int, int], ...]:
    if now.score.value is None:
        return scores
    step = None if before is None else _compared(before, now)
    brought = (len(step.new), len(step.fixed)) if step else (0, 0)
    return (*scores, (now.score.value, *brought))[-_MOST_POINTS:]


def _compared(before: AuditResult, now: AuditResult) -> Comparison | None:
    """Compare two results, None where the settings have changed so that they cannot be."""
    try:
        return compare(before, now)
    except AuditError:
        return None
