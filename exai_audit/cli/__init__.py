"""The command line: the only place that prints, writes and exits."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

import typer

from exai_audit import __version__
from exai_audit.cli.baselines import baseline_command
from exai_audit.cli.config import config_command
from exai_audit.cli.init import init_command
from exai_audit.cli.output import abandon_stdout, say
from exai_audit.cli.plan import plan_command
from exai_audit.cli.results import compare_command, report_command
from exai_audit.cli.rule import rule_command
from exai_audit.cli.scan import scan_command
from exai_audit.cli.schema import schema_command
from exai_audit.errors import AuditError

# Typer raises click's errors, from click or from a copy of its own, and names only some of them.
_UsageFailure: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Audit Python services: size, timeouts, caches, concurrency; a score to gate on.",
)
app.command("scan")(scan_command)
app.command("report")(report_command)
app.command("compare")(compare_command)
app.command("baseline")(baseline_command)
app.command("config")(config_command)
app.command("init")(init_command)
app.command("plan")(plan_command)
app.command("rule")(rule_command)
app.command("schema")(schema_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"exai-audit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version."
    ),
) -> None:
    pass


def main() -> None:
    """Run and exit: 0 passed, 1 gate failed, 2 could not audit, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        command = typer.main.get_command(app)
        status = command.main(_spread_show_only(arguments), "exai-audit", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except _UsageFailure as error:
        error.show()  # type: ignore[attr-defined]
        return 2
    except AuditError as error:
        say(f"exai-audit: error: {error}")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        say("exai-audit: interrupted")
        return 130
    except BrokenPipeError:
        abandon_stdout()
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _internal_error(error)
        abandon_stdout()
        say(f"exai-audit: error: {error.strerror}")
        return 2
    except Exception as error:  # the last resort: an internal error must not look like a pass
        return _internal_error(error)
    return status if isinstance(status, int) else 0


def _internal_error(error: Exception) -> int:
    say(f"exai-audit: internal error: {type(error).__name__}: {error} (please report it)")
    return 2


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
