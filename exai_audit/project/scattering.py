"""Which limits are scattered: what is reached by one way is limited by numbers in many places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.finding import Scope
from exai_audit.knowledge.table import table
from exai_audit.project.central_timeouts import scattered_limits, shown_limit, shown_seconds
from exai_audit.project.constant_names import names_a_purpose
from exai_audit.project.project import Project

WAITS = frozenset({
    "wait", "await", "get", "put", "join", "result", "poll", "acquire", "recv", "receive", "next",
    "close", "shutdown", "stop", "flush", "drain", "kill", "terminate",
})  # fmt: skip
"""What waits for whatever it is given, by the first word: how long is for each caller to say."""
_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)
_WITHIN = frozenset({"in-process", "process", "work", "around"})
_HTTP = frozenset({
    "requests", "requests_oauthlib", "httpx", "aiohttp", "urllib", "urllib3", "http", "curl_cffi",
    "niquests", "httplib2",
})  # fmt: skip
_FEWEST = 3
_MOST_NUMBERS = 2
_FEWEST_NAMED = 2


_Site = tuple[str, TimeoutFact]


class Way(NamedTuple):
    """By what a wait is reached: the limits of one way are one policy.

    ``kind`` is ``http`` (a client library and a number, in one file or to one host), ``call`` (a
    function or class), ``wait`` (one that waits for anything, in one file, and a number), ``key``
    or ``name``; ``where`` is the file, the host, or the folder of the root, that it speaks of.
    """

    kind: str
    what: str
    where: str = ""
    value: float | None = None


class Spread(Struct, frozen=True):
    """The sites of one way; ``constant`` is what its other calls are given, if they are.

    It is the dotted name of the constant or, with ``is_field``, of the setting of their name.
    """

    way: Way
    sites: tuple[tuple[str, TimeoutFact], ...]
    constant: str = ""
    is_field: bool = False

    @property
    def files(self) -> int:
        return len({path for path, _ in self.sites})

    @property
    def places(self) -> int:
        return len({_place(path, fact) for path, fact in self.sites})


class Scattering:
    """The limits of a project that are written into many places."""

    def __init__(self, project: Project, central: frozenset[str]) -> None:
        own = frozenset(one.function for facts in project.files for one in facts.limit_parameters)
        groups: dict[Way, list[tuple[str, TimeoutFact]]] = {}
        shared = _shared_targets(project)
        for facts, fact in scattered_limits(project, central):
            is_script = project.scope_of.get(facts.path) is Scope.SCRIPTS
            way = None if is_script else _way(facts, fact, own, shared)
            if way is not None:
                groups.setdefault(way, []).append((facts.path, fact))
        named = _named_ones(project, own, shared)
        fields = _fields(project)
        spreads = (
            _spread(part, tuple(sites), _constant(part, named), fields)
            for way, found in groups.items()
            for part, sites in _parts(way, found)
        )
        self.wide = tuple(filter(_is_wide, spreads))
        self._by_site = {site: spread for spread in self.wide for site in spread.sites}

    def of(self, path: str, sites: Sequence[TimeoutFact]) -> Spread | None:
        """Return the widest spread that one of the sites of a file is part of, if there is one."""
        spreads = (self._by_site.get((path, fact)) for fact in sites)
        known = [spread for spread in spreads if spread is not None]
        return max(known, key=lambda one: (bool(one.constant), one.places), default=None)


def _spread(way: Way, sites: tuple[_Site, ...], constant: str, fields: Mapping[str, str]) -> Spread:
    found = Spread(way, sites, constant)
    field = fields.get(way.what, "") if way.kind == "name" and not constant else ""
    if not field or found.places < _FEWEST_NAMED or any(fact.fallback for _, fact in sites):
        return found
    return Spread(way, sites, field, is_field=True)


def _fields(project: Project) -> dict[str, str]:
    """Return the fields of classes that say for what they limit a wait, by name and dotted."""
    return {
        fact.name: ".".join((facts.module, fact.place.symbol, fact.name))
        for facts in project.judged_files()
        for fact in facts.timeouts
        if fact.form is TimeoutForm.CLASS_FIELD
        and fact.value is ValueKind.LITERAL
        and names_a_purpose(fact.name)
    }


def _shared_targets(project: Project) -> frozenset[str]:
    """Return the hosts that several files ask."""
    found: dict[str, set[str]] = {}
    for facts in project.judged_files():
        for fact in facts.timeouts:
            found.setdefault(fact.target, set()).add(facts.path)
    return frozenset(target for target, paths in found.items() if target and len(paths) > 1)


def part_of(path: str) -> str:
    """Return the folder of the root that a file is part of: the parts of a repository differ."""
    return path.partition("/")[0] if "/" in path else ""


def values_of(spread: Spread) -> str:
    """Return the numbers of a spread as they are read: ``5 s``, ``5 s to 30 s``."""
    seconds = sorted({fact.seconds for _, fact in spread.sites if fact.seconds is not None})
    if not seconds:
        return shown_limit(spread.sites[0][1])
    few = shown_seconds(seconds[0])
    return few if len(seconds) == 1 else f"{few} to {shown_seconds(seconds[-1])}"


def _is_wide(spread: Spread) -> bool:
    if spread.constant:
        return True
    fewest = _FEWEST_NAMED if spread.way.kind in ("key", "name") else _FEWEST
    return spread.places >= fewest


def _parts(
    way: Way, sites: list[tuple[str, TimeoutFact]]
) -> Iterator[tuple[Way, list[tuple[str, TimeoutFact]]]]:
    """Yield the sites of a way apart by number where it is a call with a limit for each purpose."""
    numbers = dict.fromkeys(fact.amount for _, fact in sites)
    if way.kind != "call" or len(numbers) <= _MOST_NUMBERS:
        yield way, sites
        return
    for number in numbers:
        same = [(path, fact) for path, fact in sites if fact.amount == number]
        yield way._replace(value=number), same


def _place(path: str, fact: TimeoutFact) -> tuple[object, ...]:
    return path, fact.call if fact.call != (0, 0) else fact.place.span


def _way(
    facts: FileFacts, fact: TimeoutFact, own: frozenset[str], shared: frozenset[str]
) -> Way | None:
    program = part_of(facts.path)
    if fact.key:
        is_own = fact.key.isupper() or names_a_purpose(fact.key)
        return Way("key", fact.key, program if is_own else facts.path)
    if fact.operation and (fact.form in _CALLS or table().call(fact.operation) is not None):
        return _way_of_call(facts, fact, own, shared)
    if fact.form in (TimeoutForm.LOCAL, TimeoutForm.INSTANCE_ATTRIBUTE, TimeoutForm.MAPPING_ENTRY):
        return Way("name", fact.name, program) if names_a_purpose(fact.name) else None
    return None


def _way_of_call(
    facts: FileFacts, fact: TimeoutFact, own: frozenset[str], shared: frozenset[str]
) -> Way:
    operation, value, program = fact.operation, fact.amount, part_of(facts.path)
    root, last = operation.partition(".")[0], operation.rpartition(".")[2]
    row = table().call(operation)
    if row is None or row.timeout is None:
        if names_a_purpose(fact.name):
            return Way("name", fact.name, program, value)
        if last.strip("_").lower().partition("_")[0] in WAITS:
            return Way("wait", operation, facts.path, value)
        is_one = operation in own or _is_imported(root, facts)
        return Way("call", operation, program if is_one else facts.path)
    if root in _HTTP:
        to_one = f"{program}:{fact.target}" if fact.target in shared else facts.path
        return Way("http", root, to_one, value)
    if row.timeout.waits in _WITHIN and fact.category is not Category.DATABASE:
        return Way("wait", operation, facts.path, value)
    return Way("call", operation, program)


def _is_imported(root: str, facts: FileFacts) -> bool:
    """Tell whether a name is that of a module, and so the same in every file."""
    if root == facts.module.partition(".")[0]:
        return True
    return any(name.partition(".")[0] == root for name in facts.imports)


_Named = Mapping[Way, Counter[str]]


def _named_ones(project: Project, own: frozenset[str], shared: frozenset[str]) -> _Named:
    """Return which constants the calls of each way are given, and how often."""
    found: dict[Way, Counter[str]] = {}
    for facts in project.judged_files():
        for fact in facts.timeouts:
            is_named = fact.value is ValueKind.REFERENCE and fact.refers and fact.operation
            if not is_named or fact.form not in _CALLS:
                continue
            way = _way_of_call(facts, fact, own, shared)
            if way.kind in ("http", "call"):
                found.setdefault(way._replace(value=None), Counter())[fact.refers] += 1
    return found


def _constant(way: Way, named: _Named) -> str:
    """Return the constant that the project gives to such calls whatever they ask, if it has one."""
    counted = named.get(way._replace(value=None), Counter[str]())
    for name, times in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        is_constant = name.rpartition(".")[2].isupper()
        if is_constant and times >= _FEWEST_NAMED and not names_a_purpose(name.rpartition(".")[2]):
            return name
    return ""
