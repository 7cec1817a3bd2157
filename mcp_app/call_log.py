"""What was called within a request, for its log line: method, tool and outcome, nothing else.

Names of methods and tools are written down only where they are known ones: anything else is
text that a client made up.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import mcp_types
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult

type Call = dict[str, str]

_calls: ContextVar[list[Call] | None] = ContextVar("mesh_calls", default=None)


@contextmanager
def collecting() -> Generator[list[Call]]:
    """The calls that are made within, in order; filled as they end."""
    calls: list[Call] = []
    before = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(before)


class CallLog(Middleware):
    """Notes each call. It has to stand outermost, to see how a call really ended.

    Args:
        tools: The names of the tools that there are.
    """

    def __init__(self, tools: frozenset[str]) -> None:
        self._tools = tools

    async def on_request(
        self,
        context: MiddlewareContext[mcp_types.Request[Any, Any]],
        call_next: CallNext[mcp_types.Request[Any, Any], Any],
    ) -> Any:
        """Note the method, and an error when it ends in one."""
        call: Call = {"rpc_method": context.method or "unknown", "outcome": "error"}
        calls = _calls.get()
        if calls is not None:
            calls.append(call)
        name = getattr(context.message, "name", None)
        if context.method == "tools/call":
            call["tool"] = name if name in self._tools else "unknown"
        result = await call_next(context)
        failed = isinstance(result, ToolResult) and result.is_error
        call["outcome"] = "tool_error" if failed else "ok"
        return result
