"""Several results of one project as one, for audits that were split over several runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain, combinations
from typing import Any

from msgspec.structs import replace

from exai_audit.audit.rebasing import with_paths_of_repository
from exai_audit.errors import UsageError
from exai_audit.results.result import (
    AuditResult,
    Bar,
    Distribution,
    Scale,
    ScopeCount,
    Target,
    TimeoutRow,
)
from exai_audit.score.formula import score, total_score

_NO_SUM = frozenset({"median_module", "longest_module", "longest_module_path", "scopes"})


def merged(results: Sequence[AuditResult]) -> AuditResult:
    """Return one result with the findings, counts and tables of all, and the score of the whole.

    They are of parts of one project, or of packages of one repository, each with its own settings:
    then paths count from the top of the repository. Each result was judged alone: rules that look
    at the whole project saw only their part. What cannot be put together from the parts is left
    out: the median module, the generated timeout module, recommendations, weeks, impact and the
    way up, and the facts.

    Raises:
        UsageError: the results were made by different versions, settings or scopes, or overlap.
    """
    if len(results) == 1:
        return results[0]
    results = with_paths_of_repository(results)
    _refuse_unlike(results)
    first = results[0]
    found = sorted(
        chain.from_iterable(result.findings for result in results),
        key=lambda finding: (finding.path, finding.line, finding.column, finding.code),
    )
    suppressed = tuple(chain.from_iterable(result.suppressed for result in results))
    lines = sum(result.scale.judged_lines for result in results)
    points = {c.name: c.points for c in first.score.categories if c.judged}
    minimum = first.target.min_confidence
    scored = score(found, lines, tuple(points), minimum, points)
    bare = total_score(
        [*found, *(item.finding for item in suppressed)], lines, tuple(points), minimum, points
    )
    total = replace(scored.score, unsuppressed=bare.value if suppressed else None)
    return AuditResult(
        tool=first.tool,
        target=_target(results),
        scale=_scale([result.scale for result in results]),
        score=total,
        findings=scored.findings,
        strengths=tuple(chain.from_iterable(result.strengths for result in results)),
        distributions=_distributions(results),
        timeout_map=_timeout_map(results),
        cache_table=tuple(chain.from_iterable(result.cache_table for result in results)),
        pool_table=tuple(chain.from_iterable(result.pool_table for result in results)),
        bridge_table=tuple(chain.from_iterable(result.bridge_table for result in results)),
        modules=tuple(chain.from_iterable(result.modules for result in results)),
        plans=tuple(chain.from_iterable(result.plans for result in results)),
        class_plans=tuple(chain.from_iterable(result.class_plans for result in results)),
        suppressed=suppressed,
        skipped=tuple(chain.from_iterable(result.skipped for result in results)),
    )


def _refuse_unlike(results: Sequence[AuditResult]) -> None:
    for what, values in (
        ("versions", {(r.tool.version, r.tool.formula_version) for r in results}),
        ("repositories", {r.target.remote for r in results if r.target.remote}),
        ("scopes", {(r.target.scopes, r.target.min_confidence) for r in results}),
    ):
        if len(values) > 1:
            raise UsageError(
                f"results of different {what} cannot be merged: scan all parts with the same"
            )
    by_project: dict[str, set[str]] = {}
    for result in results:
        project = result.target.project
        by_project.setdefault(project, set()).add(result.target.configuration)
    if any(len(configurations) > 1 for configurations in by_project.values()):
        raise UsageError(
            "results of one project with different settings cannot be merged: scan all parts with"
            " the same"
        )
    for one, other in combinations(results, 2):
        shared = _shared_path(one.target, other.target)
        if shared:
            raise UsageError(f"the results overlap: both judge {shared}; merge disjoint parts")


def _shared_path(one: Target, other: Target) -> str:
    """Return a path that lies in both targets, empty when there is none."""
    for mine in one.paths:
        for theirs in other.paths:
            for inner, outer in ((mine, theirs), (theirs, mine)):
                if outer in (".", inner) or inner.startswith(f"{outer}/"):
                    return inner
    return ""


def _target(results: Sequence[AuditResult]) -> Target:
    targets = [result.target for result in results]

    def common(member: str) -> Any:  # noqa: ANN401 - what that member is
        values = {getattr(target, member) for target in targets}
        return values.pop() if len(values) == 1 else None

    configurations = sorted({target.configuration for target in targets})
    return replace(
        targets[0],
        configuration=configurations[0]
        if len(configurations) == 1
        else sha256("\n".join(configurations).encode()).hexdigest()[:16],
        project=common("project") or "",
        branch=common("branch"),
        permalink=common("permalink"),
        paths=tuple(chain.from_iterable(target.paths for target in targets)),
        command="\n".join(target.command for target in targets),
        revision=common("revision"),
        date=max((target.date for target in targets if target.date), default=None),
    )


def _scale(scales: Sequence[Scale]) -> Scale:
    longest = max(scales, key=lambda scale: scale.longest_module)
    names = [name for name in Scale.__struct_fields__ if name not in _NO_SUM]
    sums = {name: sum(getattr(scale, name) for scale in scales) for name in names}
    counts: dict[object, ScopeCount] = {}
    for count in chain.from_iterable(scale.scopes for scale in scales):
        known = counts.get(count.scope)
        files, size = (known.files, known.lines) if known else (0, 0)
        counts[count.scope] = replace(count, files=files + count.files, lines=size + count.lines)
    return Scale(
        **sums,
        scopes=tuple(counts.values()),
        longest_module=longest.longest_module,
        longest_module_path=longest.longest_module_path,
    )


def _distributions(results: Sequence[AuditResult]) -> tuple[Distribution, ...]:
    """Add the bars up by label, in the order in which the labels first occur."""
    found: dict[str, tuple[str, Counter[str]]] = {}
    for distribution in chain.from_iterable(result.distributions for result in results):
        _, counts = found.setdefault(distribution.name, (distribution.title, Counter()))
        counts.update({bar.label: bar.count for bar in distribution.bars})
    return tuple(
        Distribution(name, title, tuple(Bar(label, number) for label, number in counts.items()))
        for name, (title, counts) in found.items()
    )


def _timeout_map(results: Sequence[AuditResult]) -> tuple[TimeoutRow, ...]:
    rows: dict[str, TimeoutRow] = {}
    for row in chain.from_iterable(result.timeout_map for result in results):
        known = rows.get(row.category)
        rows[row.category] = row if known is None else _joined(known, row)
    return tuple(sorted(rows.values(), key=lambda row: (-row.sites, row.category)))


def _joined(one: TimeoutRow, other: TimeoutRow) -> TimeoutRow:
    return TimeoutRow(
        one.category,
        one.sites + other.sites,
        one.files + other.files,
        tuple(sorted({*one.seconds, *other.seconds})),
        (*one.operations, *other.operations),
    )
