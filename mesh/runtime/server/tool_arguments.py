"""What callers give to tools: the original server's names, and errors that people can read."""

from __future__ import annotations

from collections.abc import Callable

import mcp_types
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from pydantic import ValidationError as PydanticValidationError

from mesh.runtime.server.argument_errors import message as message_of
from mesh.runtime.server.argument_errors import renamed


class ToolArguments(Middleware):
    """Takes the original server's camelCase argument names, and says what does not fit.

    Args:
        parameters_of: Gives a tool's parameter names; none for a tool that there is not.
    """

    def __init__(self, parameters_of: Callable[[str], frozenset[str]]) -> None:
        self._parameters_of = parameters_of

    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Rename what the tool does not know by a name that it does; explain what is wrong.

        Raises:
            ToolError: the arguments do not fit.
        """
        message = context.message
        known = self._parameters_of(message.name)
        given = message.arguments or {}
        arguments = renamed(given, known)
        if arguments != given:
            message = message.model_copy(update={"arguments": arguments})
        try:
            return await call_next(context.copy(message=message))
        except ValidationError as error:
            cause = error.__cause__
            if not isinstance(cause, PydanticValidationError):
                raise
            details = cause.errors(include_url=False)
            raise ToolError(message_of(message.name, details, known)) from None
