"""``exai-audit plan``: how to split one module, or to divide one class; which can be."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.deliver import requested, supports_unicode, terminal_width
from exai_audit.cli.output import say, write_bytes, write_file, write_stdout
from exai_audit.cli.subject import subject, whole_project
from exai_audit.config import lexically_absolute
from exai_audit.edits.patch import patch
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_file, is_folder
from exai_audit.files.visible import visible
from exai_audit.report import candidates
from exai_audit.report.bottlenecks import counted
from exai_audit.report.plan import FORMATS, render
from exai_audit.session.changing import make_changes, take_back_killed
from exai_audit.session.plan import planned
from exai_audit.session.run import Run
from exai_audit.session.split import Patches, Wanted, split_up

_Formats = Annotated[
    list[str] | None,
    options.formats_of((*FORMATS, "patch")),
]
_Write = Annotated[bool, typer.Option("--write", help="Split the module as the plan says.")]
_Step = Annotated[
    int, typer.Option("--step", metavar="N", help="Make only the first N of the new modules.")
]
_Importers = Annotated[
    bool, typer.Option("--importers", help="Let the importers but tests use the new modules.")
]
_Patches = Annotated[
    Patches,
    typer.Option(
        "--patches",
        help="Names that tests replace: the facade forwards them, or their texts are rewritten.",
    ),
]
_KeepNames = Annotated[
    bool,
    typer.Option(
        "--keep-module-names",
        help="Let what moves keep the module's name, for pickles and texts that name it.",
    ),
]
_AllowDirty = Annotated[
    bool, typer.Option("--allow-dirty", help="Write although the module is not committed.")
]
_OfClass = Annotated[
    str | None,
    typer.Option("--class", metavar="NAME", help="Divide this class instead of the module."),
]


_MOST_SHOWN = 30


def plan_command(
    file: Annotated[
        Path, typer.Argument(help="The module to split, or a folder: then what can be split there.")
    ] = Path(),
    of_class: _OfClass = None,
    write: _Write = False,
    step: _Step = 0,
    importers: _Importers = False,
    patches: _Patches = Patches.FORWARD,
    keep_module_names: _KeepNames = False,
    allow_dirty: _AllowDirty = False,
    output_format: _Formats = None,
    output: options.Output = None,
    ascii_only: options.Ascii = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Plan how to split one module, or to divide one class; of a folder, list what can be."""
    carries_out = (
        write or bool(step) or importers or keep_module_names or "patch" in (output_format or [])
    )
    reports = [] if carries_out else requested(output_format or [], output, FORMATS)
    lists = is_folder(file)
    if carries_out and (lists or of_class is not None):
        raise UsageError(f"{file}: --write, --step and patch are for one module, not for a class")
    if lists and of_class is not None:
        raise UsageError(f"--class {of_class}: {file} is a folder: name the module of the class")
    if not lists and (not is_file(file) or file.suffix != ".py"):
        raise UsageError(f"{file}: not a Python file; name the module to split, or a folder")
    about = subject([file], config, isolated) if lists else whole_project([file], config, isolated)
    if carries_out:
        take_back_killed(about.root, say)
    run = about.audited(jobs, no_cache=no_cache, cache_dir=cache_dir)
    if carries_out:
        wanted = Wanted(step, importers, patches, keep_module_names)
        _carry_out(run, file, wanted, write=write, allow_dirty=allow_dirty)
    draw = partial(_drawn, run, None if lists else file, of_class)
    for name, target in reports:
        text = draw(name, ascii_only=ascii_only or not supports_unicode())
        if target is not None:
            write_file(target, text)
        else:
            write_stdout(text)


def _carry_out(run: Run, file: Path, wanted: Wanted, *, write: bool, allow_dirty: bool) -> None:
    """Write what the plan of a module says, or show it as a patch."""
    path = lexically_absolute(file).relative_to(run.root).as_posix()
    found = split_up(run, path, wanted)
    if write:
        make_changes(run.root, found.changes, allow_dirty=allow_dirty)
        made = [change.path for change in found.changes if change.after is not None]
        say(visible(f"exai-audit: {path} is split; written: {', '.join(made)}"))
        say("exai-audit: git blame -C finds the history of what moved; fix --undo takes it back")
    else:
        write_bytes(patch(found.changes))
    for line in found.to_look_at[:_MOST_SHOWN]:
        say(visible(f"look at {line}"))
    more = len(found.to_look_at) - _MOST_SHOWN
    if more > 0:
        say(f"look at {counted(more, 'more line')} outside of Python about the module")


def _drawn(
    run: Run, file: Path | None, of_class: str | None, name: str, *, ascii_only: bool
) -> str:
    """Return the plan of a module or a class, without one what can be split."""
    if file is None:
        result = run.result(most_plans=None)

        def named(path: str) -> str:
            return os.path.relpath(run.root / path)

        return candidates.render(result.plans, result.class_plans, name, named)
    made = planned(run, lexically_absolute(file).relative_to(run.root).as_posix(), of_class)
    return render(made, name, width=terminal_width(), ascii_only=ascii_only)
