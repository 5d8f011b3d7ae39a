"""The command line: the only place that prints, writes and exits."""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Sequence

from exai_audit.cli.output import abandon_stdout, say
from exai_audit.cli.replay import asked, record_of
from exai_audit.errors import AuditError


def main() -> None:
    """Run and exit: 0 passed, 1 gate failed, 2 could not audit, 130 interrupted."""
    gc.disable()  # a run ends soon and makes few cycles: to look for them costs a twentieth
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line, or replay it, and return its exit status."""
    try:
        status = _run(arguments)
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


def _run(arguments: Sequence[str]) -> int:
    """Do the least that will do: give an earlier output again, scan, parse and do as told.

    Each loads more than the one before.
    """
    circumstances = asked(arguments)
    record = record_of(circumstances, arguments) if circumstances else None
    if record is not None and record.holds():
        return record.replay()
    if record is not None:
        from exai_audit.cli.scanning import ScanOptions, scan

        return scan(ScanOptions.from_text(record.asked), circumstances)
    from exai_audit.cli.app import call

    return call(arguments, circumstances)


def _internal_error(error: Exception) -> int:
    say(f"exai-audit: internal error: {type(error).__name__}: {error} (please report it)")
    return 2
