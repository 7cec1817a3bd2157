"""`GET /`: the page for a person who opened the address in a browser.

What it says is in `mcp_app.page`, imported here on the first request for it: no other
route pays for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import Response

from mcp_app.asgi.access import iam_caller
from mcp_app.asgi.failures import INVALID_REQUEST, failure
from mcp_app.build_info import BuildInfo
from mcp_app.events import HOST, SCHEMES
from mcp_app.settings import Settings

if TYPE_CHECKING:
    from mcp_app.page.document import Server


def home(
    settings: Settings, build: BuildInfo, server: FastMCP
) -> Callable[[Request], Awaitable[Response]]:
    """The page, with the address under which it was asked for."""
    described: Server | None = None

    async def endpoint(request: Request) -> Response:
        nonlocal described
        # The page repeats its address to whoever asks; what is none is not repeated.
        address = request.base_url
        sent = request.headers.get("host", address.netloc)
        if address.scheme not in SCHEMES or not HOST.fullmatch(sent):
            return failure(400, INVALID_REQUEST, "The Host header is not a host name.")
        from mcp_app.page import document  # noqa: PLC0415 - not before it is asked for

        if described is None:
            described = await document.describe(settings, build, server)
        signed = iam_caller(request.scope) is not None
        page = document.render(described, str(address), document.ways(settings, signed=signed))
        headers = document.headers()
        if request.method == "HEAD":
            return Response(None, headers={**headers, "content-length": str(len(page))})
        return Response(page, headers=headers)

    return endpoint
