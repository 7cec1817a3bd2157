"""Real MCP servers over real HTTP for the smoke test to look at."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

KEY = "mesh_" + "k" * 43

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Answers:
    """What a server of the tests does; the defaults are what a good one does."""

    auth: str = "api_key"
    really_closed: bool = True
    sse: bool = True
    tool: str | None = "search_knowledge"
    reads_only: bool = True
    failing_tool: bool = False
    content_sha256: str = "the-build"
    echoes_credentials: bool = False


def mcp_server(answers: Answers) -> Starlette:
    """A FastMCP server with /health, closed by an API key."""
    mcp: FastMCP = FastMCP("tested")

    def search(query: str = "") -> dict[str, Any]:
        if answers.failing_tool:
            raise ValueError("the index is not there")
        return {"passages": [{"title": query}, {"title": "another"}]}

    if answers.tool:
        mcp.tool(search, name=answers.tool, annotations={"readOnlyHint": answers.reads_only})
    inner = mcp.http_app(path="/mcp", stateless_http=True, json_response=not answers.sse)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "status": "ok",
                "name": "tested",
                "version": "1.2.3",
                "auth": answers.auth,
                "content_sha256": answers.content_sha256,
            }
        )

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        sent = Request(scope).headers.get("authorization", "")
        wanted = {"api_key": f"Bearer {KEY}", "iam": "AWS4-HMAC-SHA256 "}.get(answers.auth, "")
        if answers.really_closed and not sent.startswith(wanted):
            said = f"not accepted: {sent}" if answers.echoes_credentials else "not accepted"
            status = 403 if answers.auth == "iam" else 401
            await JSONResponse({"error": said}, status)(scope, receive, send)
            return
        await inner(scope, receive, send)

    return Starlette(
        routes=[Route("/health", health), Mount("/", guarded)], lifespan=inner.lifespan
    )


def failing_first(app: App, times: int, status: int = 502) -> App:
    """The same server, but its first answers are errors, as in a deploy."""
    left = times

    async def failing(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal left
        if scope["type"] == "http" and left > 0:
            left -= 1
            await JSONResponse({"message": "Internal Server Error"}, status)(scope, receive, send)
            return
        await app(scope, receive, send)

    return failing


async def hanging(scope: Message, receive: Receive, _send: Send) -> None:
    """A server that accepts a request and never answers."""
    if scope["type"] == "http":
        while (await receive())["type"] != "http.disconnect":
            pass


async def endless(scope: Message, receive: Receive, send: Send) -> None:
    """A server whose event stream goes on for ever without an answer."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    disconnected = asyncio.ensure_future(_disconnect(receive))
    while not disconnected.done():
        await send({"type": "http.response.body", "body": b": ping\n\n", "more_body": True})
        await asyncio.wait([disconnected], timeout=0.02)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextlib.contextmanager
def served(app: App) -> Iterator[str]:
    """Serve on a free loopback port while the body runs; gives the base URL."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "the test's server did not start"
        assert thread.is_alive(), "the test's server died"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(10)
