"""The commands, and how a command line calls one; each is loaded when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import typer

from exai_audit import __version__
from exai_audit.cli.output import say
from exai_audit.cli.plain_values import take_plainly

# Typer raises click's errors, from click or from a copy of its own, and names only some of them.
_UsageFailure: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)
_COMMANDS = {
    "scan": "scan", "report": "results", "compare": "results", "baseline": "baselines",
    "trend": "trend", "dashboard": "dashboard", "survey": "survey", "config": "config",
    "init": "init", "plan": "plan", "fix": "fix", "rule": "rule", "schema": "schema",
    "mcp": "mcp", "lsp": "lsp",
}  # fmt: skip
"""The module of each command below ``exai_audit.cli``, in the order of the help."""


def call(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    names = [] if arguments == ["--version"] else list(_COMMANDS)
    app = _app([name for name in names if name in arguments[:1]] or names)
    command = typer.main.get_command(app)
    for one in (command, *getattr(command, "commands", {}).values()):
        take_plainly(one)
    given = _spread_show_only(arguments)
    try:
        status = command.main(given, "exai-audit", standalone_mode=False)
    except _UsageFailure as error:
        error.show()  # type: ignore[attr-defined]
        return 2
    except typer.Abort:
        say("exai-audit: interrupted")
        return 130
    return status if isinstance(status, int) else 0


def _app(names: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        help="Audit Python services: size, timeouts, caches, concurrency; a score to gate on.",
    )
    for name in names:
        module = import_module(f"exai_audit.cli.{_COMMANDS[name]}")
        app.command(name)(getattr(module, f"{name}_command"))
    app.callback()(_root)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"exai-audit {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version."
    ),
) -> None:
    pass


def _spread_show_only(arguments: Sequence[str]) -> list[str]:
    """Give each file that follows ``--show-only`` its own option, as a hook appends them.

    With none at all, an empty name stays: nothing to show.
    """
    given = list(arguments)
    if "--show-only" not in given:
        return given
    at = given.index("--show-only")
    files = []
    rest = given[at + 1 :]
    while rest and (not rest[0].startswith("-") or rest[0] == "--"):
        files.append(rest.pop(0))
    shown = [f"--show-only={file}" for file in files if file != "--"] or ["--show-only="]
    return given[:at] + shown + rest
