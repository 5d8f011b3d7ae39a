"""Which settings there are, and a whole table of them read at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.config.readers import (
    InvalidValueError,
    Reader,
    read_category_points,
    read_choice,
    read_codes,
    read_fail_under,
    read_flag,
    read_number,
    read_paths,
    read_patterns,
    read_per_file_ignores,
    read_scopes,
    read_text,
    read_texts,
    read_whole,
    read_words_of,
    reader_for,
)
from exai_audit.config.settings import Override, Settings
from exai_audit.errors import SettingsError, UsageError
from exai_audit.facts.caches import Layer
from exai_audit.facts.timeouts import Category
from exai_audit.files.visible import visible
from exai_audit.finding import Confidence, Severity
from exai_audit.rulebook.registry import nearest, option_types, rules

KEYS: dict[str, tuple[str, Reader]] = {
    "select": ("select", read_codes),
    "ignore": ("ignore", read_codes),
    "extend-select": ("extend_select", read_codes),
    "exclude": ("exclude", read_patterns),
    "extend-exclude": ("extend_exclude", read_patterns),
    "force-exclude": ("force_exclude", read_flag),
    "respect-gitignore": ("respect_gitignore", read_flag),
    "scope": ("scopes", read_scopes),
    "generated": ("generated", read_patterns),
    "max-file-size": ("max_file_size", read_whole),
    "max-file-work": ("max_file_work", read_whole),
    "knowledge": ("knowledge", read_paths),
    "bridge-functions": ("bridge_functions", read_texts),
    "cache-layers": ("cache_layers", read_words_of(Layer, "cache layers")),
    "timeout-categories": ("timeout_categories", read_words_of(Category, "timeout categories")),
    "namespace-packages": ("namespace_packages", read_paths),
    "per-file-ignores": ("per_file_ignores", read_per_file_ignores),
    "min-confidence": ("min_confidence", read_choice(Confidence)),
    "category-points": ("category_points", read_category_points),
    "fail-under": ("fail_under", read_fail_under),
    "fail-on": ("fail_on", read_choice(Severity)),
    "baseline": ("baseline", read_text),
    "fail-on-new": ("fail_on_new", read_flag),
    "max-drop": ("max_drop", read_number),
    "alerts": ("alerts", read_texts),
}

_PATTERN_OPTIONS = frozenset({"central-timeout-modules"})
OVERRIDE_KEYS: dict[str, Reader] = {
    "paths": read_patterns,
    "ignore": read_codes,
    "extend-select": read_codes,
}
"""What an override takes besides the options of rules."""


class _Problems(Struct):
    """What is wrong so far; each line begins with ``where``, the file."""

    where: str
    lines: list[str]

    def add(self, key: str, *problems: str) -> None:
        lines = (f"{self.where}: {key}: {problem}" for problem in problems)
        self.lines.extend(map(visible, lines))

    def read(self, key: str, reader: Reader, value: object) -> Iterator[Any]:
        """Yield the value read, or nothing once its problems are noted."""
        try:
            yield reader(value)
        except InvalidValueError as invalid:
            self.add(key, *invalid.args)


def read_settings(table: Mapping[str, object], where: str) -> Settings:
    """Read a table of settings; ``where`` names its file in messages.

    Raises:
        SettingsError: with all that is wrong, one problem a line.
    """
    problems = _Problems(where, [])
    option_readers = _option_readers()
    values: dict[str, Any] = {}
    options: list[tuple[str, object]] = []
    for key, value in table.items():
        if key in KEYS:
            field, reader = KEYS[key]
            values.update((field, read) for read in problems.read(key, reader, value))
        elif key in option_readers:
            options.extend((key, v) for v in problems.read(key, option_readers[key], value))
        elif key == "overrides":
            overrides, ignores = _overrides(value, option_readers, problems)
            values["overrides"] = overrides
        else:
            known = [*KEYS, *option_readers, "overrides"]
            problems.add(key, f"unknown setting{nearest(key, known)}")
    if problems.lines:
        raise SettingsError(_one_message(problems.lines))
    if values.get("overrides"):
        values["per_file_ignores"] = (*values.get("per_file_ignores", ()), *ignores)
    return Settings(rule_options=tuple(sorted(options, key=lambda pair: pair[0])), **values)


def with_options(settings: Settings, **given: object) -> Settings:
    """Lay command line options over ``settings``; None means not given.

    Names are those of the settings in snake_case. ``select`` replaces the file's whole choice,
    ``ignore``, ``extend_select`` and ``extend_exclude`` add to it; codes may be joined by commas.

    Raises:
        UsageError: with all that is wrong, one problem a line.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        key = name.replace("_", "-")
        field, reader = KEYS[key]
        if reader is read_codes and isinstance(value, (list, tuple)):
            value = [code for text in value for code in str(text).split(",") if code.strip()]
        if value is not None:
            noted = _Problems("--" + key, [])
            values.update((field, read) for read in noted.read("", reader, value))
            problems.extend(line.replace(": : ", ": ", 1) for line in noted.lines)
    if problems:
        raise UsageError("\n".join(problems))
    if "select" in values:
        overrides = tuple(replace(override, extend_select=()) for override in settings.overrides)
        settings = replace(settings, ignore=(), extend_select=(), overrides=overrides)
    for field in ("ignore", "extend_select", "extend_exclude"):
        if field in values:
            values[field] = (*getattr(settings, field), *values[field])
    return replace(settings, **values)


def _option_readers() -> dict[str, Reader]:
    hints = {key: hint for rule in rules() for key, hint in option_types(rule).items()}
    return {
        key: read_patterns if key in _PATTERN_OPTIONS else reader_for(hint)
        for key, hint in hints.items()
    }


_Ignores = tuple[tuple[str, tuple[str, ...]], ...]


def _overrides(
    value: object, option_readers: Mapping[str, Reader], problems: _Problems
) -> tuple[tuple[Override, ...], _Ignores]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        problems.add("overrides", "expected tables [[tool.exai-audit.overrides]]")
        return (), ()
    read = [_override(table, i, option_readers, problems) for i, table in enumerate(value, 1)]
    ignores = tuple((path, codes) for override, codes in read for path in override.paths if codes)
    return tuple(override for override, _ in read), ignores


def _override(
    table: Mapping[str, object],
    number: int,
    option_readers: Mapping[str, Reader],
    problems: _Problems,
) -> tuple[Override, tuple[str, ...]]:
    own: dict[str, tuple[str, ...]] = {}
    options: list[tuple[str, object]] = []
    where = f"overrides[{number}]"
    if "paths" not in table:
        problems.add(where, "expected paths, a list of path patterns")
    for key, value in table.items():
        at = f"{where}.{key}"
        if key in OVERRIDE_KEYS:
            own[key] = next(problems.read(at, OVERRIDE_KEYS[key], value), ())
        elif key in option_readers:
            options.extend((key, v) for v in problems.read(at, option_readers[key], value))
        else:
            known = [*OVERRIDE_KEYS, *option_readers]
            problems.add(at, f"unknown setting of an override{nearest(key, known)}")
    changes = tuple(sorted(options, key=lambda pair: pair[0]))
    override = Override(own.get("paths", ()), changes, own.get("extend-select", ()))
    return override, own.get("ignore", ())


def _one_message(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    return "\n  ".join((f"{len(lines)} invalid settings:", *lines))
