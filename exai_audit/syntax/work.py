"""How much work one file has cost so far, counted in steps: equal for equal files on any machine.

A step is a node, a binding or a statement that something looks at. What a file of usual code costs
grows with its length; one that is made to cost more ends here instead of holding up the audit.
"""

from __future__ import annotations

import sys

MOST_STEPS = 5_000_000
"""By default; the costliest of 4,070 files of services takes a thirtieth of it, a megabyte of the
costliest kind in ``benchmarks/growth.py`` a fifth.
"""


class TooMuchWorkError(Exception):
    """A file costs more steps than it may."""


class Work:
    """Steps done for one file, and how many there may be."""

    __slots__ = ("done", "most")

    def __init__(self, most: int = sys.maxsize) -> None:
        self.done = 0
        self.most = most

    def add(self, steps: int) -> None:
        """Count steps that are about to be done.

        Raises:
            TooMuchWorkError: they are too many.
        """
        self.done += steps
        if self.done > self.most:
            raise TooMuchWorkError
