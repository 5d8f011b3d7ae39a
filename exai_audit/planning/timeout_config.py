"""The settings module that a project with scattered limits could have: generated Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from exai_audit.facts.timeouts import Category, TimeoutFact
from exai_audit.files.visible import visible
from exai_audit.finding import Finding
from exai_audit.project.central_timeouts import (
    central_modules,
    repeated_defaults,
    scattered_limits,
    shown_limit,
    shown_seconds,
)
from exai_audit.project.constant_names import constants, names_a_unit, qualified_name
from exai_audit.project.project import Project

_WIDTH = 88
_PLACES = 3
_MOST_EXACT = 3
_HEAD = '''\
"""Limits on waiting, in seconds, all in one place.

Values as found in the code; a field is named after what it bounds. The environment
variable of its name, or the one that the code reads today, overrides it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
'''
_CLASS = '''

@dataclass(frozen=True)
class Timeouts:
    """Every limit on waiting, in seconds."""
'''
_TAIL = '''
    @classmethod
    def from_environment(cls) -> Timeouts:
        """Return the limits, each as its environment variable says, if that is set."""
        keys = {field.name: field.name for field in fields(cls)}KEYS
        given = {name: os.environ.get(key) for name, key in keys.items()}
        return cls(**{name: float(value) for name, value in given.items() if value})


TIMEOUTS = Timeouts.from_environment()
'''
_KEYS = " | _VARIABLES"
_NO_UNIT = "the code does not say what unit these count in"
_CHOSEN = "a condition of the code chooses between these"


class _Site(Struct, frozen=True):
    path: str
    fact: TimeoutFact
    seconds: float
    name: str

    @property
    def place(self) -> tuple[str, int]:
        return self.path, self.fact.place.span.line


def timeout_config(
    project: Project, findings: Iterable[Finding], central: Sequence[str]
) -> str | None:
    """Return the text of a ``timeouts.py`` for the scattered limits, None when there are none.

    It is valid Python of 3.10 or later. A number whose unit the code does not show is no field: a
    comment lists it for a person to decide. Limits that bound the same thing with different values
    are one field with the value that most of them have, and a comment that lists them all; limits
    that only share a name get fields of their own.

    Args:
        findings: the active ones; EXA203 tells which limits contradict each other.
        central: path patterns of the project's own timeout modules, from the settings.
    """
    found = _found(project, central)
    sites = [_Site(path, f, seconds, name) for path, f in found for name, seconds in constants(f)]
    open_ones = [(path, f) for path, f in found if f.seconds is None and f.amount is not None]
    chosen = [site for site in found if site[1].seconds is not None and site[1].choices]
    if not found:
        return None
    groups = _named(sites, _contradictions(findings))
    keys = {name: key for name, sites in groups.items() if (key := _environment_key(sites))}
    lines = [_HEAD, *_environment(keys), _CLASS]
    for category in Category:
        own = {n: s for n, s in groups.items() if s[0].fact.category is category}
        if own:
            lines.append(f"\n    # {category.value}\n")
        for name in sorted(own):
            lines.extend(_field(name, own[name]))
    lines.extend(_undecided(open_ones, _NO_UNIT))
    lines.extend(_undecided(chosen, _CHOSEN))
    lines.append(_TAIL.replace("KEYS", _KEYS if keys else ""))
    return "".join(lines)


def _environment(keys: Mapping[str, str]) -> Iterator[str]:
    if keys:
        yield "\n# The names that the code reads today.\n_VARIABLES = {\n"
        for name, key in sorted(keys.items()):
            yield f'    "{name}": "{key}",\n'
        yield "}\n"


def _found(project: Project, patterns: Sequence[str]) -> list[tuple[str, TimeoutFact]]:
    central = central_modules(project, patterns)
    found = [(facts.path, fact) for facts, fact in scattered_limits(project, central)]
    found += [site for defaults in repeated_defaults(project, central) for site in defaults]
    return sorted(found, key=lambda site: (site[0], site[1].place.span.line, site[1].name))


def _undecided(sites: Sequence[tuple[str, TimeoutFact]], why: str) -> Iterator[str]:
    """Yield the numbers that nobody can make one field of without asking, as comments."""
    if not sites:
        return
    yield f"\n    # Decide: {why}, so they are no fields.\n"
    for path, fact in sites:
        what = ".".join(part for part in (fact.operation, fact.key or fact.name) if part)
        shown = shown_limit(fact) if fact.choices else f"{fact.amount:g}"
        yield _comment(f"{shown}: {what} ({path}:{fact.place.span.line})")


def _contradictions(findings: Iterable[Finding]) -> frozenset[tuple[str, int]]:
    """Return the places of limits that contradict others."""
    return frozenset(
        spot
        for finding in findings
        if finding.code == "EXA203"
        for spot in [(finding.path, finding.line), *((r.path, r.line) for r in finding.related)]
    )


def _named(
    sites: Sequence[_Site], contradicting: Collection[tuple[str, int]]
) -> dict[str, list[_Site]]:
    """Group sites under one name each: what means the same together, all else apart."""
    by_name: dict[str, list[_Site]] = defaultdict(list)
    for site in sites:
        by_name[site.name].append(site)
    named: dict[str, list[_Site]] = {}
    for name, group in by_name.items():
        for qualifier, own in _parted(group, contradicting):
            wanted = qualified_name(qualifier, name) if qualifier else name
            named.setdefault(wanted, []).extend(own)
    return named


def _parted(
    group: list[_Site], contradicting: Collection[tuple[str, int]]
) -> Iterator[tuple[str, list[_Site]]]:
    """Keep together what contradicts itself; part the rest until each part has one value."""
    bound = [site for site in group if site.place in contradicting]
    if bound:
        yield "", bound
    loose = [site for site in group if site.place not in contradicting]
    yield from _apart(loose, 1 if bound else 0)


def _apart(sites: list[_Site], level: int) -> Iterator[tuple[str, list[_Site]]]:
    parts: dict[str, list[_Site]] = defaultdict(list)
    for site in sites:
        parts[_qualifier(site, level)].append(site)
    for qualifier, own in parts.items():
        if len({site.seconds for site in own}) == 1 or level == _MOST_EXACT:
            yield qualifier, own
        else:
            yield from _apart(own, level + 1)


def _qualifier(site: _Site, level: int) -> str:
    """Say where a site stands: nothing, the module, its package too, the function too."""
    *folders, stem = PurePosixPath(site.path).with_suffix("").parts
    module = ".".join(folders[-1:]) if stem == "__init__" else stem
    parts = (
        "",
        module,
        ".".join((*folders[-1:], module)),
        ".".join((*folders[-1:], module, site.fact.place.symbol)),
    )
    return parts[level]


def _environment_key(sites: Sequence[_Site]) -> str:
    """Return the variable that these limits are read from today, if it is one, in seconds."""
    keys = {site.fact.key for site in sites}
    key = keys.pop() if len(keys) == 1 else ""
    plain = key.isascii() and key.isidentifier() and key.isupper()
    return key if plain and not names_a_unit(key) else ""


def _field(name: str, sites: Sequence[_Site]) -> Iterator[str]:
    values = Counter(site.seconds for site in sites)
    most = min(values, key=lambda value: (-values[value], value))
    if len(values) == 1:
        yield _comment(_listed(sites))
    else:
        yield _comment("Decide: the code disagrees.")
        for value in sorted(values):
            where = _listed([site for site in sites if site.seconds == value])
            yield _comment(f"{shown_seconds(value)}: {where}")
    yield f"    {name}: float = {float(most)!r}\n"


def _comment(text: str) -> str:
    shown = visible(text)
    room = _WIDTH - len("    # ")
    return f"    # {shown if len(shown) <= room else shown[: room - 3] + '...'}\n"


def _listed(sites: Sequence[_Site]) -> str:
    places = list(dict.fromkeys(f"{path}:{line}" for path, line in (s.place for s in sites)))
    more = len(places) - _PLACES
    return ", ".join(places[:_PLACES]) + (f" and {more} more" if more > 0 else "")
