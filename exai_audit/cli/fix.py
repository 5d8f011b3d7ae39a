"""``exai-audit fix``: what can be repaired, shown as a diff or written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from exai_audit.audit.engine import Audit
from exai_audit.audit.repair import Repair, Wanted, choices_of, proposals, repair
from exai_audit.audit.suppress import split
from exai_audit.cli import options
from exai_audit.cli.deliver import wants_color
from exai_audit.cli.output import say, write_bytes, write_file, write_stdout
from exai_audit.cli.subject import whole_project
from exai_audit.edits.edit import Applicability
from exai_audit.edits.patch import patch, shown
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_there
from exai_audit.files.source import UnreadableSourceError, read_bytes, side_text
from exai_audit.files.visible import visible
from exai_audit.finding import Confidence, Finding
from exai_audit.fixing.bench import Choices
from exai_audit.fixing.fixer import fixers
from exai_audit.fixing.limits import table
from exai_audit.fixing.names_file import as_text, read_names
from exai_audit.report.bottlenecks import counted
from exai_audit.report.fixes import listing, render_json, summary
from exai_audit.rulebook.registry import canonical_code, code_problem, codes_matching
from exai_audit.session.changing import make_changes, take_back_killed, undo_changes
from exai_audit.session.run import Run

_BY_PLACES = ("EXA201", "EXA202")
_FORMATS = ("diff", "patch", "json")
_SAFE = frozenset({Applicability.SAFE})
_FORMATTERS = (
    ("[tool.ruff", "ruff check --select I --fix", "ruff format"),
    ("[tool.isort", "isort", ""),
    ("[tool.black", "black", ""),
)

_Write = Annotated[bool, typer.Option("--write", help="Write the changes instead of showing them.")]
_Unsafe = Annotated[
    bool, typer.Option("--unsafe", help="Make also the fixes that change what the code does.")
]
_Select = Annotated[list[str] | None, typer.Option(help="Only what these rules find.")]
_Only = Annotated[
    list[str] | None,
    typer.Option(metavar="FINGERPRINT", help="Only this finding, as the JSON report names it."),
]
_Defaults = Annotated[
    bool, typer.Option("--defaults", help="Name repeated defaults of parameters, too.")
]
_ShowFixes = Annotated[
    bool, typer.Option("--show-fixes", help="List every fix, and why others are not made.")
]
_Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{', '.join(_FORMATS)}; patch is for git apply.",
    ),
]
_Undo = Annotated[bool, typer.Option("--undo", help="Take back what the last --write did.")]
_AllowDirty = Annotated[
    bool,
    typer.Option("--allow-dirty", help="Write files that git could not bring back, too."),
]
_Environment = Annotated[
    bool, typer.Option("--environment", help="Let environment variables override the limits.")
]
_MinConfidence = Annotated[
    Confidence | None,
    typer.Option(
        "--min-confidence",
        metavar="|".join(confidence.value for confidence in Confidence),
        help="Only what is found at least as surely. Default: the setting, medium. What --only or"
        " --names speaks of is fixed, however sure.",
    ),
]
_Names = Annotated[
    Path | None,
    typer.Option(help="File with the names of the limits; written first where there is none."),
]


def fix_command(
    paths: options.Paths = None,
    write: _Write = False,
    unsafe: _Unsafe = False,
    select: _Select = None,
    only: _Only = None,
    defaults: _Defaults = False,
    environment: _Environment = False,
    names: _Names = None,
    min_confidence: _MinConfidence = None,
    show_fixes: _ShowFixes = False,
    output_format: _Format = "diff",
    undo: _Undo = False,
    allow_dirty: _AllowDirty = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Repair what can be repaired: show the changes, or write them."""
    if output_format not in _FORMATS:
        raise UsageError(f"--format {output_format!r}: choose from {', '.join(_FORMATS)}")
    targets = paths or [Path()]
    project = whole_project(targets, config, isolated)
    root, settings = project.root, project.settings
    take_back_killed(root, say)
    if undo:
        _undo(root)
        return
    run = project.audited(jobs, no_cache=no_cache, cache_dir=cache_dir)
    choices = replace(choices_of(settings, root), environment=environment, defaults=defaults)
    if names:
        choices = replace(choices, names=_names(names, run, choices))
    wanted = _wanted(select or [], only or [], [run.shown(target) for target in targets])
    least = min_confidence or settings.min_confidence
    is_named = bool(only or names)
    choices = replace(choices, details=is_named or least is Confidence.LOW)
    kinds = _SAFE | {Applicability.UNSAFE} if unsafe else _SAFE
    found = repair(
        run.audited,
        root,
        settings,
        choices,
        lambda finding: wanted(finding) and (is_named or _is_sure(finding, least)),
        kinds,
    )
    for line in listing(found.proposed) if show_fixes else ():
        say(line)
    if write and found.changes:
        make_changes(root, found.changes, allow_dirty=allow_dirty)
    _print(found, output_format, run, choices, written=write)
    _say_unparsed(run.audited)
    unsure = 0 if is_named else _unsure(run, wanted, least)
    say(summary(found.proposed, found.made, len(found.changes), unsure, written=write))
    if write:
        _say_formatters(root, [c.path for c in found.changes])
    raise typer.Exit(1 if found.changes and not write else 0)


def _undo(root: Path) -> None:
    files = undo_changes(root)
    say(f"Undone: {len(files)} {'file is' if len(files) == 1 else 'files are'} as before")


def _wanted(select: Sequence[str], only: Sequence[str], targets: Sequence[str]) -> Wanted:
    """Return what tells whether a finding is to be fixed."""
    prefixes = [canonical_code(text) for text in select]
    problems = list(filter(None, map(code_problem, prefixes)))
    if problems:
        raise UsageError(f"--select: {'; '.join(problems)}")
    codes = {code for prefix in prefixes for code in codes_matching(prefix)}

    def is_wanted(finding: Finding) -> bool:
        by_rule = not codes or finding.code in codes
        by_print = not only or finding.fingerprint in only
        below = any(t in (".", finding.path) or finding.path.startswith(f"{t}/") for t in targets)
        return by_rule and by_print and (below or finding.project_wide)

    return is_wanted


def _is_sure(finding: Finding, least: Confidence) -> bool:
    """Tell whether a finding is sure enough; limits are where several places write them."""
    return finding.code in _BY_PLACES or finding.confidence.rank >= least.rank


def _unsure(run: Run, wanted: Wanted, least: Confidence) -> int:
    """Count the findings with a fixer that are left as they are because they are not sure."""
    audited = run.audited
    active, _ = split(audited.findings, audited.project, run.settings.rules, audited.today)
    return sum(
        not _is_sure(finding, least) and finding.code in fixers() and wanted(finding)
        for finding in active
    )


def _names(file: Path, run: Run, choices: Choices) -> dict[tuple[str, str, str], str | None]:
    """Return the names that a person gave; where there is no file yet, it is written."""
    if not is_there(file):
        _, bench = proposals(run.audited, run.root, run.settings, choices, lambda _: False)
        write_file(file, as_text(bench))
        say(f"{file}: written: change the names in it, then run again")
    try:
        text = read_bytes(file).decode("utf-8")
    except (UnreadableSourceError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    return dict(read_names(text, str(file)))


def _print(found: Repair, format_: str, run: Run, choices: Choices, *, written: bool) -> None:
    if format_ == "json":
        _, bench = proposals(run.audited, run.root, run.settings, choices, lambda _: False)
        constants = table(bench).constants.values()
        write_stdout(render_json(found.proposed, found.made, list(dict.fromkeys(constants))))
    elif not written:
        made = patch(found.changes)
        for_person = format_ == "diff" and sys.stdout is not None and sys.stdout.isatty()
        if for_person:
            write_stdout(shown(made, color=wants_color("auto")))
        else:
            write_bytes(made)


def _say_unparsed(audited: Audit) -> None:
    failed = [f for f in audited.project.files if f.failure and f.path in audited.project.judged]
    for facts in failed[:3]:
        assert facts.failure is not None
        say(visible(f"{facts.path}: passed over: {facts.failure.reason}"))
    if len(failed) > 3:
        say(f"{counted(len(failed) - 3, 'more file')} passed over, for they cannot be parsed")
    if failed and not any(True for _ in audited.project.judged_files()):
        raise UsageError("no file can be parsed, so nothing is fixed")


def _say_formatters(root: Path, files: Sequence[str]) -> None:
    """Name the project's own formatter: it is not run unasked."""
    text = side_text(root / "pyproject.toml")
    for mark, *commands in _FORMATTERS:
        if files and mark in text:
            for command in filter(None, commands):
                say(visible(f"The project formats its files: {command} {' '.join(files)}"))
