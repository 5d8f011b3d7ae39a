"""What a stored report may say in the tool's own words: it may come from anybody.

Texts of the scanned code are escaped wherever they are shown. Grades, codes, categories and the
like are shown as they are, so these must look like what the tool writes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from exai_audit.results.result import AuditResult

_GRADE = re.compile(r"[A-F][+\-\u2212]?")
_CODE = re.compile(r"[A-Z]{2,8}[0-9]{2,5}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]{0,59}")
_ADDRESS = re.compile(r"https://[A-Za-z0-9./_-]{1,200}")
_NAME = re.compile(r"\w+")
_SENTENCE = re.compile(r"[A-Za-z0-9 .,:;()+%\u2212-]{0,400}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/%+-]{1,2000}/")
_LARGEST = 2**53


def parsed_json(text: str) -> Any:  # noqa: ANN401 - whatever it says
    """Return what JSON says.

    Raises:
        ValueError: it is not JSON, or a number in it is endless or too large to count with.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_counted)


def first_foreign_word(result: AuditResult) -> str:
    """Return the first of a result's own words that the tool does not write, empty without any."""
    for pattern, name, value in _own_words(result):
        if value is not None and not pattern.fullmatch(value):
            return f"{name}: unexpected {value[:60]!r}"
    for name, number in _scores(result):
        if number is not None and not 0 <= number <= 100:
            return f"{name}: expected a number from 0 to 100"
    return ""


def _scores(result: AuditResult) -> Iterator[tuple[str, float | None]]:
    yield "score.value", result.score.value
    yield "score.unsuppressed", result.score.unsuppressed
    for part in result.breakdown.parts if result.breakdown else ():
        yield "breakdown.parts.score.value", part.score.value


_Word = tuple[re.Pattern[str], str, str | None]
"""What a word has to be, where it stands, and the word."""


def _own_words(result: AuditResult) -> Iterator[_Word]:
    yield re.compile("exai-audit"), "tool.name", result.tool.name
    yield _VERSION, "tool.version", result.tool.version
    yield _ADDRESS, "tool.documentation", result.tool.documentation
    yield _ADDRESS, "target.permalink", result.target.permalink
    yield from _words_of_score(result)
    for finding in (*result.findings, *(item.finding for item in result.suppressed)):
        yield _CODE, "findings.code", finding.code
        yield _WORD, "findings.name", finding.name
    yield from _words_of_tables(result)
    yield from _words_of_plans(result)
    yield from _all(_WORD, "strengths.name", (one.name for one in result.strengths))
    yield from _all(_WORD, "distributions.name", (one.name for one in result.distributions))
    yield from _all(_WORD, "recommendations.kind", (one.kind for one in result.recommendations))


def _words_of_score(result: AuditResult) -> Iterator[_Word]:
    yield _GRADE, "score.grade", result.score.grade
    if result.score.way_up is not None:
        yield _GRADE, "score.way_up.grade", result.score.way_up.grade
        units = (step.unit for step in result.score.way_up.steps)
        yield from _all(_WORD, "score.way_up.steps.unit", units)
    if result.score.standing is not None:
        yield _SENTENCE, "score.standing.sentence", result.score.standing.sentence
    for category in result.score.categories:
        codes = (rule.code for rule in category.rules)
        yield from _all(_CODE, "score.categories.rules.code", codes)
    for part in result.breakdown.parts if result.breakdown else ():
        yield _GRADE, "breakdown.parts.score.grade", part.score.grade
    for phase in result.phases:
        yield _GRADE, "phases.grade", phase.grade


def _words_of_tables(result: AuditResult) -> Iterator[_Word]:
    for row in result.timeout_map:
        yield _WORD, "timeout_map.category", row.category
        yield from _all(_WORD, "timeout_map.operations.form", (o.form for o in row.operations))
        codes = (code for operation in row.operations for code in operation.findings)
        yield from _all(_CODE, "timeout_map.operations.findings", codes)
    for cache in result.cache_table:
        yield _WORD, "cache_table.form", cache.form
        yield _WORD, "cache_table.layer", cache.layer


def _words_of_plans(result: AuditResult) -> Iterator[_Word]:
    for plan in result.plans:
        yield from _all(_NAME, "plans.modules.name", (module.name for module in plan.modules))
    for divided in (*result.class_plans, *(c for plan in result.plans for c in plan.classes)):
        yield from _all(_NAME, "class_plans.groups.name", (g.name for g in divided.groups))
        yield from _all(_WORD, "class_plans.groups.way", (g.way for g in divided.groups))


def _all(pattern: re.Pattern[str], name: str, values: Iterable[str]) -> Iterator[_Word]:
    return ((pattern, name, value) for value in values)


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _counted(text: str) -> int:
    number = int(text)
    if abs(number) > _LARGEST:
        raise ValueError(f"a number of {len(text)} digits is too large")
    return number
