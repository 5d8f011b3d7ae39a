"""What changed between two results: new, fixed and moved findings, and the score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec import Struct

from exai_audit.errors import UsageError
from exai_audit.finding import Family, Finding
from exai_audit.results.result import AuditResult

Pair = tuple[Finding, Finding]
"""One finding in the old result and in the new one."""


class CategoryChange(Struct, frozen=True):
    """What a category loses, of its points, before and after; None where it was not judged."""

    name: Family
    before: float | None
    after: float | None


class Comparison(Struct, frozen=True):
    """Two results side by side; every finding of either is in exactly one of the lists.

    ``moved`` stand in another file now, ``regraded`` have another severity, ``unchanged`` counts
    those that are the same but for their line. ``notes`` say what else makes the results differ.
    """

    before: AuditResult
    after: AuditResult
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    moved: tuple[Pair, ...]
    regraded: tuple[Pair, ...]
    unchanged: int
    categories: tuple[CategoryChange, ...]
    notes: tuple[str, ...]

    @property
    def gained(self) -> float | None:
        """How many points the displayed score rose, None where either has none."""
        before, after = self.before.score.shown, self.after.score.shown
        return None if before is None or after is None else round(after - before, 1)


def compare(before: AuditResult, after: AuditResult) -> Comparison:
    """Compare two results of the same formula.

    Findings are the same when their fingerprints are, each matched once; what remains is matched
    by rule, symbol and evidence across files, so that a renamed file makes no finding new.

    Raises:
        UsageError: the results were scored by different formula versions or of different scopes.
    """
    _refuse_unlike(before, after)
    same, old, new = _matched(before.findings, after.findings, lambda finding: finding.fingerprint)
    moved, fixed, added = _matched(old, new, _without_path)
    regraded = [pair for pair in (*same, *moved) if pair[0].severity is not pair[1].severity]
    stayed_grave = [pair for pair in moved if pair not in regraded]
    return Comparison(
        before=before,
        after=after,
        new=tuple(added),
        fixed=tuple(fixed),
        moved=tuple(stayed_grave),
        regraded=tuple(regraded),
        unchanged=len(same) + len(moved) - len(regraded) - len(stayed_grave),
        categories=_categories(before, after),
        notes=tuple(_notes(before, after)),
    )


def _refuse_unlike(before: AuditResult, after: AuditResult) -> None:
    versions = before.tool.formula_version, after.tool.formula_version
    if versions[0] != versions[1]:
        raise UsageError(
            f"the results were scored by formula {versions[0]} and {versions[1]}, which cannot be "
            "compared: scan the old revision again with this version"
        )
    if before.target.scopes != after.target.scopes:
        old, new = (
            ", ".join(scope.value for scope in result.target.scopes) for result in (before, after)
        )
        raise UsageError(
            f"the results judge different scopes ({old}; {new}): scan with one --scope"
        )


def _matched(
    old: Sequence[Finding], new: Sequence[Finding], key: Callable[[Finding], Hashable]
) -> tuple[list[Pair], list[Finding], list[Finding]]:
    """Pair findings of equal keys in order; return the pairs and what is left of each side."""
    waiting: dict[Hashable, list[Finding]] = defaultdict(list)
    for finding in reversed(old):
        waiting[key(finding)].append(finding)
    pairs, unmatched = [], []
    for finding in new:
        known = waiting.get(key(finding))
        if known:
            pairs.append((known.pop(), finding))
        else:
            unmatched.append(finding)
    matched = {id(pair[0]) for pair in pairs}
    return pairs, [finding for finding in old if id(finding) not in matched], unmatched


def _without_path(finding: Finding) -> Hashable:
    """Return what a finding is but for its folder: a whole module is known by its file's name."""
    evidence = "" if finding.family is Family.SIZE else "".join(finding.evidence.split())
    name = "" if finding.symbol or evidence else finding.path.rpartition("/")[2]
    return finding.code, finding.symbol, evidence, name


def _categories(before: AuditResult, after: AuditResult) -> tuple[CategoryChange, ...]:
    old = {category.name: category for category in before.score.categories}
    return tuple(
        CategoryChange(
            new.name,
            old[new.name].lost if new.name in old and old[new.name].judged else None,
            new.lost if new.judged else None,
        )
        for new in after.score.categories
    )


def _notes(before: AuditResult, after: AuditResult) -> Iterable[str]:
    if before.target.configuration != after.target.configuration:
        yield "The configurations differ: part of the change may come from the settings."
    if before.tool.version != after.tool.version:
        versions = f"{before.tool.version} and {after.tool.version}"
        yield f"The versions differ ({versions}): part of the change may come from the rules."
