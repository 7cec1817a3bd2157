"""FastMCP's tools: a call that the fast path has made is not made again, and none ends the process.

FastMCP has no hook around a tool's function alone, so its own method is replaced; whatever kind of
server a tool belongs to, and wherever that is mounted. What a tool cannot ask of its client here
is refused with a remedy.
"""

from __future__ import annotations

from typing import Any

from fastmcp import Context
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_context
from fastmcp.tools.function_tool import FunctionTool, _ToolBodyError
from mcp.shared.exceptions import NoBackChannelError
from mcp_types import InputRequiredResult
from pydantic import ValidationError as PydanticValidationError

from mesh.runtime.server import call_outcome
from mesh.runtime.server.exits import contained_exits

NO_BACK_CHANNEL = (
    "This tool asks its client ({method}) in the middle of a call. That is not possible here: the "
    "reply could reach another instance. Its author can return an InputRequiredResult instead; "
    "docs/how-to/write-tools.md of Mesh has an example."
)
TOO_OLD = (
    "This tool asks its client for more, with an InputRequiredResult. That takes protocol "
    "2026-07-28, and this client speaks {version}."
)

_own_elicit = Context.elicit
_own_run_body = FunctionTool._run_body  # noqa: SLF001 - as said above


async def _run_body(self: FunctionTool, *given: Any, **named: Any) -> Any:
    """What the function gives, or gave.

    Raises:
        Exception: whatever it raises, or raised.
    """
    outcome = call_outcome.take(self.name)
    if outcome is not None:
        try:
            return outcome()
        except PydanticValidationError as error:
            # The arguments fitted. FastMCP tells an error of the function from one of the
            # arguments by this class.
            raise _ToolBodyError(str(error)) from error
    try:
        with contained_exits():
            result = await _own_run_body(self, *given, **named)
    except NoBackChannelError as error:
        raise ToolError(NO_BACK_CHANNEL.format(method=error.method)) from error
    if isinstance(result, InputRequiredResult):
        _check_client()
    return result


def _check_client() -> None:
    """Refuse to ask a client that would not understand it.

    Raises:
        ToolError: it speaks an earlier protocol.
    """
    context = get_context()
    request = context.request_context
    if request is not None and not context._is_modern_protocol():  # noqa: SLF001 - as FastMCP asks
        raise ToolError(TOO_OLD.format(version=request.protocol_version))


async def _elicit(self: Context, *given: Any, **named: Any) -> Any:
    """FastMCP's own, which refuses clients of the newest protocol without a remedy.

    Raises:
        NoBackChannelError: the client cannot be asked.
    """
    if self._is_modern_protocol():
        raise NoBackChannelError("elicitation/create")
    return await _own_elicit(self, *given, **named)


def guard() -> None:
    """Have all tools of this process called so."""
    FunctionTool._run_body = _run_body  # type: ignore[method-assign]  # noqa: SLF001 - as said above
    Context.elicit = _elicit  # type: ignore[method-assign]
