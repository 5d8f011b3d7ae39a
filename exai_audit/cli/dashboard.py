"""``exai-audit dashboard``: the report on a local page that follows the work."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.extras import need
from exai_audit.cli.output import say, write_stdout
from exai_audit.cli.running import jobs_of
from exai_audit.config import lexically_absolute
from exai_audit.errors import UsageError
from exai_audit.session.clock import today
from exai_audit.session.open_project import OpenProject, Request

_COMMITS = 60

_Port = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Where to listen, on 127.0.0.1; default: any free port."),
]
_Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]


def dashboard_command(
    paths: options.Paths = None,
    port: _Port = 0,
    open_page: _Open = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Serve the report to this machine, and keep it up to date while you work."""
    need("dashboard", "starlette", "uvicorn", "watchfiles", "jinja2", what="dashboard")
    from exai_audit.dashboard.running import serve

    targets = tuple(lexically_absolute(path) for path in paths or [Path()])
    missing = [path for path in targets if not path.exists()]
    if missing:
        raise UsageError(f"{missing[0]}: does not exist")
    config = config and lexically_absolute(config)
    cache_dir = cache_dir and lexically_absolute(cache_dir)
    request = Request(targets, config, isolated, jobs_of(jobs), no_cache, cache_dir)
    project = OpenProject(request, today, lambda text: say(f"exai-audit: warning: {text}"))

    def tell(address: str) -> None:
        write_stdout(f"{address}  (Ctrl-C ends it)")
        if open_page:
            webbrowser.open(address)

    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve(project, port, _history(request), tell))
        except OSError as error:
            raise UsageError(f"--port {port}: {os.strerror(error.errno or 0)}") from error


def _history(request: Request) -> tuple[str, ...]:
    """Return the command that tells the scores of the commits, but for formats and paths."""
    words = ["trend", "--last", str(_COMMITS), "--jobs", "1"]
    words += ["--config", str(request.config)] if request.config else []
    words += ["--isolated"] if request.isolated else []
    words += ["--no-cache"] if request.no_cache else []
    words += ["--cache-dir", str(request.cache_dir)] if request.cache_dir else []
    return tuple(words)
