"""One log line for each request."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("mesh.request")


class RequestLog:
    """Logs method, path, status, duration, caller, and whether the instance was cold.

    Never the query string, headers or bodies: they may hold secrets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cold = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cold, self._cold = self._cold, False
        started = time.perf_counter()
        status = 0
        # What stands behind this writes the caller into the same dict.
        scope["caller"] = "anonymous"

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"][:200],
                "status": status,
                "duration_ms": round((time.perf_counter() - started) * 1000, 2),
                "caller": scope["caller"],
                "cold": cold,
            }
            logger.info("request", extra={"fields": fields})
