"""The page: what its template is given, and the template made to text.

Facts are left out of the data in the page: they may be larger than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from exai_audit.addresses import rule_page
from exai_audit.planning.recommend import HOURS_A_WEEK
from exai_audit.report import json
from exai_audit.report.bottlenecks import Bottleneck, bottlenecks, severity_counts, unsure, words
from exai_audit.report.html import figures
from exai_audit.report.html.chains import Chain, chains
from exai_audit.report.html.rows import MOST_EXCERPTS, Row, numbers_of, rows
from exai_audit.report.members import Json, json_value
from exai_audit.report.page.charts.bars import meter
from exai_audit.report.page.frame import data_block, page
from exai_audit.report.plan_tree import figure, tree
from exai_audit.report.points import parts_of_rules
from exai_audit.report.references import reference_notes
from exai_audit.results.advice import Recommendation
from exai_audit.results.embedded import embedded
from exai_audit.results.result import AuditResult, CacheRow, CategoryScore, RuleScore
from exai_audit.results.tables import BridgeRow, ModuleSize
from exai_audit.rulebook.pages import section
from exai_audit.rulebook.registry import rule_of
from exai_audit.score.grades import GRADES

TEMPLATES = Path(__file__).parent / "templates"
_CARDS = 3
_LARGEST = 40
_MOST_BYTES, _MOST_BYTES_EACH = 300_000, 1_200


class RulePage(Struct, frozen=True):
    """What is said of a rule that found something."""

    code: str
    name: str
    why: str
    doubts: str
    address: str


class Task(Struct, frozen=True):
    """A recommendation, its place in the list, the rows that it repairs, and how."""

    number: int
    item: Recommendation
    rows: tuple[int, ...]
    how: str


class Plans(Struct, frozen=True):
    """Which plans are shown in full; the others are named."""

    of_modules: bool
    of_classes: bool


class View(Struct, frozen=True):
    """What the template of the report is given."""

    result: AuditResult
    title: str
    verdict: str
    counts: str
    notes: tuple[str, ...]
    groups: tuple[Bottleneck, ...]
    anchors: Mapping[int, str]
    rows: tuple[Row, ...]
    tasks: tuple[Task, ...]
    chains: tuple[Chain, ...]
    rules: tuple[RulePage, ...]
    ledger: tuple[tuple[CategoryScore, RuleScore, str], ...]
    places: Mapping[str, str]
    costs: Mapping[str, float]
    largest: tuple[ModuleSize, ...]
    caches_first: tuple[CacheRow, ...]
    bridges_first: tuple[BridgeRow, ...]
    risks: tuple[tuple[tuple[str, str, str], tuple[int, ...]], ...]
    unsure: int
    embedded: Markup
    score_data: Markup
    most_excerpts: int = MOST_EXCERPTS
    cards: int = _CARDS
    plans: Plans = Plans(True, True)
    hours_a_week: float = HOURS_A_WEEK


def render(result: AuditResult) -> str:
    """Return the page.

    Where plans make it larger than `_MOST_BYTES` and `_MOST_BYTES_EACH` for each finding, those of
    classes are only named, and if need be those of modules, too.
    """
    view = _view(result)
    most = _MOST_BYTES + _MOST_BYTES_EACH * len(view.rows)
    made = ""
    for plans in (Plans(True, True), Plans(True, False), Plans(False, False)):
        made = _rendered(replace(view, plans=plans))
        if len(made.encode()) <= most:
            break
    return made


def _rendered(view: View) -> str:
    return page((TEMPLATES,), "report.html", _values(view))


def values_of(result: AuditResult) -> dict[str, object]:
    """Return what the template ``report.html`` names, for pages that extend it."""
    return _values(_view(result))


def _values(view: View) -> dict[str, object]:
    result = view.result
    values = {name: getattr(view, name) for name in view.__struct_fields__}
    drawings = {
        "points_bar": figures.points_bar(result, view.groups, view.anchors),
        "standing": figures.standing(result),
        "module_map": figures.module_map(result, view.places),
        "limits": figures.limits(result),
    }
    helpers = {"meter": meter, "kept": figures.kept, "tree": tree, "figure": figure}
    return {**values, **drawings, **helpers}


def _view(result: AuditResult) -> View:
    groups = bottlenecks(result.findings)
    listed = rows(result, groups)
    number_of = {id(row.finding): row.number for row in listed}
    return View(
        result=result,
        title=_title(result),
        verdict=words(result),
        counts=severity_counts(result.findings),
        notes=tuple(reference_notes(result)),
        groups=groups,
        anchors={n: f"#f{number_of[id(group.head)]}" for n, group in enumerate(groups, 1)},
        rows=listed,
        tasks=tuple(_tasks(result, listed)),
        chains=tuple(chains(result.findings)),
        rules=tuple(_rules(result)),
        ledger=tuple(parts_of_rules(result)),
        places=_places(result, listed),
        costs=figures.points_by_path(result),
        largest=tuple(sorted(result.modules, key=lambda one: (-one.lines, one.path))[:_LARGEST]),
        caches_first=tuple(sorted(result.cache_table, key=lambda row: row.verdict == "ok")),
        bridges_first=tuple(sorted(result.bridge_table, key=lambda row: row.verdict == "ok")),
        risks=tuple(_risks(result.recommendations)),
        unsure=unsure(result),
        embedded=Markup(embedded(json.render_compact(replace(result, facts=None)))),
        score_data=data_block("score-data", _score_data(result)),
    )


def _title(result: AuditResult) -> str:
    """Return what the project calls itself, else what was audited."""
    paths = [path for path in result.target.paths if path != "."]
    return result.target.project or ", ".join(paths) or "Audit report"


def _tasks(result: AuditResult, listed: Sequence[Row]) -> list[Task]:
    by_number = {row.number: row.finding for row in listed}
    made = []
    for number, item in enumerate(result.recommendations, 1):
        own = numbers_of(listed, item.findings)
        how = by_number[own[0]].remedy if own else ""
        made.append(Task(number, item, own, how))
    return made


def _rules(result: AuditResult) -> list[RulePage]:
    found = {finding.code: finding.name for finding in result.findings}
    found |= {item.finding.code: item.finding.name for item in result.suppressed}
    return [
        RulePage(
            code,
            name,
            section(rule_of(code), "Why"),
            section(rule_of(code), "Known false alarms"),
            rule_page(code) if rule_of(code) else "",
        )
        for code, name in sorted(found.items())
    ]


def _places(result: AuditResult, listed: Sequence[Row]) -> dict[str, str]:
    """Return where each path is spoken of: in its plan, else in its first finding."""
    found = {row.finding.path: f"#f{row.number}" for row in reversed(listed)}
    found |= {plan.path: f"#plan{number}" for number, plan in enumerate(result.plans, 1)}
    return found


def _risks(
    items: Sequence[Recommendation],
) -> Iterator[tuple[tuple[str, str, str], tuple[int, ...]]]:
    """Yield each risk once, with the numbers of the recommendations that carry it."""
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for number, item in enumerate(items, 1):
        kinds.setdefault((item.risk.value, item.hazard, item.mitigation), []).append(number)
    yield from ((kind, tuple(numbers)) for kind, numbers in kinds.items())


def _score_data(result: AuditResult) -> Json:
    """Return what the score is computed from again without some findings."""
    score = result.score
    return {
        "value": score.value,
        "grades": [[name, least] for name, least in GRADES],
        "categories": json_value(score.categories),
        "limit": score.cap.limit if score.cap else None,
        "holders": len(score.cap.findings) if score.cap else 0,
    }
