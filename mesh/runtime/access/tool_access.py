"""Which tools a caller may see and call, whatever way the call came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mcp_types
from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool, ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.access.caller import current_caller
from mesh.runtime.access.permissions import is_limited, may_call
from mesh.runtime.request.argument_limits import MAX_ARGUMENT_CHARACTERS, holds_too_much
from mesh.runtime.request.errors import RefusedError

TOOLS_ONLY = "This credential is for tools only, not {what}."
# For callers who may not call every tool: what a tool keeps from them may be read there.
BESIDE_TOOLS = ("resources/", "prompts/", "completion/")


def for_unlimited(app: ASGIApp, tool_scopes: Mapping[str, frozenset[str]]) -> ASGIApp:
    """A route of the server's own, for callers who may call every tool.

    Args:
        app: What answers.
        tool_scopes: As `ToolAccess` has them.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if is_limited(current_caller(), tool_scopes):
            raise RefusedError(403, INVALID_REQUEST, TOOLS_ONLY.format(what=scope["path"]))
        await app(scope, receive, send)

    return guarded


class ToolAccess(Middleware):
    """Shows callers only the tools that they may call, and refuses the others.

    Args:
        tool_scopes: What an access token must have been granted, by the tool's name.
    """

    def __init__(self, tool_scopes: Mapping[str, frozenset[str]]) -> None:
        self._tool_scopes = tool_scopes

    async def on_request(
        self,
        context: MiddlewareContext[mcp_types.Request[Any, Any]],
        call_next: CallNext[mcp_types.Request[Any, Any], Any],
    ) -> Any:
        """Keep who may not call every tool to tools."""
        beside = (context.method or "").startswith(BESIDE_TOOLS)
        if beside and is_limited(current_caller(), self._tool_scopes):
            raise MCPError(code=INVALID_REQUEST, message=TOOLS_ONLY.format(what=context.method))
        return await call_next(context)

    async def on_list_tools(
        self,
        context: MiddlewareContext[mcp_types.ListToolsRequest],
        call_next: CallNext[mcp_types.ListToolsRequest, Sequence[Tool]],
    ) -> Sequence[Tool]:
        """Leave out what the caller may not call."""
        tools = await call_next(context)
        caller = current_caller()
        return [tool for tool in tools if may_call(caller, tool.name, self._tool_scopes)]

    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Refuse what the caller may not call, and arguments beyond any use."""
        name = context.message.name
        if not may_call(current_caller(), name, self._tool_scopes):
            raise ToolError("This credential may not call this tool; tools/list has those it may.")
        if holds_too_much(context.message.arguments):
            raise ToolError(
                f"The arguments hold too many characters: {MAX_ARGUMENT_CHARACTERS:,} is the limit."
            )
        return await call_next(context)
