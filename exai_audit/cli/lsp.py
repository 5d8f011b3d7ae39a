"""``exai-audit lsp``: serve the audit to an editor."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import BinaryIO

import typer

from exai_audit.cli import options
from exai_audit.cli.extras import need
from exai_audit.cli.output import say, say_who_is_awaited
from exai_audit.cli.running import jobs_of
from exai_audit.session.clock import today
from exai_audit.session.open_project import OpenProject, Request


def lsp_command(
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Serve the audit to an editor, by the Language Server Protocol on standard input."""
    need("lsp", "pygls", "lsprotocol", what="exai-audit lsp")
    from exai_audit.lsp.features import make_server

    processes = jobs_of(jobs)

    def open_project(folder: Path) -> OpenProject:
        request = Request((folder,), config, isolated, processes, no_cache, cache_dir)
        return OpenProject(request, today, say)

    say_who_is_awaited("an editor")
    gc.enable()
    server = make_server(open_project)
    try:
        server.start_io(stdout=_wire())
    finally:
        server.close()
    raise typer.Exit


def _wire() -> BinaryIO:
    """Return the way to the client; what anybody else prints goes to standard error from now on."""
    wire = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return wire
