"""``exai-audit config``: the settings in force for a path, each with where it comes from."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.audit.scopes import scope_of
from exai_audit.cli import options
from exai_audit.cli.output import write_stdout
from exai_audit.config import (
    OF_THE_PLACE,
    find_root,
    find_table,
    inherited,
    lexically_absolute,
    read_settings,
    shown_path,
    table_for,
    with_options,
)
from exai_audit.config.origins import Origins, RuleState, Setting, rules_at, settings_at
from exai_audit.files.visible import visible


class Format(str, Enum):
    TEXT = "text"
    JSON = "json"


def config_command(
    path: Annotated[Path, typer.Argument(help="A file or folder.")] = Path(),
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="How to print it.")
    ] = Format.TEXT,
    select: options.Select = None,
    ignore: options.Ignore = None,
    extend_select: options.ExtendSelect = None,
    min_confidence: options.MinConfidence = None,
    exclude: options.Exclude = None,
    extend_exclude: options.ExtendExclude = None,
    scope: options.Scopes = None,
    config: options.Config = None,
    isolated: options.Isolated = False,
    fail_under: options.FailUnder = None,
    fail_on: options.FailOn = None,
    fail_on_new: options.FailOnNew = False,
    max_drop: options.MaxDrop = None,
) -> None:
    """Show the settings in force for a path, and where each comes from."""
    table, file = find_table(path.absolute(), config, isolated)
    name = "" if file is None else shown_path(file)
    given: dict[str, object] = {
        "select": select,
        "ignore": ignore,
        "extend_select": extend_select,
        "exclude": exclude,
        "extend_exclude": extend_exclude,
        "scope": [s.value for s in scope] if scope else None,
        "min_confidence": min_confidence.value if min_confidence else None,
        "fail_under": fail_under,
        "fail_on": fail_on.value if fail_on else None,
        "fail_on_new": fail_on_new or None,
        "max_drop": max_drop,
    }
    settings = with_options(read_settings(table, name), **given)
    keys = {key.replace("_", "-") for key, value in given.items() if value is not None}
    origins = Origins(name, table, keys, inherited(file) if file else {})
    root = find_root([path], file)
    relative = lexically_absolute(path).relative_to(root).as_posix()
    own = settings_at(relative, settings, origins)
    found = _gated(own, path, config, isolated, keys) if file else own
    states = rules_at(relative, settings)
    if output_format is Format.JSON:
        write_stdout(json.dumps(_document(relative, name, found, states), indent=2))
    else:
        write_stdout(_text(relative, name, found, states))


def _gated(
    own: tuple[Setting, ...], path: Path, config: Path | None, isolated: bool, given: set[str]
) -> tuple[Setting, ...]:
    """Return settings in which those that gate are the ones of the place, if not given."""
    table, file = table_for([path], config, isolated)
    name = "" if file is None else shown_path(file)
    origins = Origins(name, table, (), inherited(file) if file else {})
    place = settings_at("", read_settings(table, name), origins)
    gating = {one.key: one for one in place if one.key in OF_THE_PLACE and one.key not in given}
    return tuple(gating.get(one.key, one) for one in own)


def _document(
    path: str, file: str, settings: tuple[Setting, ...], states: tuple[RuleState, ...]
) -> dict[str, object]:
    return {
        "path": path,
        "file": file or None,
        "scope": scope_of(path).value,
        "settings": [
            {"key": one.key, "value": one.value, "origin": one.origin} for one in settings
        ],
        "rules": [
            {"code": one.code, "name": one.name, "counts": one.counts, "reason": one.reason or None}
            for one in states
        ],
    }


def _text(
    path: str, file: str, settings: tuple[Setting, ...], states: tuple[RuleState, ...]
) -> str:
    lines = [f"# {path} ({scope_of(path).value}), settings from {file or 'no file'}", ""]
    for one in settings:
        value = "(not set)" if one.value is None else json.dumps(one.value, ensure_ascii=False)
        lines.append(f"{one.key} = {value}  # {one.origin}")
    silent = [one for one in states if not one.counts]
    lines += ["", f"# {len(states) - len(silent)} of {len(states)} rules count here"]
    lines += [f"# {one.code} {one.name}: {one.reason}" for one in silent]
    return "\n".join(map(visible, lines))
