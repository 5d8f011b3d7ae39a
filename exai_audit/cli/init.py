"""``exai-audit init``: a commented section of settings, with a gate that today's code passes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.output import write_file, write_stdout
from exai_audit.cli.running import run_audit
from exai_audit.config import (
    SECTION,
    SHARED_FILE,
    Settings,
    common_parent,
    document_of,
    find_table,
    nearest_settings_file,
    shown_path,
)
from exai_audit.config.starter import Standing, minimal_starter, starter
from exai_audit.errors import SettingsError, UsageError
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.files.visible import visible


def init_command(
    paths: options.Paths = None,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    minimal: Annotated[
        bool, typer.Option("--minimal", help="Only the gate, not every default as a comment.")
    ] = False,
) -> None:
    """Write settings to start from, with a gate that today's code passes."""
    targets = paths or [Path()]
    _, existing = find_table(common_parent(targets), None, False)
    if existing is not None:
        raise UsageError(
            f"{shown_path(existing)}: has settings already, nothing is written "
            "(`exai-audit config` shows what is in force)"
        )
    file = nearest_settings_file(targets)
    run = run_audit(
        targets,
        Settings(),
        file,
        jobs=jobs,
        no_cache=no_cache,
        cache_dir=cache_dir,
        laid_over=lambda own: own,
    )
    result = run.result()
    standing = Standing(result.score.shown, result.score.grade)
    shared = file.name == SHARED_FILE
    write = minimal_starter if minimal else starter
    text = write(standing, header=shared)
    write_file(file, _appended(file, text) if shared else text)
    gate = "no gate yet" if standing.score is None else f"fail-under = {int(standing.score)}"
    where = f"[{SECTION}] in {shown_path(file)}" if shared else shown_path(file)
    write_stdout(f"{visible(where)}: written, with {gate}")


def _appended(file: Path, section: str) -> str:
    """Return the file's text with the section behind it, all else as it was.

    Raises:
        SettingsError: the file's form leaves no room for a section.
    """
    try:
        text = read_bytes(file).decode("utf-8")
    except (UnreadableSourceError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown_path(file)}: cannot be read: {error}") from error
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    whole = text + gap + section.replace("\n", newline)
    before, after = document_of(text, file), None
    try:
        after = document_of(whole, file)
    except SettingsError as error:
        raise SettingsError(
            f"{shown_path(file)}: no section [{SECTION}] can be added behind its text: "
            "write the settings into exai-audit.toml"
        ) from error
    after.get("tool", {}).pop("exai-audit", None)
    if not before.get("tool"):
        after.pop("tool", None)
        before.pop("tool", None)
    if after != before:
        raise SettingsError(f"{shown_path(file)}: the section would change other settings")
    return whole
