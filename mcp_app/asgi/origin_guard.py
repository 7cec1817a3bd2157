"""Which web pages may have a browser call this server, by the `Origin` that it sends.

The Function URL answers preflights and adds the CORS headers, from the same list (Terraform's
`allowed_origins`), so nothing here adds any: twice is once too often for browsers.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_app.asgi.failures import INVALID_REQUEST, failure

REFUSED = "Web pages of this origin may not call the server; allowed_origins lists those that may."
USUAL_PORTS = {"http": ":80", "https": ":443"}


def own_origin(scheme: str, host: str) -> str:
    """The origin of the server's own pages, as browsers write it.

    Args:
        scheme: `http` or `https`.
        host: What the request names in `Host`.
    """
    return f"{scheme}://{host.lower().removesuffix(USUAL_PORTS.get(scheme, ''))}"


class OriginGuard:
    """Refuses requests of pages that are not allowed; clients that send no Origin pass.

    Args:
        app: What is protected.
        allowed_origins: As browsers send them, beside the server's own.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or self._passes(scope):
            await self._app(scope, receive, send)
        else:
            await failure(403, INVALID_REQUEST, REFUSED)(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        own = own_origin(scope["scheme"], headers.get("host", ""))
        return all(origin == own or origin in self._allowed for origin in origins)
