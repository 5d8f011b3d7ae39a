"""The server: tools and resources of one project, and how clients reach them.

Each call looks at the project as it is now. Reading it is done beside the loop that talks to the
client: it reports how far it is, and ends soon after the client does not want the answer any more.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from inspect import cleandoc
from typing import Annotated, Any, TypeVar

from anyio import from_thread, to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.resources import FunctionResource
from mcp_types import ToolAnnotations
from pydantic import Field

from exai_audit import __version__
from exai_audit.config.pages import whole_page
from exai_audit.edits.edit import FileChange
from exai_audit.errors import AuditError, UsageError
from exai_audit.finding import Severity
from exai_audit.mcp import answers
from exai_audit.mcp.document import NOTICE, Document, text_of
from exai_audit.mcp.fixes import fix_page
from exai_audit.mcp.in_force import settings_page
from exai_audit.results.selection import selection
from exai_audit.rulebook.registry import nearest, rules
from exai_audit.session.changed import changed_since
from exai_audit.session.changing import make_changes
from exai_audit.session.fixing import repaired
from exai_audit.session.open_project import OpenProject, State
from exai_audit.session.verdict import gated

T = TypeVar("T")
_SHOWN_STEPS = 50
_INSTRUCTIONS = (
    "Static audit of one Python project: size, timeouts, caches, concurrency; a score up to 100."
    " Begin with `audit`; list with `findings`, read one with `finding`; after an edit ask"
    " `check_change`. Repair code rather than silence it: the score without suppressions is shown,"
    " and a suppression needs a reason. " + NOTICE
)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

Select = Annotated[
    str, Field(description="Rules: codes, prefixes or names, by commas: EXA205,EXA4.")
]
Path = Annotated[str, Field(description="Files, folders or patterns below the root, by commas.")]
Fingerprint = Annotated[str, Field(description="The fingerprint that `findings` gives.")]


class Tools:
    """What a client may call; the docstrings are what it reads.

    Args:
        project: the one project that all of them speak of.
        read_only: refuse to write, even when asked to.
    """

    def __init__(self, project: OpenProject, *, read_only: bool) -> None:
        self._project = project
        self._read_only = read_only

    async def audit(self, context: Context[Any, Any]) -> str:
        """Score, grade, gates, what costs points and what to do first.

        The cheapest way to the next grade lists the findings to repair, with hours and gain.
        """
        return await self._answer(context, answers.summary)

    async def findings(
        self,
        context: Context[Any, Any],
        select: Select = "",
        path: Path = "",
        severity: Annotated[Severity, Field(description="The least severity.")] = Severity.LOW,
        min_points: Annotated[float, Field(description="What they cost at least.", ge=0)] = 0.0,
        on_the_way_up: Annotated[
            bool, Field(description="Only those of the cheapest way to the next grade.")
        ] = False,
        include_accepted: Annotated[
            bool, Field(description="Also what the baseline accepts.")
        ] = False,
        cursor: Annotated[str, Field(description="next_cursor of the page before.")] = "",
        limit: Annotated[int, Field(description="At most so many.", ge=1, le=500)] = 50,
    ) -> str:
        """One line for each finding, the worst first, in pages."""

        def page(state: State) -> Document:
            wanted = selection([select], [path], severity, min_points)
            asked = answers.Question(wanted, cursor, limit, on_the_way_up, include_accepted)
            return answers.findings_page(state, asked)

        return await self._answer(context, page)

    async def finding(self, context: Context[Any, Any], fingerprint: Fingerprint) -> str:
        """One finding: the code around it, why it matters, what to do, related places.

        An error says that no finding has the fingerprint any more: it is repaired.
        """
        return await self._answer(
            context, lambda state: answers.finding_page(state, fingerprint.strip().lower())
        )

    async def rule(
        self, code: Annotated[str, Field(description="A code or name; none lists all.")] = ""
    ) -> str:
        """A rule's page: why, bad and good code, known false alarms, settings."""
        known = rules()
        if not code:
            return "\n".join(f"{one.code} {one.name}: {one.summary}" for one in known)
        for one in known:
            if code.strip().lower() in (one.code.lower(), one.name):
                return whole_page(one)
        names = [name for one in known for name in (one.code, one.name)]
        raise ToolError(f"unknown rule {code!r}{nearest(code, names)}")

    async def plan(
        self,
        context: Context[Any, Any],
        path: Annotated[str, Field(description="A module, relative to the root.")],
        class_name: Annotated[str, Field(description="Divide this class of it instead.")] = "",
    ) -> str:
        """How to split an oversized module into modules, or a class into parts."""
        return await self._answer(
            context, lambda state: answers.plan_page(state, path, class_name or None)
        )

    async def check_change(
        self,
        context: Context[Any, Any],
        since: Annotated[
            str, Field(description="A git revision; the default is what is not committed yet.")
        ] = "HEAD",
    ) -> str:
        """What the changes since a revision brought and repaired, and whether the gates pass."""

        def page(state: State) -> Document:
            narrowed = changed_since(since, state.result, state.run)
            return answers.change_page(gated(narrowed, state.run.settings), since)

        return await self._answer(context, page)

    def settings(self) -> str:
        """Return the settings in force."""
        try:
            state = self._project.current()
            return text_of(settings_page(state, self._project.request))
        except AuditError as error:
            raise ResourceError(str(error)) from error

    async def fix(
        self,
        context: Context[Any, Any],
        fingerprint: Annotated[str, Field(description="Fix this finding.")] = "",
        select: Select = "",
        path: Path = "",
        unsafe: Annotated[
            bool, Field(description="With fixes that change what the code does, as rules wish.")
        ] = False,
        apply: Annotated[
            bool, Field(description="Write the change; without it, it is only shown.")
        ] = False,
    ) -> str:
        """Fixes of findings as a diff; written only with `apply`, to files that git has committed.

        What is fixed is proved: it parses, the finding is gone, none like it is new. Say which: a
        fingerprint, rules or a path. `exai-audit fix --undo` takes back what was written last.
        """

        def page(state: State) -> Document:
            if not (fingerprint or select or path):
                raise UsageError("say what to fix: a fingerprint, rules or a path")
            prints = [fingerprint] if fingerprint else []
            wanted = selection([select], [path], fingerprints=prints)
            found = repaired(state.run, wanted.holds, unsafe=unsafe)
            if apply and found.changes:
                self._write(state, found.changes)
            return fix_page(found, written=apply and bool(found.changes))

        return await self._answer(context, page)

    def _write(self, state: State, changes: Sequence[FileChange]) -> None:
        if self._read_only:
            raise UsageError("the server was started with --read-only: nothing is written")
        tops = [state.run.shown(top) for top in self._project.request.paths]
        for path in (change.path for change in changes):
            if not any(top in (".", path) or path.startswith(f"{top}/") for top in tops):
                raise UsageError(f"{path}: lies outside of what the server was started for")
        make_changes(state.run.root, changes, allow_dirty=False)

    async def _answer(self, context: Context[Any, Any], answer: Callable[[State], Document]) -> str:
        try:
            return await self._beside(context, lambda state: text_of(answer(state)))
        except AuditError as error:
            raise ToolError(text_of({"error": str(error)})) from error

    async def _beside(self, context: Context[Any, Any], work: Callable[[State], T]) -> T:
        """Do what takes time in a thread of its own."""

        def run() -> T:
            return work(self._project.current(_Told(context)))

        return await to_thread.run_sync(run, abandon_on_cancel=True)


def make_server(project: OpenProject, *, read_only: bool = False) -> MCPServer[Any]:
    """Return the server of a project, which writes nothing at all when ``read_only``."""
    server: MCPServer[Any] = MCPServer(
        "exai-audit", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    tools = Tools(project, read_only=read_only)
    for tool in (
        tools.audit, tools.findings, tools.finding, tools.rule, tools.plan, tools.check_change,
    ):  # fmt: skip
        _add(server, tool, _READS)
    _add(server, tools.fix, _WRITES)
    for rule in rules():
        server.add_resource(
            FunctionResource(
                uri=f"exai-audit://rules/{rule.code}",
                name=rule.code,
                title=rule.name,
                description=rule.summary,
                mime_type="text/markdown",
                fn=partial(whole_page, rule),
            )
        )
    server.add_resource(
        FunctionResource(
            uri="exai-audit://settings",
            name="settings",
            description="The settings in force, and where each is from.",
            mime_type="application/json",
            fn=tools.settings,
        )
    )
    return server


def _add(server: MCPServer[Any], tool: Callable[..., Any], kind: ToolAnnotations) -> None:
    description = cleandoc(tool.__doc__ or "")
    server.add_tool(tool, description=description, annotations=kind, structured_output=False)


async def serve_loopback(server: MCPServer[Any], bound: socket.socket, token: str) -> None:
    """Serve HTTP on a socket that is bound to the loopback address, below the path ``/TOKEN/mcp``.

    Requests that name another host, or come from a page of another origin, are refused.
    """
    import uvicorn

    app = server.streamable_http_app(streamable_http_path=f"/{token}/mcp", host="127.0.0.1")
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    await uvicorn.Server(config).serve(sockets=[bound])


class _Told:
    """Tells the client how much is read, some fifty times at most.

    It ends the work when the client does not want the answer any more.
    """

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context
        self._next = 0

    def __call__(self, done: int, total: int) -> None:
        from_thread.check_cancelled()
        if done >= self._next or done == total:
            self._next = done + total // _SHOWN_STEPS
            from_thread.run(self._context.report_progress, done, total, "files read")
