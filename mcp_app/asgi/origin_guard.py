"""Which web pages may have a browser call this server: the check of `Origin`, FastMCP's own.

Any Host passes: behind a Function URL it proves nothing.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
"""

from __future__ import annotations

from collections.abc import Sequence

from fastmcp.server.http import HostOriginGuardMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class OriginGuard(HostOriginGuardMiddleware):
    """Refuses requests of pages that are not allowed; others have no Origin, and are not checked.

    Args:
        app: What is protected.
        allowed_origins: Such as `https://app.example.com`, beside the server's own.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        super().__init__(
            app, allowed_hosts=["*"], allowed_origins=list(allowed_origins), mode="strict"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or all(name != b"origin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        await super().__call__(scope, receive, send)
