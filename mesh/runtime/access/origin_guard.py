"""Refuses web pages that may not call, on every route.

The Function URL answers preflights and adds the CORS headers, from the same list (Terraform's
`allowed_origins`), so nothing here adds any: browsers refuse a header that comes twice.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.access.web_origins import REFUSED, may_call, own_origin
from mesh.runtime.request.errors import INVALID_REQUEST, failure


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
        own = own_origin(scope["scheme"], headers.get("host", ""))
        # A client that is no browser may send several; a browser sends one.
        return all(may_call(one, own, self._allowed) for one in headers.getlist("origin"))
