"""Processes beside this one, which end when it does, whatever ends it.

They have no output of their own: a worker that outlives its parent for a moment keeps no pipe open.
A started one finds its modules where this process does, never in the working folder, which may be
the scanned project.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import TypeVar

import msgspec

from exai_audit.knowledge.table import configuration, use

_SAFE_PATH = "PYTHONSAFEPATH"
_Part = TypeVar("_Part")
_Done = TypeVar("_Done")


def shared(
    work: Callable[[_Part], _Done],
    parts: Sequence[_Part],
    of: type[_Done],
    workers: int,
    method: str,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[_Done]:
    """Yield what ``work`` makes of each part, in order, with so many processes besides this one.

    Workers begin at the front, this process behind, once it has done what it has to ``meanwhile``.

    Args:
        work: a function of a module, or a `partial` of one.
        of: the type of what it makes, never bytes.
    """
    own: dict[int, _Done] = {}
    with working(workers, method) as pool:
        futures = [pool.submit(packed, work, part) for part in parts]
        meanwhile()
        for index in reversed(range(len(parts))):
            if not futures[index].cancel():
                break
            own[index] = work(parts[index])
        futures.reverse()
        for index in range(len(parts)):
            future = futures.pop()  # what has been handed on is not kept
            yield own.pop(index) if index in own else unpacked(future.result(), of)


def packed(work: Callable[[_Part], _Done], part: _Part) -> bytes | _Done:
    """Return what is made of a part in a form that crosses to another process faster than objects.

    Where it holds text that is none, as the paths of files may be, it crosses as it is.
    """
    done = work(part)
    try:
        return msgspec.msgpack.encode(done)
    except UnicodeEncodeError:
        return done


def unpacked(done: bytes | _Done, of: type[_Done]) -> _Done:
    """Return what has crossed; ``of`` is its type."""
    return msgspec.msgpack.decode(done, type=of) if isinstance(done, bytes) else done


@contextmanager
def working(number: int, method: str) -> Iterator[ProcessPoolExecutor]:
    """Give so many processes work; an error, or an interrupt, ends them at once."""
    begin = (os.getpid(), tuple(map(str, configuration()[0])), configuration()[1])
    with safe_path(method):
        pool = ProcessPoolExecutor(number, get_context(method), initializer=_begin, initargs=begin)
        try:
            yield pool
        except BaseException:
            for process in active_children():
                process.kill()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def safe_path(method: str) -> Iterator[None]:
    """Let started processes leave the working folder out of their path."""
    if method == "fork":
        yield
        return
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def end_with(parent: int) -> None:
    """Let this process end when ``parent``, which started it, does; it gives up its output."""
    Thread(target=_wait_for_end, args=(parent,), daemon=True).start()
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)


def _begin(parent: int, own: tuple[str, ...], bridges: tuple[str, ...]) -> None:
    end_with(parent)
    use([Path(file) for file in own], bridges)


def _wait_for_end(parent: int) -> None:
    """Wait for the parent to end, and end."""
    process = parent_process()
    if process is not None and process.pid == parent:
        wait([process.sentinel])
    os._exit(1)
