"""``exai-audit mcp``: serve the audit to agents."""

from __future__ import annotations

import gc
import os
import secrets
import socket
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.extras import need
from exai_audit.cli.output import say, say_who_is_awaited
from exai_audit.cli.running import existing, jobs_of
from exai_audit.errors import UsageError
from exai_audit.session.clock import today
from exai_audit.session.open_project import OpenProject, Request

_LOOPBACK = "127.0.0.1"
_TOKEN = "EXAI_AUDIT_TOKEN"


def mcp_command(
    paths: options.Paths = None,
    http: Annotated[
        int | None,
        typer.Option(
            "--http",
            metavar="PORT",
            min=0,
            max=65535,
            help="Serve HTTP on this port of the loopback address, 0 for any free one.",
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Write no file, even when asked to apply a fix.")
    ] = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Serve the audit of a project to agents, by the Model Context Protocol on standard input."""
    need("mcp", "mcp", "mcp_types", what="exai-audit mcp")
    import anyio

    from exai_audit.mcp.server import make_server, serve_loopback

    gc.enable()
    project = OpenProject(
        Request(existing(paths), config, isolated, jobs_of(jobs), no_cache, cache_dir), today, say
    )
    server = make_server(project, read_only=read_only)
    try:
        if http is None:
            say_who_is_awaited("an agent")
            server.run("stdio")
        else:
            bound = _bound(http)
            token = os.environ.get(_TOKEN) or secrets.token_urlsafe(16)
            say(f"http://{_LOOPBACK}:{bound.getsockname()[1]}/{token}/mcp")
            anyio.run(serve_loopback, server, bound, token)
    finally:
        project.close()


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise UsageError(f"--http {port}: the port cannot be used: {error.strerror}") from error
