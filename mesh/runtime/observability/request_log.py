"""One log line for each request."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mesh.runtime.observability import call_log, way
from mesh.runtime.observability.access_log import alias_of, request_fields, request_id, trace_id
from mesh.runtime.observability.metrics import ToolMetrics

if TYPE_CHECKING:
    from mesh.runtime.observability.tracing import Tracer

logger = logging.getLogger("mesh.request")


class RequestLog:
    """Logs who called what, how it ended, how long it took, and whether the instance was cold.

    Never the query string, headers, bodies, arguments or results: they may hold secrets.

    Args:
        app: What answers the request.
        metrics: What a line about a tool's call says to CloudWatch; None for nothing.
        cold: Whether the instance has answered nothing yet.
        tracer: Makes spans; None makes none.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: ToolMetrics | None = None,
        *,
        cold: bool = True,
        tracer: Tracer | None = None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._cold = cold
        self._tracer = tracer

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
        if self._tracer is not None:
            self._tracer.go_on(Headers(scope=scope).get("traceparent"))

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with call_log.collecting() as calls:
            try:
                await self._app(scope, receive, watch)
            finally:
                alias = alias_of(scope.get("aws.context"))
                fields = request_fields(
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    duration_seconds=time.perf_counter() - started,
                    caller=scope["caller"],
                    cold=cold,
                    request_id=request_id(scope.get("aws.event") or {}, scope.get("aws.context")),
                    trace_id=trace_id(Headers(scope=scope).get("x-amzn-trace-id", "")),
                    calls=calls,
                    metrics=self._metrics,
                    way=way.FULL,
                    reason=way.reason(),
                    alias=alias,
                )
                logger.info("request", extra={"fields": fields})
                if len(calls) > 1:
                    self._tell_each(calls, alias)
                if self._tracer is not None:
                    self._tracer.end(fields)

    def _tell_each(self, calls: list[call_log.Call], alias: str | None) -> None:
        """Log what CloudWatch reads of a batch: a line has one set of dimensions."""
        for call in calls:
            if measured := self._measured(call, alias):
                logger.info("call of a batch", extra={"fields": measured})

    def _measured(self, call: call_log.Call, alias: str | None) -> dict[str, Any]:
        return self._metrics.fields(call, alias=alias) if self._metrics else {}
