"""Findings sorted into bins and weighed: what the score of an audit is made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.suppress import split
from exai_audit.config import RuleChoice, ScoreChoice
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Finding
from exai_audit.project.project import Project
from exai_audit.results.result import Score, Suppressed
from exai_audit.rulebook.registry import rules
from exai_audit.score.formula import SHARES, score, total_score
from exai_audit.score.standing import standing


class Weighed(Struct, frozen=True):
    """Findings that stand, with what they cost, those that are silenced, and the score.

    ``judged`` are the files that the score is of.
    """

    active: tuple[Finding, ...]
    silenced: tuple[Suppressed, ...]
    judged: tuple[FileFacts, ...]
    score: Score

    @property
    def lines(self) -> int:
        """How many physical lines were judged."""
        return sum(file.lines.physical for file in self.judged)


def weigh(
    findings: Iterable[Finding],
    project: Project,
    choice: RuleChoice,
    wanted: ScoreChoice,
    today: date,
) -> Weighed:
    """Sort findings into active and silenced ones, and score what stands."""
    active, silenced = split(findings, project, choice, today)
    judged = tuple(project.judged_files())
    lines = sum(file.lines.physical for file in judged)
    families = {rule.family for rule in rules() if choice.selects_somewhere(rule.code)} & set(
        SHARES
    )
    shares = {**SHARES, **dict(wanted.points)}
    scored = score(active, lines, families, wanted.min_confidence, shares)
    total = scored.score
    if total.shown is not None and wanted.comparable:
        total = replace(total, standing=standing(total.shown, lines))
    if silenced:
        everything = [*active, *(item.finding for item in silenced)]
        bare = total_score(everything, lines, families, wanted.min_confidence, shares)
        total = replace(total, unsuppressed=bare.value)
    return Weighed(scored.findings, silenced, judged, total)
