"""One log line for each request."""

from __future__ import annotations

import logging
import os
import re
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_app import call_log
from mcp_app.metrics import ToolMetrics

logger = logging.getLogger("mesh.request")

ROOT = re.compile(r"(?:^|;|=)(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
REFUSED = frozenset({401, 403, 429})
BAD_REQUEST, SERVER_ERROR = 400, 500
# A key that somebody pasted behind the address, for example.
SECRET_LOOKING = re.compile(r"[A-Za-z0-9_.~%+=-]{32,}")


def trace_id(scope: Scope) -> str | None:
    """X-Ray's id of the request, where Lambda says one.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    header = Headers(scope=scope).get("x-amzn-trace-id", "")
    for told in (os.environ.get("_X_AMZN_TRACE_ID", ""), header):
        found = ROOT.search(told)
        if found:
            return found[1]
    return None


def request_id(scope: Scope) -> str | None:
    """Lambda's id of the invocation, or else the Function URL's of the request."""
    invocation = getattr(scope.get("aws.context"), "aws_request_id", None)
    event = scope.get("aws.event") or {}
    found = invocation or (event.get("requestContext") or {}).get("requestId")
    return str(found) if found else None


def outcome(status: int) -> str:
    """The end of a request that no call tells: `ok`, `refused`, `invalid` or `error`."""
    if status in REFUSED:
        return "refused"
    if not status or status >= SERVER_ERROR:
        return "error"
    return "ok" if status < BAD_REQUEST else "invalid"


class RequestLog:
    """Logs who called what, how it ended, how long it took, and whether the instance was cold.

    Never the query string, headers, bodies, arguments or results: they may hold secrets.

    Args:
        app: What answers the request.
        metrics: What a line about a tool's call says to CloudWatch; None for nothing.
    """

    def __init__(self, app: ASGIApp, metrics: ToolMetrics | None = None) -> None:
        self._app = app
        self._metrics = metrics
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

        with call_log.collecting() as calls:
            try:
                await self._app(scope, receive, watch)
            finally:
                duration_ms = round((time.perf_counter() - started) * 1000, 2)
                fields: dict[str, Any] = {
                    "method": scope["method"],
                    "path": SECRET_LOOKING.sub("...", scope["path"][:200]),
                    "status": status,
                    "outcome": outcome(status),
                    "duration_ms": duration_ms,
                    "caller": scope["caller"],
                    "cold": cold,
                    "request_id": request_id(scope),
                    "trace_id": trace_id(scope),
                }
                # One call's end is the request's; of a batch, each has its own.
                if len(calls) == 1:
                    fields |= calls[0] if status < BAD_REQUEST else {}
                    fields |= self._measured(calls[0])
                elif calls:
                    fields["calls"] = calls
                told = {name: value for name, value in fields.items() if value is not None}
                logger.info("request", extra={"fields": told})
                if len(calls) > 1:
                    self._tell_each(calls)

    def _tell_each(self, calls: list[call_log.Call]) -> None:
        """Log what CloudWatch reads of a batch: a line has one set of dimensions."""
        for call in calls:
            if measured := self._measured(call):
                logger.info("call of a batch", extra={"fields": measured})

    def _measured(self, call: call_log.Call) -> dict[str, Any]:
        return self._metrics.fields(call) if self._metrics else {}
