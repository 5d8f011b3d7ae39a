"""Which limits are one: the same number, given by one policy of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.naming import says_something
from exai_audit.fixing.sites import Site, all_sites
from exai_audit.project.scattering import Scattering, Spread


def whose_is(site: Site, bench: Bench) -> str:
    """Return what must be the same for two sites to be one: the policy, the setting, the module."""
    spread = _spread(site, bench)
    if spread is not None:
        return f"{spread.way.kind} {spread.way.what} {spread.way.where}"
    return f"key {site.fact.key}" if site.fact.key.isupper() else site.path


def is_detail(site: Site, bench: Bench) -> bool:
    """Tell whether few places write a limit: too few to be a policy."""
    return _spread(site, bench) is None


def told(site: Site, bench: Bench) -> Iterator[tuple[TimeoutFact, str]]:
    """Yield what names a site, and in which module: as part of a policy first, then alone."""
    spread = _spread(site, bench)
    if spread is not None:
        yield _of_policy(site, spread)
    yield _alone(site, bench), site.path


def _spread(site: Site, bench: Bench) -> Spread | None:
    def found() -> Scattering:
        return Scattering(bench.project, bench.central)

    made = bench.made("scattering", found)
    assert isinstance(made, Scattering)
    spread = made.of(site.path, [site.fact])
    if spread is None or spread.way.kind != "http":
        return spread
    return next((one for one in made.wide if _joins(site, spread, one)), spread)


def _joins(site: Site, spread: Spread, other: Spread) -> bool:
    """Tell whether a file gives its number to a host that other files ask so, too."""
    is_alike = other.way._replace(where="") == spread.way._replace(where="")
    return is_alike and other.files > 1 and any(path == site.path for path, _ in other.sites)


def _of_policy(site: Site, spread: Spread) -> tuple[TimeoutFact, str]:
    """Return what a policy is of: no function, and of several modules none, but who is asked."""
    fact, way = site.fact, spread.way
    path = site.path if spread.files == 1 else fact.operation.partition(".")[0]
    if way.kind == "http":
        host = way.where.rpartition(":")[2].split(".")
        path = site.path if spread.files == 1 else host[-2] if len(host) > 1 else host[0]
        fact = replace(fact, operation="http")
    elif way.kind in ("key", "name"):
        last = fact.operation.rpartition(".")[2]
        is_named = way.kind == "key" or says_something(fact.name)
        fact = replace(fact, operation="" if is_named else last, name=fact.name if is_named else "")
        path = "" if spread.files > 1 and is_named else path
    return replace(fact, place=replace(fact.place, symbol="")), path


def _alone(site: Site, bench: Bench) -> TimeoutFact:
    """Return what names a site: one in a decorator is told by what is decorated alone.

    The same number for the same operation in several functions of a module is one limit, which
    none of the functions names; so it is for several operations of a library in one function.
    """
    fact, source = site.fact, bench.read(site.path)
    fact = replace(fact, operation=_common(_operations(bench)[_alike(site)]))
    if len(_functions(bench)[_same(site)]) > 1:
        return replace(fact, place=replace(fact.place, symbol=""))
    if source is not None and source.line(fact.call[0]).lstrip().startswith("@"):
        return replace(fact, operation="")
    return fact


def _common(operations: Collection[str]) -> str:
    """Return what several operations of a library have in common: how they begin, or end."""
    shortest = min(operations, key=len)
    if all(operation.startswith(shortest) for operation in operations):
        return shortest
    ends = {operation.rpartition(".")[2] for operation in operations}
    return ends.pop() if len(ends) == 1 else shortest.partition(".")[0]


def _alike(site: Site) -> tuple[str, str, str, str, str]:
    fact = site.fact
    return site.path, fact.place.symbol, fact.operation.partition(".")[0], fact.name, site.number


def _operations(bench: Bench) -> Mapping[tuple[str, str, str, str, str], set[str]]:
    """Return the operations of one library that a function gives one number."""

    def found() -> Mapping[tuple[str, str, str, str, str], set[str]]:
        operations: defaultdict[tuple[str, str, str, str, str], set[str]] = defaultdict(set)
        for site in all_sites(bench):
            operations[_alike(site)].add(site.fact.operation)
        return operations

    made = bench.made("operations of limits", found)
    assert isinstance(made, defaultdict)
    return made


def _same(site: Site) -> tuple[str, str, str, str]:
    return (
        site.path,
        site.fact.operation or f"in {site.fact.place.symbol}",
        site.fact.name,
        site.number,
    )


def _functions(bench: Bench) -> Mapping[tuple[str, str, str, str], set[str]]:
    """Return the functions that give one number to one operation, by module."""

    def found() -> Mapping[tuple[str, str, str, str], set[str]]:
        symbols: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
        for site in all_sites(bench):
            symbols[_same(site)].add(site.fact.place.symbol)
        return symbols

    made = bench.made("functions of limits", found)
    assert isinstance(made, defaultdict)
    return made
