"""The pages over HTTP, for this machine and whoever was given the address, and for nobody else."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from exai_audit.dashboard.pages import dashboard_page, summary
from exai_audit.dashboard.watched import Sight, Watched
from exai_audit.report import json as json_report

HOST = "127.0.0.1"
_PULSE = 15.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Bell:
    """Wakes all who wait for news, from any thread.

    Args:
        loop: the event loop in which they wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rung = asyncio.Event()
        self.has_ended = False

    def ring(self) -> None:
        """Wake them; call it from the loop's own thread or any other."""
        self._loop.call_soon_threadsafe(self._wake)

    def end(self) -> None:
        """Wake them for the last time; from the loop's own thread."""
        self.has_ended = True
        self._wake()

    async def wait(self, seconds: float) -> bool:
        """Wait for the next ring, or so long; tell whether it rang."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except asyncio.TimeoutError:  # a class of its own in Python 3.10
            return False
        return True

    def _wake(self) -> None:
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()


def application(watched: Watched, token: str, port: int, bell: Bell) -> Starlette:
    """Return the application; all of its addresses begin with ``/token/``.

    Args:
        bell: rings when there is something else to see.
    """

    async def page(request: Request) -> Response:
        text = await asyncio.to_thread(dashboard_page, watched.sight)
        return Response(text, media_type="text/html", headers=_HEADERS)

    async def data(request: Request) -> Response:
        result = watched.sight.result
        if result is None:
            return PlainTextResponse("nothing has been judged yet\n", 503, headers=_HEADERS)
        text = await asyncio.to_thread(json_report.render, result)
        return Response(text, media_type="application/json", headers=_HEADERS)

    async def trend(request: Request) -> Response:
        text = watched.sight.trend
        if not text:
            return PlainTextResponse("no history has been read yet\n", 503, headers=_HEADERS)
        return Response(text, media_type="text/html", headers=_HEADERS)

    async def events(request: Request) -> Response:
        stream = _events(lambda: watched.sight, bell)
        return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)

    routes: tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...] = (
        ("", page), ("audit.json", data), ("trend", trend), ("events", events),
    )  # fmt: skip
    return Starlette(
        routes=[Route(f"/{{token}}/{name}", answer, methods=["GET"]) for name, answer in routes],
        middleware=[Middleware(_Guard, token=token, port=port)],
    )


async def _events(sight: Callable[[], Sight], bell: Bell) -> AsyncIterator[str]:
    """Yield the sight now and after each ring, as server-sent events."""
    yield "retry: 1000\n\n"
    told = -1
    while not bell.has_ended:
        now = sight()
        if now.number != told:
            told = now.number
            yield f"event: sight\nid: {told}\ndata: {json.dumps(summary(now))}\n\n"
        elif not await bell.wait(_PULSE):
            yield ": still here\n\n"


class _Guard:
    """Answers only who knows the token, and only pages that came from here."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._may(scope):
            refusal = PlainTextResponse("not here\n", 404, headers=_HEADERS)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b""), headers.get(b"origin")
        given = scope["path"].removeprefix("/").partition("/")[0].encode()
        return (
            host in self._hosts
            and origin in (None, b"http://" + host)
            and headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin")
            and secrets.compare_digest(given, self._token)
        )
