"""FastMCP's tools: a call that the fast path has made is not made again, and none ends the process.

FastMCP has no hooks around a tool's function and around its result's serializers, so its own
functions are replaced; whatever kind of
server a tool belongs to, and wherever that is mounted. What a tool cannot ask of its client here
is refused with a remedy.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastmcp import Context
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_context
from fastmcp.tools import base
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
_own_serialize = base.default_serializer
# FastMCP 4.2 takes JSON from the one, 4.1 plain values from the other.
_own_json_serializer = getattr(base, "_get_json_serializer", None)
_own_jsonable = getattr(base, "_serialize_to_jsonable", None)
_own_run_body = FunctionTool._run_body  # noqa: SLF001 - as said above


async def _run_body(self: FunctionTool, *given: Any, **named: Any) -> Any:
    """What the function gives, or gave.

    Raises:
        Exception: whatever it raises, or raised.
    """
    outcome = call_outcome.take(self.name)
    if outcome is not None:
        if outcome.invalid is not None:
            adapter: Any = _Invalid(outcome.invalid)
            return await _own_run_body(self, adapter, *given[1:], **named)
        try:
            return outcome.result()
        except asyncio.CancelledError:
            # It cancelled the task that it ran in: here, this one.
            task = asyncio.current_task()
            if task is not None:
                task.cancel()
            await asyncio.sleep(0)
            raise
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


class _Invalid:
    """In place of a tool's `TypeAdapter`: the arguments have been found not to fit.

    Args:
        error: Pydantic's.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error

    def validate_python(self, *_given: Any, **_named: Any) -> Any:
        """Raise the error."""
        raise self._error

    validate_json = validate_python


def _serialize(data: Any) -> str:
    """The text of a result, or the one that has been made of it."""
    made = call_outcome.serialized("text", data)
    return str(_own_serialize(data) if made is None else made())


class _Serializer:
    """A serializer that is not asked twice for one result.

    Args:
        own: FastMCP's.
    """

    def __init__(self, own: Any) -> None:
        self._own = own

    def to_json(self, data: Any) -> Any:
        """The result in JSON, or what has been made of it."""
        made = call_outcome.serialized("payload", data)
        return self._own.to_json(data) if made is None else made()


def _json_serializer(annotation: Any) -> Any:
    return _Serializer(_own_json_serializer(annotation))  # type: ignore[misc]


def _jsonable(data: Any, *annotation: Any) -> Any:
    """A result as JSON has it, or what has been made of it."""
    made = call_outcome.serialized("payload", data)
    return _own_jsonable(data, *annotation) if made is None else json.loads(made())  # type: ignore[misc]


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
    base.default_serializer = _serialize
    if _own_json_serializer:
        base._get_json_serializer = _json_serializer  # type: ignore[assignment]  # noqa: SLF001 - as said above
    else:
        base._serialize_to_jsonable = _jsonable  # type: ignore[assignment]  # noqa: SLF001 - as said above
