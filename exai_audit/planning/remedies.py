"""The remedies: what work repairs the findings of which rules, from the TOML table beside this."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from exai_audit.results.advice import Hours, Risk

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Driver = Literal[
    "once", "finding", "place", "excess", "module-lines", "class-lines", "function-lines"
]


class Work(Struct, frozen=True):
    """One kind of work on the findings of ``rules``: so many ``hours`` for each ``unit``."""

    rules: tuple[str, ...]
    driver: Driver
    unit: str
    hours: Hours


class Remedy(Struct, frozen=True):
    """How the findings of ``rules`` are repaired, and what can go wrong.

    ``hangs`` tells that what is repaired can hang or crash a service.
    """

    kind: str
    rules: tuple[str, ...]
    title: str
    risk: Risk
    hazard: str
    mitigation: str
    work: tuple[Work, ...]
    noun: str
    nouns: str = ""
    figure: str = ""
    hangs: bool = False


class _Table(Struct, frozen=True):
    remedy: tuple[Remedy, ...]
    by_rule: dict[str, Remedy] = field(default_factory=dict)


class RemedyError(Exception):
    """A table of remedies that does not fit the rules; the message names the code."""


def remedies() -> tuple[Remedy, ...]:
    """Return all remedies."""
    return _table().remedy


def remedy_of(code: str) -> Remedy:
    """Return the remedy of a rule.

    Raises:
        RemedyError: the rule has none.
    """
    try:
        return _table().by_rule[code]
    except KeyError:
        raise RemedyError(f"remedies.toml: {code} has no remedy") from None


def read_table(text: str) -> tuple[Remedy, ...]:
    """Read a table of remedies.

    Raises:
        RemedyError: a row is malformed, a rule has two remedies, or one without work.
    """
    try:
        table = msgspec.convert(tomllib.loads(text), _Table, strict=False)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise RemedyError(f"remedies.toml: {error}") from error
    seen: dict[str, str] = {}
    for remedy in table.remedy:
        for code in remedy.rules:
            if code in seen:
                raise RemedyError(f"remedies.toml: {code} is in {seen[code]} and {remedy.kind}")
            seen[code] = remedy.kind
        _check_work(remedy)
    return table.remedy


def check_rules(table: Sequence[Remedy], codes: Sequence[str]) -> None:
    """Refuse a rule without a remedy.

    Raises:
        RemedyError: naming all rules that have none.
    """
    known = {code for remedy in table for code in remedy.rules}
    if missing := [code for code in codes if code not in known]:
        raise RemedyError(f"remedies.toml: no remedy for {', '.join(missing)}")


def _check_work(remedy: Remedy) -> None:
    worked = {code for work in remedy.work for code in work.rules}
    if worked != set(remedy.rules):
        odd = ", ".join(sorted(worked ^ set(remedy.rules)))
        raise RemedyError(f"remedies.toml: {remedy.kind}: rules and rows of work differ in {odd}")
    for work in remedy.work:
        least, most = work.hours
        if not 0 < least <= most:
            raise RemedyError(f"remedies.toml: {remedy.kind}: {work.unit}: hours {work.hours}")


@lru_cache(maxsize=1)
def _table() -> _Table:
    text = (Path(__file__).parent / "remedies.toml").read_text(encoding="utf-8")
    table = read_table(text)
    return _Table(table, {code: remedy for remedy in table for code in remedy.rules})
