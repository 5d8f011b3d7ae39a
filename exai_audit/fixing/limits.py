"""The constants that a project's scattered limits become: one name for each, and where it goes.

Names depend on all limits of a top package, never on which of them are to be moved: the same code
gets the same names however a fix is asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.naming import purposes, unit_suffix
from exai_audit.fixing.packages import Home, constants_in, home_of
from exai_audit.fixing.policies import told, whose_is
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.sites import Site, all_sites
from exai_audit.location import Span

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNIT = re.compile(r"(?:_(?:TIMEOUT|[A-Z]*SECONDS|MS|MINUTES|HOURS|DAYS))+$")
Spot = tuple[str, Span]
"""A file, and where in it a number is written."""


class Constant(Struct, frozen=True):
    """A constant and its sites; ``is_new`` tells that its module does not define it yet."""

    home: Home
    name: str
    literal: str
    sites: tuple[Site, ...]
    is_new: bool = True


class Table(Struct, frozen=True):
    """The constant of each site, or why it has none."""

    constants: Mapping[Spot, Constant]
    refused: Mapping[Spot, str]

    def at(self, path: str, fact: TimeoutFact) -> Constant:
        """Return the constant of a site.

        Raises:
            RefusedError: it has none.
        """
        spot = (path, fact.literal_span or fact.place.span)
        if spot in self.constants:
            return self.constants[spot]
        raise RefusedError(self.refused.get(spot, "it is no limit of the project's own"))


def table(bench: Bench) -> Table:
    """Return the constants of all scattered limits of the project."""
    made = bench.made("limits", lambda: _table(bench))
    assert isinstance(made, Table)
    return made


def _table(bench: Bench) -> Table:
    contradictions = _contradictions(bench)
    refused: dict[Spot, str] = {}
    by_home: dict[str, list[tuple[Home, Site]]] = {}
    for site in dict.fromkeys(all_sites(bench)):
        spot = (site.path, site.fact.literal_span or site.fact.place.span)
        try:
            _check(site, contradictions, bench)
            home = home_of(site.path, bench)
            by_home.setdefault(home.path, []).append((home, site))
        except RefusedError as reason:
            refused[spot] = str(reason)
    constants: dict[Spot, Constant] = {}
    for pairs in by_home.values():
        for constant in _named(pairs[0][0], [site for _, site in pairs], bench):
            for site in constant.sites:
                assert site.fact.literal_span is not None
                spot = (site.path, site.fact.literal_span)
                if constant.name:
                    constants[spot] = constant
                else:
                    refused[spot] = "no name tells it from others: give it one with --names FILE"
    return Table(constants, refused)


def _contradictions(bench: Bench) -> frozenset[tuple[str, int]]:
    return frozenset(
        spot
        for finding in bench.findings
        if finding.code == "EXA203"
        for spot in [(finding.path, finding.line), *((r.path, r.line) for r in finding.related)]
    )


def _check(site: Site, contradictions: frozenset[tuple[str, int]], bench: Bench) -> None:
    """Raise an error where a limit is none that a constant can stand for."""
    fact = site.fact
    names = bench.choices.names
    if names and site.key in names and not names[site.key]:
        raise RefusedError("the file of names leaves it as it is")
    if (site.path, fact.place.span.line) in contradictions:
        raise RefusedError("it contradicts another limit of the same operation: decide which holds")
    if fact.literal_span is None or fact.phases or fact.choices:
        raise RefusedError("the limit is more than one number: name its parts by hand")
    if site.is_text and str(_value(site.number)) != site.number:
        raise RefusedError("the number is written as a text that Python writes otherwise")
    if names.get(site.key):
        return
    if not fact.amount or (fact.seconds is not None and _scale(site) is None):
        raise RefusedError("the limit has no unit with a usual name: name it with --names FILE")


def _value(number: str) -> float | int | None:
    if not _NUMBER.fullmatch(number):
        return None
    return float(number) if "." in number else int(number)


def _scale(site: Site) -> float | None:
    """Return how many seconds the unit of the number is, as it is written."""
    fact = site.fact
    if fact.seconds is None or fact.amount is None or not fact.amount:
        return None
    value = _value(site.number)
    scale = fact.seconds / value if value else fact.scale
    return scale if scale is not None and unit_suffix(scale) else None


def _named(home: Home, sites: Sequence[Site], bench: Bench) -> list[Constant]:
    """Give each site a constant; sites of one module with one name and number share it.

    Names that several would have are given to none of them: each takes its next, more exact one.
    """
    there = held(home, bench)
    taken = set(map(_bare, there))
    level, found, pending = 0, [], list(sites)
    while pending:
        groups = _grouped(pending, home, level, bench)
        wanted = Counter(_bare(name) for name, _ in groups)
        pending = []
        for name, group in groups:
            number = group[0].number
            is_free = there.get(name) == number or _bare(name) not in taken
            is_given = bool(bench.choices.names.get(group[0].key))
            if not name or is_given or (is_free and wanted[_bare(name)] == 1):
                found.append(Constant(home, name, number, tuple(group), name not in there))
                taken.add(_bare(name))
            else:
                pending += group
        level += 1
    order = {site.key: place for place, site in enumerate(sites)}
    return sorted(found, key=lambda constant: order[constant.sites[0].key])


def _bare(name: str) -> str:
    """Return a name without its unit, which alone tells no two limits apart."""
    return _UNIT.sub("", name)


def _grouped(
    sites: Sequence[Site], home: Home, level: int, bench: Bench
) -> list[tuple[str, list[Site]]]:
    """Return the sites that share a name at a level of exactness; past the last it is empty."""
    groups: dict[tuple[str, str, str], list[Site]] = {}
    for site in sites:
        name = _name_at(site, home, level, bench)
        whose = "" if bench.choices.names.get(site.key) else whose_is(site, bench)
        groups.setdefault((name, whose, site.number), []).append(site)
    return [(name, group) for (name, _, _), group in groups.items()]


def _names(site: Site, home: Home, bench: Bench) -> Iterator[str]:
    """Yield names by what is waited for, with the unit where the code says in which it counts."""
    scale = _scale(site)
    says_so = "timeout" in home.name.lower() and scale is not None
    suffix = "" if scale is None else f"_{unit_suffix(scale)}"
    for fact, path in told(site, bench):
        for purpose in purposes(fact, path):
            yield f"{purpose}{suffix}" if says_so else f"{purpose}_TIMEOUT{suffix}"


def _name_at(site: Site, home: Home, level: int, bench: Bench) -> str:
    """Return the name of a site at a level of exactness, empty past the last."""
    given = bench.choices.names.get(site.key)
    return given or dict(enumerate(_names(site, home, bench))).get(level, "")


def held(home: Home, bench: Bench) -> dict[str, str]:
    """Return the constants of an existing home, with their numbers as written."""
    return {} if home.is_new else constants_in(home.path, bench)
