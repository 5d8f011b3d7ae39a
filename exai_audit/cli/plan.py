"""``exai-audit plan``: how to split one module, or to divide one class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exai_audit.audit.assemble import module_limits
from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import Audit
from exai_audit.cli import options
from exai_audit.cli.deliver import requested, supports_unicode, terminal_width
from exai_audit.cli.output import write_file, write_stdout
from exai_audit.cli.running import run_audit
from exai_audit.config import Settings, find_root, lexically_absolute, load_for
from exai_audit.errors import UsageError
from exai_audit.facts.file import FileFacts
from exai_audit.files.presence import is_file, is_there
from exai_audit.planning.decomposition import Scene, plan_of
from exai_audit.planning.decomposition.classes import class_plan
from exai_audit.report.plan import FORMATS, render
from exai_audit.results.plans import ClassPlan, Plan

_Formats = Annotated[
    list[str] | None,
    typer.Option("--format", "-f", help=f"{', '.join(FORMATS)}; FORMAT=FILE writes a file."),
]
_OfClass = Annotated[
    str | None,
    typer.Option("--class", metavar="NAME", help="Divide this class instead of the module."),
]


def plan_command(
    file: Annotated[Path, typer.Argument(help="The module to split.")],
    of_class: _OfClass = None,
    output_format: _Formats = None,
    output: options.Output = None,
    ascii_only: options.Ascii = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Plan how to split one module, or to divide one class."""
    reports = requested(output_format or [], output, FORMATS)
    if not is_file(file) or file.suffix != ".py":
        raise UsageError(f"{file}: not a Python file; name the module to split")
    settings, settings_file = load_for([file], config, isolated)
    root, scanned = _project(file, settings_file)
    run = run_audit(
        scanned,
        settings,
        settings_file,
        jobs=jobs,
        no_cache=no_cache,
        cache_dir=cache_dir,
        root=root,
        laid_over=None if config or isolated else lambda own: own,
    )
    path = lexically_absolute(file).relative_to(root).as_posix()
    made = _plan(_facts(run.audited, path), _scene(run.audited, run.settings), of_class)
    for name, target in reports:
        text = render(
            made, name, width=terminal_width(), ascii_only=ascii_only or not supports_unicode()
        )
        if target is not None:
            write_file(target, text)
        else:
            write_stdout(text)


def _project(file: Path, settings_file: Path | None) -> tuple[Path, list[Path]]:
    """Return the root, and what is scanned to know who imports the module.

    Without settings and outside of git that is the package around the module, or it alone.
    """
    root = find_root([file], settings_file)
    if settings_file is not None or is_there(root / ".git"):
        return root, [root, file]
    package = lexically_absolute(file)
    while is_file(package.parent / "__init__.py"):
        package = package.parent
    return find_root([package.parent], settings_file), [package]


def _scene(audited: Audit, settings: Settings) -> Scene:
    read = Sources(audited.discovery.files).get
    return Scene(audited.project, read, module_limits(settings))


def _facts(audited: Audit, path: str) -> FileFacts:
    facts = next((facts for facts in audited.project.files if facts.path == path), None)
    if facts is None:
        left_out = {skipped.path: skipped.reason for skipped in audited.discovery.skipped}
        raise UsageError(f"{path}: no plan: {left_out.get(path, 'it was not read')}")
    if facts.failure is not None:
        raise UsageError(f"{path}:{facts.failure.line}: no plan: {facts.failure.reason}")
    return facts


def _plan(facts: FileFacts, scene: Scene, of_class: str | None) -> Plan | ClassPlan:
    if of_class is None:
        return plan_of(facts, scene)
    source = scene.read(facts.path)
    found = None if source is None else class_plan(facts, source, of_class, scene.project)
    if found is None:
        raise UsageError(f"{facts.path}: no class {of_class} at the top of the module")
    return found
