"""Work tried out in a process of its own first, where it may end this one: libcst recurses."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress

_MOST_SECONDS = 20
_MOST_BYTES = 2_000_000_000


def survives(work: Callable[[], object]) -> bool:
    """Tell whether ``work`` ends well within some seconds and bytes.

    Where processes cannot be forked cheaply and safely, it is taken to.
    """
    if sys.platform != "linux":
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the threads that wait for workers
        child = os.fork()
    if child == 0:
        _try(work)
    _, status = os.waitpid(child, 0)
    return status == 0


def _try(work: Callable[[], object]) -> None:
    """Do the work and end the process, with status 0 if nothing was raised."""
    status = 1
    with suppress(BaseException):
        import resource  # POSIX only

        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        work()
        status = 0
    os._exit(status)
