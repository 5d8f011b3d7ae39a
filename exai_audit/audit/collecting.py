"""Facts of many files at once: in this process, and in others beside it where that is worth it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from importlib import import_module
from sys import platform, version_info

from exai_audit.audit.discover import Discovered
from exai_audit.facts.file import Failure, FailureKind, FileFacts
from exai_audit.facts.size import LineCounts
from exai_audit.files.source import UnreadableSourceError
from exai_audit.git.blobs import blob_hash
from exai_audit.syntax.work import MOST_STEPS

Progress = Callable[[int, int], None]
Named = tuple[Discovered, str, int | None]
"""A file, its module's name, and above how many lines its symbols are read, if at all."""
Collected = tuple[FileFacts, bytes]
"""A file's facts, and git's hash of its content, empty where it could not be read."""
_LONGEST_REASON = 300
_CHUNK_BYTES = 40_000
START_METHOD = "fork" if platform == "linux" else "spawn"
"""How other processes are started where this one has no threads."""
# Forked workers start in milliseconds, spawned ones import everything again.
_WORTH_FORK, _WORTH_SPAWN = 300_000, 6_000_000


def collect_all(
    files: Sequence[Named],
    jobs: int,
    progress: Progress,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Collected]:
    """Return what each file says, in order.

    Args:
        jobs: how many processes, this one included.
        progress: called with files done and files in all.
        meanwhile: what this process has to do besides; done only where others collect.
    """
    found: list[Collected] = []
    for part in collecting(files, jobs, meanwhile):
        found.extend(part)
        progress(len(found), len(files))
    return found


def collecting(
    files: Sequence[Named],
    jobs: int,
    meanwhile: Callable[[], None] = lambda: None,
    method: str = START_METHOD,
) -> Generator[list[Collected]]:
    """Yield what the files say, in order, as many at once as come at once; see `collect_all`.

    Args:
        method: how other processes are started; one with threads must not be forked.
    """
    import_module("exai_audit.collectors")  # once, before workers are forked
    chunks = chunks_of(files)
    worth = _WORTH_FORK if method == "fork" else _WORTH_SPAWN
    is_small = len(chunks) < 2 or sum(file.size for file, _, _ in files) < worth
    if jobs <= 1 or is_small or not may_start_workers():
        yield from map(collect_chunk, chunks)
    else:
        from exai_audit.audit.workers import shared  # slow to load, and a small change needs none

        workers = min(jobs, len(chunks)) - 1
        yield from shared(collect_chunk, chunks, list[Collected], workers, method, meanwhile)


def collect_one(
    path: str, data: bytes, dotted: str, limit: int | None, most_work: int = MOST_STEPS
) -> Collected:
    """Return one file's facts and git's hash of its content, empty where collecting failed.

    Args:
        limit, most_work: see `exai_audit.collectors.collect`.
    """
    from exai_audit.collectors import collect

    try:
        return collect(path, data, dotted, limit, most_work), blob_hash(data)
    except Exception as error:  # one file's trouble is a finding, the audit goes on
        reason = f"cannot be analysed: {type(error).__name__}{_told(error)}"
        return _failed(path, dotted, reason, data.count(b"\n")), b""


def _told(error: Exception) -> str:
    """Return what an error says of itself, as far as it can; a foreign one may fail at that."""
    with suppress(Exception):
        return f": {error}"[:_LONGEST_REASON]
    return ""


def may_start_workers() -> bool:
    """Tell whether workers can be kept from finding modules in the working folder."""
    return platform == "linux" or version_info >= (3, 11)


def chunks_of(files: Sequence[Named], size: int = _CHUNK_BYTES) -> list[list[Named]]:
    """Return the files in parts of about ``size`` bytes, in order."""
    chunks: list[list[Named]] = []
    room = 0
    for named in files:
        if room <= 0:
            chunks.append([])
            room = size
        chunks[-1].append(named)
        room -= named[0].size
    return chunks


def collect_chunk(files: Sequence[Named]) -> list[Collected]:
    """Collect without the garbage collector: there are few cycles, and one tree at a time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return [_collect_one(*named) for named in files]
    finally:
        if was_enabled:
            gc.enable()


def _collect_one(file: Discovered, dotted: str, limit: int | None) -> Collected:
    try:
        data = file.read()
    except UnreadableSourceError as error:
        return _failed(file.path, dotted, str(error)), b""
    return collect_one(file.path, data, dotted, limit, file.most_work)


def _failed(path: str, dotted: str, reason: str, lines: int = 0) -> FileFacts:
    failure = Failure(FailureKind.UNREADABLE, 1, 1, reason, "")
    return FileFacts(path, dotted, LineCounts(lines, 0, 0), failure=failure)
