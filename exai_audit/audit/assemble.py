"""The result of an audit: suppressions sorted out, score computed, facts counted."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from hashlib import sha256
from os import environ
from os import path as os_path
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from exai_audit import __version__
from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import Audit
from exai_audit.audit.excerpts import with_excerpts
from exai_audit.audit.weigh import weigh
from exai_audit.config import Settings
from exai_audit.facts.file import FailureKind, FileFacts
from exai_audit.files.codeowners import codeowners
from exai_audit.files.presence import is_there
from exai_audit.finding import Finding, Scope, Strength
from exai_audit.git.repository import remote_address, revision
from exai_audit.planning.agenda import with_agenda
from exai_audit.planning.caches import cache_strategy, cache_table
from exai_audit.planning.concurrency import concurrency_tables
from exai_audit.planning.timeout_config import timeout_config
from exai_audit.planning.timeout_map import timeout_map
from exai_audit.project.project import Project
from exai_audit.project.project_names import package_of, project_name
from exai_audit.results.fingerprint import Fingerprints
from exai_audit.results.plans import ClassPlan, Plan
from exai_audit.results.result import (
    AuditResult,
    Bar,
    Distribution,
    Scale,
    ScopeCount,
    Skipped,
    Suppressed,
    Target,
    Tool,
)
from exai_audit.results.tables import ModuleSize
from exai_audit.rulebook.registry import Terms, practices, rules
from exai_audit.score.formula import FORMULA_VERSION

if TYPE_CHECKING:
    from exai_audit.planning.decomposition.scene import Remember

_PLANNED = frozenset({"EXA101", "EXA104", "EXA105"})
_MODULE_SIZES = ((0, 100), (101, 200), (201, 300), (301, 500), (501, 1000), (1001, None))


def assemble(
    audited: Audit,
    settings: Settings,
    command: Sequence[str | Path],
    paths: Sequence[Path],
    root: Path,
    *,
    with_facts: bool,
    most_plans: int | None = None,
    remember: Remember | None = None,
) -> AuditResult:
    """Make the result of an audit; ``command`` are the words that repeat it.

    Args:
        remember: spares what has been worked out for plans earlier; the result is the same.
        most_plans: how many plans of modules, and of classes, are made; all when None.
    """
    sources = Sources(audited.discovery.files)
    findings = _with_fingerprints(audited.findings, sources)
    weighed = weigh(findings, audited.project, settings.rules, settings.score, audited.today)
    active, judged = weighed.active, weighed.judged
    terms, target = _terms(settings), _target(settings, command, paths, root)
    of_modules, of_classes = _plans(active, audited, sources, settings, most_plans, remember)
    pools, bridges = concurrency_tables(judged, active)
    result = AuditResult(
        tool=Tool(__version__, FORMULA_VERSION),
        target=target,
        scale=_scale(audited, judged, weighed.lines),
        score=weighed.score,
        findings=with_excerpts(active, sources),
        strengths=_strengths(audited, terms),
        distributions=tuple(d for d in _distributions(judged) if d.bars),
        timeout_map=timeout_map(judged, active, audited.project.constants()),
        timeout_config=timeout_config(audited.project, active, terms.central_timeout_modules),
        cache_table=cache_table(judged, active),
        cache_strategy=cache_strategy(audited.project, active),
        pool_table=pools,
        bridge_table=bridges,
        modules=_modules(judged, audited, target, root),
        plans=of_modules,
        class_plans=of_classes,
        suppressed=_quoted(weighed.silenced, sources),
        skipped=tuple(Skipped(s.path, s.reason) for s in audited.discovery.skipped),
        facts=judged if with_facts else None,
    )
    return with_agenda(result, judged)


def _plans(
    findings: Sequence[Finding],
    audited: Audit,
    sources: Sources,
    settings: Settings,
    most: int | None,
    remember: Remember | None,
) -> tuple[tuple[Plan, ...], tuple[ClassPlan, ...]]:
    """Return the plans of modules and classes; where there are none, nothing is loaded for them."""
    if most == 0 or not any(finding.code in _PLANNED for finding in findings):
        return (), ()
    from exai_audit.planning.decomposition import class_plans, plans
    from exai_audit.planning.decomposition.scene import Scene, made_anew

    limits = module_limits(settings)
    scene = Scene(audited.project, sources.get, limits, remember or made_anew)
    return plans(findings, scene, most), class_plans(findings, scene, most)


def module_limits(settings: Settings) -> Callable[[str], int]:
    """Return what tells by path how many lines a module may have."""
    rule = next(rule for rule in rules() if rule.code == "EXA105")
    options = settings.rules.options(rule)

    def limit_of(path: str) -> int:
        limit: int = options.at(path).max_module_lines
        return limit

    return limit_of


def _strengths(audited: Audit, terms: Terms) -> tuple[Strength, ...]:
    return tuple(
        strength for practice in practices() for strength in practice.check(audited.project, terms)
    )


def _terms(settings: Settings) -> Terms:
    options = {rule.code: settings.rules.options(rule).default for rule in rules()}
    return Terms(options["EXA101"].max_module_lines, options["EXA202"].central_timeout_modules)


def _quoted(silenced: Sequence[Suppressed], sources: Sources) -> tuple[Suppressed, ...]:
    findings = with_excerpts((item.finding for item in silenced), sources)
    pairs = zip(silenced, findings, strict=True)
    return tuple(replace(item, finding=finding) for item, finding in pairs)


def _target(
    settings: Settings, command: Sequence[str | Path], paths: Sequence[Path], root: Path
) -> Target:
    words = (word if isinstance(word, str) else _relative(word, root) for word in command)
    found = revision(root)
    return Target(
        paths=tuple(sorted({_relative(path, root) for path in paths})),
        configuration=sha256(msgspec.json.encode(settings.without_gate())).hexdigest()[:16],
        command=shlex.join(("exai-audit", *words)),
        revision=found.commit if found else None,
        date=_date(found.date if found else None),
        scopes=tuple(scope for scope in Scope if scope in settings.scopes),
        min_confidence=settings.min_confidence,
        folder=_below_repository(root),
        project=project_name(root),
        remote=remote_address(root) if found else None,
        branch=found.branch if found else None,
    )


def _modules(
    judged: Sequence[FileFacts], audited: Audit, target: Target, root: Path
) -> tuple[ModuleSize, ...]:
    """Return the judged files, each with its package and its owners."""
    package = package_of(root, target.project, audited.discovery.projects)
    above = target.folder.count("/") + 1 if target.folder else 0
    owners = codeowners((root, *root.parents)[above])
    prefix = f"{target.folder}/" if target.folder else ""
    return tuple(
        ModuleSize(
            file.path,
            file.lines.physical,
            package(file.path),
            owners.of(prefix + file.path) if owners else (),
        )
        for file in judged
    )


def _below_repository(root: Path) -> str:
    """Return the root's path below the top of its git repository; empty at the top or outside."""
    for folder in (root, *root.parents):
        if is_there(folder / ".git"):
            below = root.relative_to(folder).as_posix()
            return "" if below == "." else below
    return ""


def _relative(path: Path, root: Path) -> str:
    return Path(os_path.relpath(path.absolute(), root)).as_posix()


def _date(of_revision: str | None) -> str | None:
    """Return the day of ``SOURCE_DATE_EPOCH``, else that of the revision: never the clock's."""
    epoch = environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), timezone.utc).date().isoformat()
    return of_revision


def _with_fingerprints(findings: Iterable[Finding], sources: Sources) -> tuple[Finding, ...]:
    known = Fingerprints(sources.get)
    return tuple(replace(finding, fingerprint=known.of(finding)) for finding in findings)


def _scale(audited: Audit, judged: Sequence[FileFacts], lines: int) -> Scale:
    project = audited.project
    files = project.files
    longest = max(judged, key=lambda f: (f.lines.physical, f.path), default=None)
    failures = Counter(f.failure.kind for f in files if f.failure)
    return Scale(
        files=len(files),
        lines=sum(f.lines.physical for f in files),
        judged_files=len(judged),
        judged_lines=lines,
        scopes=tuple(count for count in _scopes(project) if count.files),
        generated=sum(f.generated for f in files),
        stubs=sum(f.path.endswith(".pyi") for f in files),
        syntax_errors=failures[FailureKind.SYNTAX],
        unreadable=failures[FailureKind.UNREADABLE],
        left_out=len(audited.discovery.skipped),
        timeouts=sum(len(f.timeouts) for f in judged),
        timeout_files=sum(bool(f.timeouts) for f in judged),
        caches=sum(len(f.caches.found) for f in judged),
        cache_files=sum(bool(f.caches.found) for f in judged),
        pools=sum(len(f.pools) for f in judged),
        bridges=sum(len(f.bridges) for f in judged),
        blocking=sum(not fact.file_system for f in judged for fact in f.blocking),
        median_module=_middle([f.lines.physical for f in judged]),
        longest_module=longest.lines.physical if longest else 0,
        longest_module_path=longest.path if longest else "",
    )


def _middle(lengths: Sequence[int]) -> int:
    """Return the lower median, 0 of none; ``statistics`` takes longer to load than all of this."""
    return sorted(lengths)[(len(lengths) - 1) // 2] if lengths else 0


def _scopes(project: Project) -> Iterator[ScopeCount]:
    for scope in Scope:
        files = [file for file in project.files if project.scope_of[file.path] is scope]
        lines = sum(file.lines.physical for file in files)
        judged = any(file.path in project.judged for file in files)
        yield ScopeCount(scope, len(files), lines, judged)


def _distributions(judged: Sequence[FileFacts]) -> tuple[Distribution, ...]:
    timeouts = [fact for file in judged for fact in file.timeouts]
    seconds = Counter(fact.seconds for fact in timeouts if fact.seconds is not None)
    values = sorted(seconds.items(), key=lambda pair: (-pair[1], pair[0]))[:12]
    return (
        Distribution(
            "timeouts-by-category",
            "Timeouts by category",
            _bars(fact.category.value for fact in timeouts),
        ),
        Distribution(
            "timeouts-by-value",
            "Timeouts by value",
            tuple(Bar(f"{value:g} s", count) for value, count in values),
        ),
        Distribution(
            "caches-by-layer",
            "Caches by layer",
            _bars(fact.layer.value for file in judged for fact in file.caches.found),
        ),
        Distribution("module-sizes", "Module sizes", _module_sizes(judged)),
    )


def _bars(labels: Iterable[str]) -> tuple[Bar, ...]:
    counts = sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Bar(label, count) for label, count in counts)


def _module_sizes(judged: Sequence[FileFacts]) -> tuple[Bar, ...]:
    if not judged:
        return ()
    bars = []
    for least, most in _MODULE_SIZES:
        label = f"over {least - 1} lines" if most is None else f"{least}-{most} lines"
        inside = [f for f in judged if least <= f.lines.physical <= (most or f.lines.physical)]
        bars.append(Bar(label, len(inside)))
    return tuple(bars)
