"""The command line: the only place that prints, writes and exits."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from exai_audit.cli.output import abandon_stdout, say
from exai_audit.errors import AuditError, UsageError


def main() -> NoReturn:
    """Run and exit: 0 passed, 1 gate failed, 2 could not audit, 130 interrupted.

    A run makes few reference cycles and ends soon. To look for them, and to take all facts apart
    one by one at the end, costs a tenth of it: the system does that at once.
    """
    gc.disable()
    status = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        if any("\0" in word for word in arguments):
            raise UsageError("an argument has a null character in it, as no path has")
        _check_working_folder()
        from exai_audit.cli.app import call

        status = call(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except AuditError as error:
        say(f"exai-audit: error: {error}")
        return 2
    except KeyboardInterrupt:
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
    return status


def _check_working_folder() -> None:
    """Raise an error for the user where the working folder is gone: paths count from it."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib is not loaded yet
    except OSError as error:
        raise UsageError(f"the working folder cannot be found: {error.strerror}") from error


def _internal_error(error: Exception) -> int:
    say(f"exai-audit: internal error: {type(error).__name__}: {error} (please report it)")
    return 2
