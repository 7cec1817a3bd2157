"""What was called within a request, for its log line: method, tool, outcome and duration.

Nothing else. Names of methods and tools are written down only where they are known ones:
anything else is text that a client made up.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import mcp_types
from fastmcp import FastMCP
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult

if TYPE_CHECKING:
    from mesh.runtime.observability.tracing import Tracer

METHODS = frozenset(
    {
        "completion/complete",
        "initialize",
        "logging/setLevel",
        "ping",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/subscribe",
        "resources/templates/list",
        "resources/unsubscribe",
        "server/discover",
        "tools/call",
        "tools/list",
    }
)

type Call = dict[str, Any]

_calls: ContextVar[list[Call] | None] = ContextVar("mesh_calls", default=None)
_call: ContextVar[Call | None] = ContextVar("mesh_call", default=None)


@contextmanager
def collecting() -> Generator[list[Call]]:
    """The calls that are made within, in order; filled as they end."""
    calls: list[Call] = []
    before = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(before)


@contextmanager
def one_message() -> Generator[None]:
    """What runs within answers one JSON-RPC message, and is one call."""
    call: Call = {}
    before = _call.set(call)
    try:
        yield
    finally:
        _call.reset(before)
        calls = _calls.get()
        if calls is not None and call:
            calls.append(call)


class CallLog(Middleware):
    """Notes each call. It has to stand outermost, to see how a call really ended.

    Args:
        server: Knows which tools there are.
        tracer: Makes spans; None makes none.
    """

    def __init__(self, server: FastMCP[Any], tracer: Tracer | None = None) -> None:
        self._server = server
        self._tracer = tracer

    async def on_request(
        self,
        context: MiddlewareContext[mcp_types.Request[Any, Any]],
        call_next: CallNext[mcp_types.Request[Any, Any], Any],
    ) -> Any:
        """Note the method, and an error when it ends in one."""
        call = _call.get()
        is_tool = context.method == "tools/call"
        # The protocol's layer and tools list tools by themselves: that is not what was asked.
        if call is None or (call and not is_tool):
            return await call_next(context)
        call["rpc_method"] = context.method if context.method in METHODS else "unknown"
        call["outcome"] = "tool_error" if is_tool else "error"
        if is_tool:
            name = getattr(context.message, "name", "")
            call["tool"] = name if await self._server.get_tool(name) else "unknown"
        span = None
        if is_tool and self._tracer is not None:
            span = self._tracer.call(call["tool"], _traceparent())
        started = time.perf_counter()
        try:
            if span is None:
                result = await call_next(context)
            else:
                with span:
                    result = await call_next(context)
                    span.failed = isinstance(result, ToolResult) and bool(result.is_error)
        finally:
            if is_tool:
                call["tool_duration_ms"] = round((time.perf_counter() - started) * 1000, 2)
        if not (isinstance(result, ToolResult) and result.is_error):
            call["outcome"] = "ok"
        return result


def _traceparent() -> Any:
    """What the request's `_meta` says of a trace."""
    from fastmcp.server.dependencies import fastmcp_request_ctx  # few deployments have a collector

    context = fastmcp_request_ctx.get()
    return context.meta.get("traceparent") if context is not None and context.meta else None
