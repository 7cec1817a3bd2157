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

from mcp_app.caller import Caller, current

# For callers who may not call every tool: what a tool keeps from them may be read there.
BESIDE_TOOLS = ("resources/", "prompts/", "completion/")
# Of one call's arguments, all of them together. What a tool takes in each is in its schema.
MAX_ARGUMENT_CHARACTERS = 100_000
BITS_PER_DIGIT = 3
FLOAT_CHARACTERS = 16


def missing_scopes(
    caller: Caller, tool: str, tool_scopes: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """What the caller's token would have to be granted besides, to call this tool."""
    if caller.scopes is None:
        return frozenset()
    return tool_scopes.get(tool, frozenset()) - caller.scopes


def may_call(caller: Caller, tool: str, tool_scopes: Mapping[str, frozenset[str]]) -> bool:
    """Whether this caller may call this tool."""
    listed = caller.tools is None or tool in caller.tools
    return listed and not missing_scopes(caller, tool, tool_scopes)


def holds_too_much(value: Any) -> bool:
    """Whether a JSON value has more than 100,000 characters, punctuation apart.

    Of a number its digits count, of one with a fraction always 16. What is beyond the limit is
    not looked at.
    """
    left = MAX_ARGUMENT_CHARACTERS
    unread = [[value]]
    while unread and left >= 0:
        values = unread.pop()
        # Each has a character at least.
        left -= len(values)
        if left < 0:
            break
        # By type, all at once: one after the other takes several times as long.
        kinds = {*map(type, values)}
        if str in kinds:
            left -= sum(map(len, _of(str, values, kinds)))
        if int in kinds:
            left -= sum(map(int.bit_length, _of(int, values, kinds))) // BITS_PER_DIGIT
        if float in kinds:
            left -= FLOAT_CHARACTERS * len(_of(float, values, kinds))
        if list in kinds:
            unread += _of(list, values, kinds)
        if dict in kinds:
            for one in _of(dict, values, kinds):
                left -= sum(map(len, one))
                unread.append([*one.values()])
    return left < 0


def _of(kind: type[Any], values: list[Any], kinds: set[type[Any]]) -> list[Any]:
    return values if len(kinds) == 1 else [one for one in values if type(one) is kind]


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
        caller = current()
        limited = caller.tools is not None or any(
            missing_scopes(caller, tool, self._tool_scopes) for tool in self._tool_scopes
        )
        if limited and (context.method or "").startswith(BESIDE_TOOLS):
            raise MCPError(
                code=INVALID_REQUEST,
                message=f"This credential is for tools only, not {context.method}.",
            )
        return await call_next(context)

    async def on_list_tools(
        self,
        context: MiddlewareContext[mcp_types.ListToolsRequest],
        call_next: CallNext[mcp_types.ListToolsRequest, Sequence[Tool]],
    ) -> Sequence[Tool]:
        """Leave out what the caller may not call."""
        tools = await call_next(context)
        caller = current()
        return [tool for tool in tools if may_call(caller, tool.name, self._tool_scopes)]

    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Refuse what the caller may not call, and arguments beyond any use."""
        name = context.message.name
        if not may_call(current(), name, self._tool_scopes):
            raise ToolError("This credential may not call this tool; tools/list has those it may.")
        if holds_too_much(context.message.arguments):
            raise ToolError(
                f"The arguments hold too many characters: {MAX_ARGUMENT_CHARACTERS:,} is the limit."
            )
        return await call_next(context)
