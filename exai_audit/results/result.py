# exai: ignore-file[EXA105] -- the schema of the report as one page
"""What an audit says: every report is made from this, and JSON shows all of it.

The field names are those of the JSON report. Paths are relative to the root, with forward slashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from exai_audit.addresses import DOCUMENTATION
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Family, Finding, Scope, Severity, Strength
from exai_audit.results.advice import Hours, Impact, Phase, Recommendation
from exai_audit.results.plans import ClassPlan, Plan
from exai_audit.results.tables import BridgeRow, By, GateVerdict, Limit, ModuleSize, PoolRow

SCHEMA_VERSION = 2


class Tool(Struct, frozen=True):
    """What made the result; ``documentation`` is where ``rules/CODE/`` explains each finding."""

    version: str
    formula_version: int
    name: str = "exai-audit"
    documentation: str = DOCUMENTATION


class Target(Struct, frozen=True):
    """What was audited, and how to do it again.

    ``configuration`` is the fingerprint of the settings in force; ``scopes`` are those that were
    judged and that the score is of. ``date`` comes from ``SOURCE_DATE_EPOCH`` or the revision.
    ``folder`` is the root's path below the top of its git repository, empty at the top.
    ``permalink`` is the address of the files at the revision, to which a path below the top of the
    repository is added, None where nothing says how they are addressed. ``project`` is the name of
    the project, by its ``pyproject.toml`` or its folder; ``remote`` the web address of the
    repository and ``branch`` what is checked out, as far as git or the CI says.
    """

    paths: tuple[str, ...]
    configuration: str
    command: str
    root: str = "."
    revision: str | None = None
    date: str | None = None
    scopes: tuple[Scope, ...] = (Scope.PRODUCTION, Scope.SCRIPTS)
    min_confidence: Confidence = Confidence.MEDIUM
    folder: str = ""
    permalink: str | None = None
    project: str = ""
    remote: str | None = None
    branch: str | None = None


class ScopeCount(Struct, frozen=True):
    """Python files of one scope, whether it was judged or only counted."""

    scope: Scope
    files: int
    lines: int
    judged: bool


class Scale(Struct, frozen=True):
    """How much there is; ``files`` and ``lines`` are all that was read, in every scope.

    The counts from ``timeouts`` on, and the module sizes, are of judged files only; lines are
    physical lines.
    """

    files: int
    lines: int
    judged_files: int
    judged_lines: int
    scopes: tuple[ScopeCount, ...] = ()
    generated: int = 0
    stubs: int = 0
    syntax_errors: int = 0
    unreadable: int = 0
    left_out: int = 0
    timeouts: int = 0
    timeout_files: int = 0
    caches: int = 0
    cache_files: int = 0
    pools: int = 0
    bridges: int = 0
    blocking: int = 0
    median_module: int = 0
    longest_module: int = 0
    longest_module_path: str = ""


class RuleScore(Struct, frozen=True):
    """What one rule takes from its category: its findings that weigh, and what they weigh in all.

    ``debt`` is that weight over the category's allowance, levelled (0 to 2); ``lost`` the rule's
    part of what the category loses, by debt. A finding's points are its part of that, by weight.
    """

    code: str
    findings: int
    weight: float
    debt: float
    lost: float


class CategoryScore(Struct, frozen=True):
    """One category: it has ``points`` to lose and lost ``lost`` of them.

    ``weight`` is the sum over its findings, ``allowance`` what a code base of this size is allowed,
    ``debt`` the sum of the debts of its rules: at 1 half of the points are gone. ``rules`` come
    with what costs most first. A category that was not judged has no points to lose.
    """

    name: Family
    judged: bool
    points: float
    lost: float
    weight: float
    allowance: float
    debt: float
    findings: int
    rules: tuple[RuleScore, ...] = ()


class Cap(Struct, frozen=True):
    """What critical findings do to the score beyond their own points.

    ``findings`` are the fingerprints of those that hold the score at ``limit``; ``cost`` is 0 when
    the categories alone bring it below.
    """

    limit: float
    cost: float
    findings: tuple[str, ...]


class ScoreBar(Struct, frozen=True):
    """How many of the reference set score from ``least`` to below ``most``.

    ``peers`` are those of the ``services`` that are nearest in size; the last bar holds 100 too.
    """

    least: int
    most: int
    services: int
    peers: int
    libraries: int


class Standing(Struct, frozen=True):
    """Where the score stands in the reference set; ``sentence`` says all of it but the bars.

    It is better than ``better_than`` of the ``peers`` services nearest in size, which have
    ``peer_lines`` judged lines, least and most, and than ``libraries_below`` of ``libraries``.
    Half of all ``services`` score within ``middle``. ``bars`` is the histogram.
    """

    sentence: str
    better_than: int
    peers: int
    peer_lines: tuple[int, int]
    services: int
    middle: tuple[float, float]
    libraries_below: int
    libraries: int
    bars: tuple[ScoreBar, ...]


class Step(Struct, frozen=True):
    """A recommendation on the way up, or as much of it as is needed: its ``findings``.

    ``recommendation`` is its position in the result's list, from 1. Its hours count ``units`` of
    what ``unit`` names, for example 12 places. ``whole`` tells that nothing of it is left over,
    ``gain`` what the score rises by once the steps before it are done.
    """

    recommendation: int
    title: str
    findings: tuple[str, ...]
    whole: bool
    units: int
    unit: str
    hours: Hours
    gain: float


class WayUp(Struct, frozen=True):
    """What to repair for the next grade that is at least three points away.

    ``steps`` are recommendations, the most points for an hour first; ``findings`` (fingerprints)
    are those of all steps, ``hours`` is the work for them and ``score_after`` the score without
    them, unrounded.
    """

    grade: str
    steps: tuple[Step, ...]
    findings: tuple[str, ...]
    score_after: float
    hours: Hours


class Constants(Struct, frozen=True):
    """The constants of the formula: with these, all weights can be recomputed.

    A finding weighs ``severity`` x ``confidence``, both by name. With k = ``judged_lines`` / 1000 +
    ``smoothing`` the allowance of size is its factor x k, of another category its factor x the
    square root of k; ``factors`` are by category.
    """

    judged_lines: int
    smoothing: float
    factors: Mapping[str, float]
    severity: Mapping[str, float]
    confidence: Mapping[str, float]


class Score(Struct, frozen=True):
    """The score, unrounded; it is displayed and compared with one decimal, as ``grade`` is.

    ``value`` and ``grade`` are None when no line or no category was judged. ``provisional`` says
    that the constants are not calibrated. ``unsuppressed`` is the score that the code would have
    without its suppressions, None when there are none.
    """

    value: float | None
    grade: str | None
    categories: tuple[CategoryScore, ...]
    constants: Constants
    cap: Cap | None = None
    standing: Standing | None = None
    way_up: WayUp | None = None
    provisional: bool = False
    unsuppressed: float | None = None

    @property
    def shown(self) -> float | None:
        """The score as displayed and compared: one decimal."""
        return None if self.value is None else round(self.value, 1)


class Bar(Struct, frozen=True):
    """One row of a distribution."""

    label: str
    count: int


class Distribution(Struct, frozen=True):
    """How often each value occurs, in the order in which to draw it."""

    name: str
    title: str
    bars: tuple[Bar, ...]


class TimeoutOperation(Struct, frozen=True):
    """What waits, and for how long: one callee, constant or key with all its sites.

    ``form`` is ``call``, or that of the sites which only name the limit (``parameter-default``).
    ``seconds`` are the distinct known values, ascending, and ``limits`` says how each is given;
    ``references`` are the constants that it is given, by dotted name; ``unlimited`` counts the
    sites that say or mean "for ever". ``findings`` are the codes of what is wrong with it. ``path``
    and ``line`` are the first site.
    """

    operation: str
    form: str
    sites: int
    files: int
    seconds: tuple[float, ...]
    references: tuple[str, ...]
    unlimited: int
    findings: tuple[str, ...]
    path: str
    line: int
    limits: tuple[Limit, ...] = ()


class TimeoutRow(Struct, frozen=True):
    """The limits of one category; ``seconds`` are the distinct known values, ascending.

    ``operations`` come with those first that something is wrong with, then by number of sites.
    """

    category: str
    sites: int
    files: int
    seconds: tuple[float, ...]
    operations: tuple[TimeoutOperation, ...] = ()


class CacheRow(Struct, frozen=True):
    """One cache of results.

    ``keys`` is what keys it, as the code says. ``bound``, ``expiry`` and ``invalidation`` name the
    mechanism, None where the code shows none. ``verdict`` holds the codes of the findings about it,
    or is ``ok``.
    """

    path: str
    line: int
    symbol: str
    name: str
    keys: str
    form: str
    layer: str
    bound: str | None
    expiry: str | None
    invalidation: str | None
    lock: bool
    verdict: str


class SharedStore(Struct, frozen=True):
    """One store that several caches can share, and what a person must decide for it.

    ``library`` is the distribution that has it, ``imported`` whether the code uses it already.
    ``bounds`` and ``expiries`` are the questions: one for each cache that lacks one.
    """

    layers: tuple[str, ...]
    store: str
    library: str
    imported: bool
    caches: int
    reason: str
    bounds: tuple[str, ...]
    expiries: tuple[str, ...]


class CacheStrategy(Struct, frozen=True):
    """One strategy in place of fragmented caches; ``apart`` are those that can share no store."""

    caches: int
    files: int
    stores: tuple[SharedStore, ...]
    apart: tuple[str, ...]


class Suppressed(Struct, frozen=True):
    """A finding that a comment silences, and the reason that the comment gives."""

    finding: Finding
    line: int
    reason: str


class BaselineEntry(Struct, frozen=True):
    """``count`` findings that a baseline accepts: equal in fingerprint and severity.

    ``confidence`` is that of the surest, None in baselines written before it was noted.
    """

    path: str
    code: str
    symbol: str
    severity: Severity
    fingerprint: str
    count: int
    confidence: Confidence | None = None


class BaselineUse(Struct, frozen=True):
    """What a baseline said; the findings that it lacks are ``new``, the others ``known``.

    ``score`` is the displayed one of when it was written, by ``formula_version``. ``gone`` are
    entries that no longer occur, with the count of those missing.
    """

    file: str
    score: float | None
    known: int
    gone: tuple[BaselineEntry, ...] = ()
    formula_version: int = 1


class FixedFinding(Struct, frozen=True):
    """A finding that the commit had and that is gone; ``line`` and ``points`` are those of then."""

    code: str
    name: str
    severity: Severity
    path: str
    line: int
    message: str
    points: float


class CategoryLoss(Struct, frozen=True):
    """What a category had lost at the commit."""

    name: Family
    lost: float


class SinceUse(Struct, frozen=True):
    """The revision since which changes are shown: ``commit`` is where its history parts from ours.

    ``score`` is the displayed one of that commit, judged by today's settings, ``categories`` what
    it lost where. ``fixed`` are its findings that are gone, the costliest first; ``known`` counts
    those that are still there, ``moved`` those of them in files that git saw renamed.
    """

    revision: str
    commit: str
    score: float | None
    categories: tuple[CategoryLoss, ...] = ()
    fixed: tuple[FixedFinding, ...] = ()
    known: int = 0
    moved: int = 0


class Skipped(Struct, frozen=True):
    """A path that was left out, and why."""

    path: str
    reason: str

    @property
    def is_unreadable(self) -> bool:
        """Whether the system refused it, so that nobody chose to leave it out."""
        return self.reason.startswith("cannot be read")


class StoredFacts(Struct, frozen=True):
    """The facts as a JSON report lists them, by kind: those of a result that was read back."""

    lists: Mapping[str, Sequence[Mapping[str, Any]]]


class PartScore(Struct, frozen=True):
    """The score of the files of one package, folder or owner, as if there were no others.

    ``findings`` counts those in these files; what each rule costs is in the score's categories.
    """

    name: str
    files: int
    lines: int
    findings: int
    score: Score


class Breakdown(Struct, frozen=True):
    """The scores of parts, the worst first. A file of several owners is in the part of each."""

    by: By
    parts: tuple[PartScore, ...]


class AuditResult(Struct, frozen=True):
    """The whole result; ``findings`` are sorted by path, line, column and code.

    ``plans`` and ``class_plans`` are those of the modules and classes to be split, worst first, as
    many as were asked for. ``modules`` are all judged files, ``gate`` is what the gates say that
    were asked for. ``breakdown`` and ``facts`` are None unless they were asked for.
    """

    tool: Tool
    target: Target
    scale: Scale
    score: Score
    findings: tuple[Finding, ...] = ()
    strengths: tuple[Strength, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    timeout_map: tuple[TimeoutRow, ...] = ()
    timeout_config: str | None = None
    cache_table: tuple[CacheRow, ...] = ()
    cache_strategy: CacheStrategy | None = None
    pool_table: tuple[PoolRow, ...] = ()
    bridge_table: tuple[BridgeRow, ...] = ()
    modules: tuple[ModuleSize, ...] = ()
    plans: tuple[Plan, ...] = ()
    class_plans: tuple[ClassPlan, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    phases: tuple[Phase, ...] = ()
    impact: tuple[Impact, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    baseline: BaselineUse | None = None
    since: SinceUse | None = None
    skipped: tuple[Skipped, ...] = ()
    gate: tuple[GateVerdict, ...] = ()
    breakdown: Breakdown | None = None
    facts: tuple[FileFacts, ...] | StoredFacts | None = None
