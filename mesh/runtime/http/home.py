"""`GET /`: the page for a person who opened the address in a browser.

What it says is in `mesh.runtime.page`, imported here on the first request for it: no other
route pays for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import Response

from mesh.runtime.access.access_control import iam_caller
from mesh.runtime.config.build_info import BuildInfo
from mesh.runtime.config.settings import Settings
from mesh.runtime.request.errors import INVALID_REQUEST, failure
from mesh.runtime.request.events import HOST, SCHEMES

if TYPE_CHECKING:
    from mesh.runtime.page.document import Server


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
        from mesh.runtime.page import document  # not before it is asked for

        if described is None:
            described = await document.describe(settings, build, server)
        signed = iam_caller(request.scope) is not None
        page = document.render(described, str(address), document.ways(settings, signed=signed))
        headers = document.headers()
        if request.method == "HEAD":
            return Response(None, headers={**headers, "content-length": str(len(page))})
        return Response(page, headers=headers)

    return endpoint
