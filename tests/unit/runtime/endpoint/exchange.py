"""A server whose answers are compared, and the two ways to ask it."""

from __future__ import annotations

import asyncio
import json
import threading
from contextvars import ContextVar
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_http_request
from fastmcp.tools import ToolResult
from mcp_types import ToolListChangedNotification
from starlette.applications import Starlette
from starlette.routing import Route

from mesh.runtime.endpoint import mcp_endpoint, plain_requests
from mesh.runtime.endpoint.mcp_endpoint import LEAVING_IS_WATCHED, McpEndpoint
from mesh.runtime.http.instance import Instance

LEFT = ContextVar("left", default="nothing")
# Progress has reached the client.
SAID = asyncio.Event()
LIMIT_SECONDS = 60
HANDSHAKE, MODERN = "2025-11-25", "2026-07-28"
META = "io.modelcontextprotocol/"


def add_plain_tools(mcp: FastMCP) -> None:
    @mcp.tool
    def plain(text: str = "é \u2028 \U0001f600") -> str:
        return text

    @mcp.tool
    async def awaited(count: int = 3) -> dict[str, int | None]:
        await asyncio.sleep(0)
        return {"count": count, "nothing": None}

    @mcp.tool
    def unwritable() -> ToolResult:
        return ToolResult(content="\ud800")

    @mcp.tool
    def refusing() -> str:
        raise ToolError("not today")

    @mcp.tool
    def crashing() -> str:
        raise RuntimeError("password=hunter2")

    @mcp.tool
    def leaving() -> str:
        found = LEFT.get()
        LEFT.set("by a tool")
        return f"{threading.get_ident()} {found}"


def add_tools_with_a_context(mcp: FastMCP) -> None:
    @mcp.tool
    async def telling(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "half")
        await ctx.info("a line of the log")
        await ctx.report_progress(2)
        return "told"

    @mcp.tool
    async def waiting(ctx: Context) -> str:
        await ctx.report_progress(1)
        async with asyncio.timeout(LIMIT_SECONDS):
            await SAID.wait()
        return "heard"

    @mcp.tool
    async def asking(ctx: Context) -> str:
        answer = await ctx.elicit("a name?", response_type=str)
        return str(answer)

    @mcp.tool
    async def announcing(ctx: Context) -> str:
        await ctx.send_notification(ToolListChangedNotification())
        return "announced"

    @mcp.tool
    async def looking(ctx: Context) -> list[str]:
        request = get_http_request()
        found = [request.method, request.url.path, request.headers["x-own"], str(ctx.transport)]
        assert ctx.request_context is not None
        assert ctx.request_context.request is not None
        body = await ctx.request_context.request.body()
        return [*found, type(request.app).__name__, str(ctx.request_id), str(len(body))]


def server():
    mcp = FastMCP("exchanges", mask_error_details=True)
    add_plain_tools(mcp)
    add_tools_with_a_context(mcp)

    @mcp.resource("data://one")
    def one() -> str:
        return "one"

    @mcp.resource("data://broken")
    def broken() -> str:
        raise RuntimeError("password=hunter2")

    @mcp.prompt
    def greeting(name: str) -> str:
        return f"Greet {name}."

    return mcp


class Sides:
    """An application, asked with the exchange and without it."""

    def __init__(self, monkeypatch):
        self._endpoint = McpEndpoint(server(), {})
        self._instance = Instance(
            Starlette(
                routes=[Route("/mcp", self._endpoint, methods=["POST"])],
                lifespan=lambda _app: self._endpoint.lifespan(),
            )
        )
        self._plain_request = plain_requests.plain_request
        self._monkeypatch = monkeypatch
        self.taken = []

    def close(self):
        self._instance.close()

    def ask(self, body, headers, *, exchange, watched=True):
        """Status, headers and body of the answer."""

        def plain_request(*arguments, **more):
            found = self._plain_request(*arguments, **more) if exchange else None
            self.taken.append(found is not None)
            return found

        sent = [{"type": "http.request", "body": body, "more_body": False}]
        got = []
        SAID.clear()

        async def receive():
            if sent:
                return sent.pop()
            return await asyncio.get_running_loop().create_future()

        async def send(message):
            got.append(message)
            if b"notifications/progress" in message.get("body", b""):
                SAID.set()

        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "https",
            "path": "/mcp",
            "raw_path": b"/mcp",
            "query_string": b"",
            "server": ("example.com", 443),
            "client": ("192.0.2.1", 0),
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in [("host", "example.com"), ("x-own", "1"), *headers]
                if value is not None
            ],
        }
        if watched:
            scope[LEAVING_IS_WATCHED] = True
        with self._monkeypatch.context() as patched:
            patched.setattr(mcp_endpoint, "plain_request", plain_request)
            self._instance.run(self._instance.app(scope, receive, send))
        start, *parts = got
        body = b"".join(part.get("body", b"") for part in parts)
        return start["status"], sorted(start["headers"]), body

    def compare(self, body, headers):
        """The answer, the same on both sides."""
        mine = self.ask(body, headers, exchange=True)
        assert mine == self.ask(body, headers, exchange=False)
        return mine


def request_of(version, method, params, accept):
    """Body and headers of a request in this protocol's form."""
    headers = [("accept", accept), ("content-type", "application/json")]
    params = {**params}
    if version is not None:
        headers.append(("mcp-protocol-version", version))
    if version == MODERN:
        params["_meta"] = {
            f"{META}protocolVersion": MODERN,
            f"{META}clientInfo": {"name": "test", "version": "1"},
            f"{META}clientCapabilities": {},
            f"{META}logLevel": "info",
            **params.get("_meta", {}),
        }
        headers.append(("mcp-method", method))
        name = params.get("name", params.get("uri"))
        headers += [] if name is None else [("mcp-name", name)]
    message = {"jsonrpc": "2.0", "id": "one", "method": method, "params": params}
    return json.dumps(message).encode(), headers
