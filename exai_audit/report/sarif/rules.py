"""The rules of a SARIF log: what each finds, its page, and how grave and precise it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median_low

from exai_audit.addresses import rule_page
from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.report.escape import visible
from exai_audit.rulebook.pages import page_text, section
from exai_audit.rulebook.registry import Rule, default_settings, rules

Member = dict[str, object]

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_PROBLEM_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
_TAGS = {
    Family.AUDIT: ("audit",),
    Family.SIZE: ("size", "maintainability"),
    Family.TIMEOUTS: ("timeouts", "reliability"),
    Family.CACHES: ("caches", "reliability"),
    Family.CONCURRENCY: ("concurrency", "performance"),
}
_MOST_CHARACTERS = 1024
_SEVERITY = re.compile("|".join(severity.value for severity in Severity))


def reporting_descriptors(findings: Iterable[Finding]) -> list[Member]:
    """Return all rules of this version, and after them those that only ``findings`` know."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    shipped = {rule.code: rule for rule in rules()}
    described = [_shipped(rule, by_code.get(rule.code, ())) for rule in shipped.values()]
    foreign = sorted(by_code.keys() - shipped.keys())
    return [*described, *(_foreign(by_code[code]) for code in foreign)]


def _shipped(rule: Rule, findings: Iterable[Finding]) -> Member:
    why = section(rule, "Why") or rule.summary
    text = page_text(rule)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _shortened(f"{rule.name}: {rule.summary}.")},
        "fullDescription": {"text": _shortened(why.replace("``", "`"))},
        "helpUri": rule_page(rule.code),
        "help": {"text": text, "markdown": _page(rule, text)},
        **_rating(rule.family, _announced(rule), findings),
    }


def _foreign(findings: list[Finding]) -> Member:
    first = findings[0]
    text = visible(f"{first.name} (a rule of another version)")
    worst = max((f.severity for f in findings), key=lambda severity: severity.rank)
    return {
        "id": first.code,
        "name": visible(first.name),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text},
        **_rating(first.family, worst, findings),
    }


def _rating(family: Family, severity: Severity, findings: Iterable[Finding]) -> Member:
    level = LEVELS[severity]
    return {
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": list(_TAGS[family]),
            "precision": _precision(findings),
            "problem.severity": _PROBLEM_SEVERITIES[level],
        },
    }


def _precision(findings: Iterable[Finding]) -> str:
    """Return how sure the rule was of these; GitHub knows a precision of rules only."""
    ranks = [finding.confidence.rank for finding in findings] or [Confidence.HIGH.rank]
    return list(Confidence)[median_low(ranks)].value


def _announced(rule: Rule) -> Severity:
    """Return the severity that a rule usually has, of a range the middle."""
    usual = _SEVERITY.findall(rule.severity.partition(";")[0])
    ranks = [Severity(word).rank for word in usual]
    return list(Severity)[sum(ranks) // len(ranks)]


def _page(rule: Rule, text: str) -> str:
    settings = default_settings(rule)
    rows = [f"| `{key}` | `{value}` |" for key, value in settings.items()]
    table = ["", "| setting | default |", "| --- | --- |", *rows] if rows else []
    return "\n".join((f"# {rule.code} {rule.name}", "", text, *table)) + "\n"


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
