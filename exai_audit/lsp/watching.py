"""One project as a client sees it: judged again after each change, and what was said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lsprotocol.types import Diagnostic
from pygls.workspace import PositionCodec

from exai_audit.audit.collecting import Progress
from exai_audit.audit.contents import Sources
from exai_audit.errors import AuditError
from exai_audit.finding import Finding
from exai_audit.lsp.diagnostics import diagnostic
from exai_audit.lsp.places import LineOf
from exai_audit.report.listing import is_unsure
from exai_audit.session.open_project import OpenProject, State

_DELAY = 0.05  # seconds in which more is typed


class StoppedError(Exception):
    """The user does not want to wait for the reading of a project."""


class Watched:
    """A project, its state and its findings by file.

    Args:
        serial: tells projects apart that a client had one after the other.
        changed: is called after each time that the project was judged.
        troubled: is called with what keeps it from being judged.
    """

    def __init__(
        self,
        project: OpenProject,
        serial: int,
        pool: ThreadPoolExecutor,
        changed: Callable[[Watched, State], Awaitable[None]],
        troubled: Callable[[str], None],
    ) -> None:
        self.project = project
        self.serial = serial
        self._pool = pool
        self._changed = changed
        self._troubled = troubled
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._by_path: tuple[int, dict[str, list[Finding]]] = (0, {})
        self.published: dict[str, list[Diagnostic]] = {}

    @property
    def folder(self) -> Path:
        """The folder that is held."""
        return self.project.request.paths[0]

    def touch(self) -> None:
        """Judge the project again soon, once for all that changes until then."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._again:
            await asyncio.sleep(_DELAY)
            self._again = False
            try:
                state = await self.state()
                if state is not None:
                    await self._changed(self, state)
            except Exception as error:  # the next change may mend it
                self._troubled(_internal(error))

    async def state(self, progress: Progress = lambda done, total: None) -> State | None:
        """Return the project as it is now, as it was where it cannot be judged."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self.project.current, progress)
        except StoppedError:
            raise
        except AuditError as error:
            self._troubled(str(error))
        except Exception as error:  # the next change may mend it
            self._troubled(_internal(error))
        return self.project.last

    def findings(self, state: State) -> Mapping[str, list[Finding]]:
        """Return the findings that a baseline does not accept, by path."""
        if self._by_path[0] != state.number:
            found: dict[str, list[Finding]] = {}
            for finding in state.result.findings:
                if finding.new is not False:
                    found.setdefault(finding.path, []).append(finding)
            self._by_path = state.number, found
        return self._by_path[1]

    def diagnostics(
        self, state: State, path: str, uri_of: Callable[[str], str], codec: PositionCodec
    ) -> list[Diagnostic]:
        """Return the findings of a file as diagnostics."""
        read = Sources(state.run.audited.discovery.files).get

        def lines_of(of: str) -> LineOf:
            source = read(of)
            return (lambda number: "") if source is None else source.line

        return [
            diagnostic(one, lines_of, uri_of, codec, unsure=is_unsure(one, state.result))
            for one in self.findings(state).get(path, ())
        ]


def _internal(error: Exception) -> str:
    return f"internal error: {type(error).__name__}: {error} (please report it)"
