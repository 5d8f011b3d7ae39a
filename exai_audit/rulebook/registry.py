"""Which rules there are: every module of ``rules/``, found strictly."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Generic, TypeVar, get_type_hints

from msgspec import Struct, field
from msgspec.structs import replace

from exai_audit.files.glob import any_covers
from exai_audit.files.nearest import nearest as nearest_above
from exai_audit.finding import Family, Hit, Strength
from exai_audit.project.project import Project

T = TypeVar("T")
_FILE_NAME = re.compile(r"exa\d{3}_[a-z0-9_]+")


class RegistryError(Exception):
    """A rule module that does not keep to the form; the message names its file."""


class Scoped(Struct, Generic[T], frozen=True):
    """A rule's options: the project's, and what path patterns change of them, in order.

    ``parts`` are the options of folders with settings of their own, the deepest folder first;
    their patterns count from that folder.
    """

    default: T
    overrides: tuple[tuple[tuple[str, ...], tuple[tuple[str, object], ...]], ...] = ()
    parts: tuple[tuple[str, Scoped[T]], ...] = ()
    _at: dict[str, T] = field(default_factory=dict)

    def at(self, path: str) -> T:
        """Return the options in force for the file ``path``; where two changes meet, the last."""
        if not self.parts and not self.overrides:
            return self.default
        if path not in self._at:
            self._at[path] = self._worked_out(path)
        return self._at[path]

    def _worked_out(self, path: str) -> T:
        part = nearest_above(path, self.parts)
        if part is not None:
            return part[0].at(part[1])
        changes: dict[str, Any] = {}
        for patterns, changed in self.overrides:
            if any_covers(patterns, path):
                changes.update(changed)
        return replace(self.default, **changes) if changes else self.default  # type: ignore[type-var]


class Rule(Struct, frozen=True):
    """One rule: what it is called, what it finds, its options class and its check.

    ``severity`` is how the rule is announced (``by ratio``); each hit carries its own. A rule that
    ``runs_last`` judges what the others found.
    """

    code: str
    name: str
    family: Family
    summary: str
    options: type[Struct]
    check: Callable[[Project, Scoped[Any]], Iterator[Hit]]
    severity: str
    runs_last: bool = False


class Terms(Struct, frozen=True):
    """What the settings say that strengths are judged by."""

    max_module_lines: int
    central_timeout_modules: tuple[str, ...] = ()


class Practice(Struct, frozen=True):
    """One strength: what it is called, what it proves and its check."""

    name: str
    summary: str
    check: Callable[[Project, Terms], Iterator[Strength]]


def practices() -> tuple[Practice, ...]:
    """Return all strengths, sorted by name.

    Raises:
        RegistryError: a module of ``strengths`` without ``PRACTICE``, or with another name than
            its file's.
    """
    package = import_module("exai_audit.strengths")
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        practice = getattr(import_module(f"{package.__name__}.{info.name}"), "PRACTICE", None)
        if not isinstance(practice, Practice):
            raise RegistryError(f"{info.name}.py: has no PRACTICE")
        if practice.name.replace("-", "_") != info.name:
            raise RegistryError(f"{info.name}.py: its PRACTICE is named {practice.name}")
        found.append(practice)
    return tuple(sorted(found, key=lambda practice: practice.name))


def rules() -> list[Rule]:
    """Return all rules, sorted by code.

    Raises:
        RegistryError: a rule module does not keep to the form.
    """
    return list(_shipped())


def rule_of(code: str) -> Rule | None:
    """Return the rule of a code, None when this version has none."""
    return next((rule for rule in rules() if rule.code == code), None)


@lru_cache(maxsize=1)
def _shipped() -> tuple[Rule, ...]:
    return tuple(discover_rules(import_module("exai_audit.rules")))


def discover_rules(package: ModuleType) -> list[Rule]:
    """Import every module of ``package`` and return their rules, sorted by code.

    Raises:
        RegistryError: a file not named ``exaNNN_...``, without ``RULE``, with another code than
            its name says, or with a code that another file has too.
    """
    found: dict[str, tuple[Rule, str]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        file = f"{info.name}.py"
        if not _FILE_NAME.fullmatch(info.name):
            raise RegistryError(f"{file}: a rule's file is named exaNNN_what_it_finds.py")
        rule = getattr(import_module(f"{package.__name__}.{info.name}"), "RULE", None)
        if not isinstance(rule, Rule):
            raise RegistryError(f"{file}: has no RULE")
        if rule.code in found:
            raise RegistryError(f"{file}: {rule.code} is also the code of {found[rule.code][1]}")
        if rule.code != info.name[:6].upper():
            raise RegistryError(f"{file}: its RULE has the code {rule.code}")
        found[rule.code] = (rule, file)
    return [found[code][0] for code in sorted(found)]


def canonical_code(text: str) -> str:
    """Return a code, prefix or rule's name as a code or prefix: ``exa2`` is ``EXA2``."""
    by_name = next((rule.code for rule in rules() if rule.name == text.lower()), None)
    return by_name or text.upper()


def codes_matching(prefix: str) -> tuple[str, ...]:
    """Return the codes that begin with ``prefix``; none when it is unknown. ``ALL`` is all."""
    wanted = "" if prefix == "ALL" else prefix
    known = bool(prefix)
    return tuple(rule.code for rule in rules() if known and rule.code.startswith(wanted))


def code_problem(prefix: str) -> str:
    """Return what is wrong with a code or prefix, empty when a rule answers to it."""
    if codes_matching(prefix):
        return ""
    known = [name for rule in rules() for name in (rule.code, rule.name)]
    likely = nearest(prefix, known) or nearest(prefix.upper(), known)
    return f"unknown rule {prefix!r}{likely}"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``, did you mean 'x'?`` for the name most like ``name``, or an empty string."""
    from difflib import get_close_matches  # only for a name that is unknown

    close = get_close_matches(name, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def option_key(field: str) -> str:
    """Return the settings key of an options field."""
    return field.replace("_", "-")


def option_types(rule: Rule) -> dict[str, Any]:
    """Return the type of each of the rule's options by settings key."""
    hints = get_type_hints(rule.options)
    return {option_key(name): hints[name] for name in rule.options.__struct_fields__}


def default_settings(rule: Rule) -> dict[str, object]:
    """Return the rule's options by settings key with their defaults, in values that JSON knows."""
    given = rule.options()
    return {option_key(name): _plain(getattr(given, name)) for name in given.__struct_fields__}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, (set, frozenset)) else items
    return value
