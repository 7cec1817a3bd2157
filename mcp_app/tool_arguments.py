"""What callers give to tools: the original server's names, and errors that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import mcp_types
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from pydantic import ValidationError as PydanticValidationError
from pydantic_core import ErrorDetails

# Of a value that does not fit: enough to recognise it by.
LIMIT_SHOWN = 40
# Of all that does not fit in one call.
LIMIT_FAULTS = 5


def snake_case(name: str) -> str:
    """`maxResults` as `max_results`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def renamed(given: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The arguments, those in camelCase under the tool's own snake_case names.

    A name that the tool does not know, or that is given under both names, stays as it is.
    """
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        snake = name if name in known else snake_case(name)
        arguments[snake if snake in known - given.keys() else name] = value
    return arguments


def _said(error: ErrorDetails, known: frozenset[str]) -> str:
    """One thing that is wrong, with the value and what fits."""
    name = ".".join(map(str, error["loc"])) or "arguments"
    if error["type"] == "unexpected_keyword_argument":
        takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        return f"{name[:LIMIT_SHOWN]}: there is no such argument. {takes}"
    if error["type"] == "missing_argument":
        return f"{name}: it is missing."
    given = _shown(error["input"])
    return f"{name}: {error['msg']}; given was {given}."


def _shown(value: Any) -> str:
    """The value as Python writes it, cut off; what is not shown is not written either."""
    shown = ""
    for piece in _pieces(value):
        shown += piece
        if len(shown) > LIMIT_SHOWN:
            return f"{shown[:LIMIT_SHOWN]}..."
    return shown


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for place, (name, one) in enumerate(value.items()):
            yield ", " if place else ""
            yield from _pieces(name)
            yield ": "
            yield from _pieces(one)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, one in enumerate(value):
            yield ", " if place else ""
            yield from _pieces(one)
        yield "]"
    else:
        # One character more than is shown: then the rest is seen to be missing.
        yield ascii(value[: LIMIT_SHOWN + 1] if isinstance(value, str) else value)


class ToolArguments(Middleware):
    """Takes the original server's camelCase argument names, and says what does not fit.

    Args:
        parameters: Each tool's parameter names.
    """

    def __init__(self, parameters: Mapping[str, frozenset[str]]) -> None:
        self._parameters = parameters

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
        known = self._parameters.get(message.name, frozenset())
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
            wrong = [_said(detail, known) for detail in details[:LIMIT_FAULTS]]
            if len(details) > LIMIT_FAULTS:
                wrong.append(f"And {len(details) - LIMIT_FAULTS} more.")
            raise ToolError(f"{message.name}: {' '.join(wrong)}") from None
