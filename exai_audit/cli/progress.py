"""The progress bar: on standard error, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(what: str = "files") -> Iterator[Callable[[int, int], None]]:
    """Yield what is to be called with how many are done and how many there are in all."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Auditing"), BarColumn(), MofNCompleteColumn(), TextColumn(what))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Auditing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
