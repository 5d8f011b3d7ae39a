"""The settings in force for a path, each with where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum

from msgspec import Struct

from exai_audit.config.keys import KEYS
from exai_audit.config.readers import InvalidValueError
from exai_audit.config.settings import Settings
from exai_audit.files.glob import any_covers
from exai_audit.finding import Family
from exai_audit.rulebook.registry import Rule, option_key, rules

_ADDED_TO = frozenset({"ignore", "extend-select", "extend-exclude"})


class Setting(Struct, frozen=True):
    """One setting: ``value`` is what JSON and TOML know, None when it is not set."""

    key: str
    value: object
    origin: str


class RuleState(Struct, frozen=True):
    """Whether a rule counts in a file, and why not."""

    code: str
    name: str
    counts: bool
    reason: str


class Origins(Struct, frozen=True):
    """What was given where: keys of the file's table by file name, keys of the command line.

    ``inherited`` are the keys of the table that a policy brings, with the policy as shown.
    """

    file: str
    table: Mapping[str, object]
    options: Collection[str]
    inherited: Mapping[str, str] = {}

    def of(self, key: str) -> str:
        """Return where the value of a setting of the whole project comes from."""
        places = [f"{self.file_of(key)}: {key}"] if key in self.table else []
        if key == "per-file-ignores":
            file = self.file_of("overrides")
            places += [f"{file}: overrides[{n}].ignore" for n in self._ignoring()]
        if key in self.options:
            places = [*(places if key in _ADDED_TO else []), f"--{key}"]
        return ", ".join(places) or "default"

    def file_of(self, key: str) -> str:
        """Return the file that gives a key of the table."""
        return self.inherited.get(key, self.file)

    def _ignoring(self) -> Iterator[int]:
        overrides = self.table.get("overrides")
        for number, override in enumerate(overrides if isinstance(overrides, list) else (), 1):
            if "ignore" in override:
                yield number


def settings_at(path: str, settings: Settings, origins: Origins) -> tuple[Setting, ...]:
    """Return all settings in force for ``path`` (relative to the root)."""
    general = [
        Setting(key, _value(key, getattr(settings, field)), origins.of(key))
        for key, (field, _) in KEYS.items()
    ]
    options = {one.key: one for rule in rules() for one in _options(rule, path, settings, origins)}
    return (*general, *options.values())


def rules_at(path: str, settings: Settings) -> tuple[RuleState, ...]:
    """Return which rules count in ``path``."""
    return tuple(RuleState(rule.code, rule.name, *_state(rule, path, settings)) for rule in rules())


def _state(rule: Rule, path: str, settings: Settings) -> tuple[bool, str]:
    if not settings.rules.selects_at(path, rule.code) and not (
        rule.family is Family.AUDIT and not rule.runs_last
    ):
        return False, "not selected"
    pattern = settings.rules.ignored_by(path, rule.code)
    return (False, f"ignored for {pattern!r}") if pattern else (True, "")


def _options(rule: Rule, path: str, settings: Settings, origins: Origins) -> Iterator[Setting]:
    options = settings.rules.options(rule).at(path)
    file = origins.file_of("overrides")
    for name in options.__struct_fields__:
        key = option_key(name)
        changed = [
            f"{file}: overrides[{number}].{key} ({', '.join(override.paths)})"
            for number, override in enumerate(settings.overrides, 1)
            if key in dict(override.options) and any_covers(override.paths, path)
        ]
        origin = changed[-1] if changed else origins.of(key)
        yield Setting(key, _plain(getattr(options, name)), origin)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(map(_plain, value), key=str)
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value


def _value(key: str, value: object) -> object:
    """Return a setting's value as the file would say it."""
    if not _is_table(key) or not isinstance(value, tuple):
        return _plain(value)
    return {str(_plain(name)): _plain(inner) for name, inner in value}


def _is_table(key: str) -> bool:
    """Tell whether the setting is a table: then it can be an empty one."""
    _, reader = KEYS[key]
    try:
        reader({})
    except InvalidValueError:
        return False
    return True
