"""The dashboard while it runs: a thread that judges, a watch on the files, and the server."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import uvicorn
from watchfiles import Change, awatch

from exai_audit.dashboard.server import HOST, Bell, application
from exai_audit.dashboard.watched import Commit, Watched
from exai_audit.session.open_project import OpenProject

_SUFFIXES = frozenset({".py", ".pyi", ".toml", ".cfg", ".txt", ".lock", ".json", ".ini"})
_NAMES = frozenset({".gitignore", "CODEOWNERS", "HEAD"})
_ASIDE = frozenset({"__pycache__", ".exai-audit-cache", "node_modules", ".mypy_cache", ".venv"})
_DEBOUNCE, _STEP, _LOOK = 80, 20, 1000
"""In milliseconds: how long changes are gathered, in which steps, how often it looks whether all
is still there."""
_AGAIN = 0.3


class _Judge(Thread):
    """Judges the project whenever something may have changed, until it is told to end."""

    def __init__(self, watched: Watched) -> None:
        super().__init__(name="judge", daemon=True)
        self._watched = watched
        self._changed, self._ended = Event(), Event()
        self._changed.set()

    def run(self) -> None:
        """Wait for changes, and judge; many that come meanwhile are one."""
        with suppress(asyncio.CancelledError):
            while not self._ended.is_set():
                self._changed.wait()
                self._changed.clear()
                self._watched.look(self._go_on)

    def note(self) -> None:
        """Say that something may have changed."""
        self._changed.set()

    def end(self) -> None:
        """End, also in the middle of the work."""
        self._ended.set()
        self._changed.set()

    def _go_on(self, done: int, total: int) -> None:
        if self._ended.is_set():
            raise asyncio.CancelledError


async def serve(
    project: OpenProject, port: int, history: Sequence[str], say: Callable[[str], None]
) -> None:
    """Serve the dashboard until the process is interrupted.

    Args:
        port: where to listen, 0 for any free place.
        history: the command that tells the scores of the history, but for its formats and paths.
        say: is given the address of the page.

    Raises:
        OSError: the port is taken.
    """
    bell = Bell(asyncio.get_running_loop())
    watched = Watched(project, lambda sight: bell.ring())
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        port, token = listening.getsockname()[1], secrets.token_urlsafe(24)
        config = uvicorn.Config(
            application(watched, token, port, bell),
            log_level="critical",
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        judge, committed = _Judge(watched), asyncio.Event()
        judge.start()
        server = uvicorn.Server(config)
        others = [
            asyncio.create_task(_watch(watched, judge.note, committed.set)),
            asyncio.create_task(_read_histories(history, watched, committed)),
            asyncio.create_task(_hang_up(server, bell)),
        ]
        say(f"http://{HOST}:{port}/{token}/")
        try:
            await server.serve(sockets=[listening])
        finally:
            judge.end()
            bell.end()
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)


async def _hang_up(server: uvicorn.Server, bell: Bell) -> None:
    """End the streams of events as soon as the server is to end: it waits for them."""
    while not server.should_exit:
        await asyncio.sleep(0.1)
    bell.end()


async def _watch(watched: Watched, note: Callable[[], None], committed: Callable[[], None]) -> None:
    """Tell of changes, also of folders that vanish and come back.

    Args:
        note: is called when something may have changed.
        committed: is called when there may be another commit.
    """
    while True:
        paths = watched.paths
        present = [path for path in paths if path.exists()]
        note()  # whatever changed while nobody watched
        with suppress(FileNotFoundError, RuntimeError):
            if watched.sight.result is not None and present:
                changes = awatch(
                    *present, watch_filter=_matters, debounce=_DEBOUNCE, step=_STEP,
                    rust_timeout=_LOOK, yield_on_timeout=True,
                )  # fmt: skip
                async for found in changes:
                    named = {Path(path) for _, path in found}
                    if found:
                        note()
                    if any(path.name == "HEAD" for path in named):
                        committed()
                    if not named.isdisjoint(paths) or not all(path.exists() for path in present):
                        break
        await asyncio.sleep(_AGAIN)


def _matters(change: Change, path: str) -> bool:
    """Tell whether a file can change what is found; folders come and go with all in them."""
    place = Path(path)
    if not _ASIDE.isdisjoint(place.parts):
        return False
    if ".git" in place.parts:
        return place.name == "HEAD"
    return place.suffix in _SUFFIXES or place.name in _NAMES or not place.suffix


async def _read_histories(
    command: Sequence[str], watched: Watched, committed: asyncio.Event
) -> None:
    """Show the scores of the commits, again after each; what has no history shows none."""
    while True:
        with TemporaryDirectory(prefix="exai-audit-") as folder, suppress(OSError, ValueError):
            data, page = Path(folder, "trend.json"), Path(folder, "trend.html")
            formats = ("-f", f"json={data}", "-f", f"html={page}")
            await _run((*command, *formats, "--", *map(str, watched.asked)))
            points = json.loads(data.read_text(encoding="utf-8"))["points"]
            history = [_commit(point) for point in points if _scored(point)]
            watched.remember(history, page.read_text(encoding="utf-8"))
        await committed.wait()
        committed.clear()


async def _run(command: Sequence[str]) -> None:
    """Run a command of this tool; it ends when it is no longer waited for."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "exai_audit", *command,
        cwd=Path(__file__).parents[2],  # which comes first where modules are looked for
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        raise


def _scored(point: dict[str, dict[str, object]]) -> bool:
    return point["snapshot"]["score"] is not None


def _commit(point: dict[str, dict[str, object]]) -> Commit:
    commit, score = point["commit"], point["snapshot"]["score"]
    assert isinstance(score, (int, float)), "points without a score were left out"
    return Commit(str(commit["name"]), str(commit["date"]), str(commit["subject"]), float(score))
