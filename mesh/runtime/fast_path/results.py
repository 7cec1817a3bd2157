"""Writes what a tool gave as FastMCP does, with Pydantic's own serializers.

This follows `fastmcp.tools.base.Tool.convert_result`, step by step. What it cannot write in the
same way raises `NotWrittenError`; FastMCP then writes it. A tool that raised an error never runs
again: it may have asked, and paid for, other services.
"""

from __future__ import annotations

import json
import logging
import sys
from functools import partial

from mesh.runtime.deferral.recorder import is_recorder
from mesh.runtime.fast_path.plain_results import NotPlainError, plain
from mesh.runtime.fast_path.replies import dumps

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# As FastMCP configures them: what is no JSON shows, instead of becoming null.
CONFIG = {"ser_json_inf_nan": "constants"}
# Where the classes are defined whose objects are written in ways of their own, if they are there.
CONTENT = (
    ("fastmcp.tools.base", ("ToolResult",)),
    ("fastmcp.utilities.types", ("Audio", "File", "Image")),
    ("mcp_types", ("CallToolResult", "ContentBlock", "InputRequiredResult")),
)

# Whichever way a call went, the log says the same of it.
logger = logging.getLogger("fastmcp.server.server")

TOO_MANY_REQUESTS = 429
EXCEPTIONS = "fastmcp.exceptions"


class NotWrittenError(Exception):
    """FastMCP has to write it.

    Args:
        serialized: What Pydantic has made of it so far; see `mesh.runtime.server.call_outcome`.
    """

    def __init__(self, serialized: dict[str, Callable[[], Any]] | None = None) -> None:
        super().__init__()
        self.serialized = serialized or {}


class OwnWayError(Exception):
    """An error of FastMCP's own, which it answers in a way of its own."""


class Results:
    """Writes the results of one tool.

    Args:
        core: pydantic-core's extension.
        schema: The core schema of its return type; None where that says nothing.
        structured: Whether the tool has an output schema.
        wrapped: Whether FastMCP wraps what it gives in an object.
    """

    def __init__(self, core: Any, schema: Any, *, structured: bool, wrapped: bool) -> None:
        self._core = core
        self._schema = schema
        # Made when a value needs them: of whatever JSON there is, and of the return type.
        self._anything: Any = None
        self._returns: Any = None
        self._structured = structured
        self._wrapped = wrapped

    def written(self, value: Any, meta: str | None, *, pythons: bool) -> str:
        """The `result` of a call, in JSON.

        Args:
            value: What the tool gave.
            meta: What the protocol's era adds to a result, in JSON; None for nothing.
            pythons: Whether Python writes numbers there, and not Pydantic.

        Raises:
            NotWrittenError: FastMCP has to write it.
        """
        if _is_content(value):
            raise NotWrittenError
        serialized: dict[str, Callable[[], Any]] = {}
        try:
            made = plain(value, self._schema)
            structured = dumps(made)
            _encodable(structured)
            text = None if made is None or made == [] else structured
            text = structured if type(made) is str else text and dumps(text)
        except (NotPlainError, ValueError, AttributeError, RecursionError, NotWrittenError):
            made, text, structured = self._serialized(value, serialized, pythons=pythons)
        if self._structured and not self._wrapped and not (made is None or type(made) is dict):
            raise NotWrittenError(serialized)
        return self._result(made, text, structured, meta)

    def _serialized(
        self, value: Any, serialized: dict[str, Callable[[], Any]], *, pythons: bool
    ) -> tuple[Any, str | None, str]:
        """The value as JSON has it, the text that stands for it, and itself in JSON.

        What an author's code had a part in goes into `serialized`, too.

        Raises:
            NotWrittenError: FastMCP has to write it.
        """
        if self._anything is None:
            make = self._core.SchemaSerializer
            self._anything = make({"type": "any"})
            self._returns = make(self._schema or {"type": "any"}, CONFIG)
        try:
            # FastMCP makes the text of the value before it looks at the type: that may fail.
            self._text(value, serialized)
            payload = _noted(serialized, "payload", lambda: self._returns.to_json(value))
            made = json.loads(payload, parse_constant=_refuse_constant)
            text = self._text(made)
            structured = dumps(made) if pythons else self._anything.to_json(made).decode()
        except Exception as error:
            raise NotWrittenError(serialized) from error
        return made, text, structured

    def _text(
        self, value: Any, serialized: dict[str, Callable[[], Any]] | None = None
    ) -> str | None:
        """The text that stands for a value; None for no text."""
        if value is None or (isinstance(value, (list, tuple)) and not value):
            return None
        if isinstance(value, str):
            return dumps(_encodable(str.__str__(value)))
        notes = {} if serialized is None else serialized
        text = _noted(notes, "text", lambda: self._anything.to_json(value, fallback=str).decode())
        return dumps(_encodable(text))

    def _result(self, made: Any, text: str | None, structured: str, meta: str | None) -> str:
        block = "" if text is None else f'{{"text":{text},"type":"text"}}'
        parts = [f'"content":[{block}]', '"isError":false']
        own_meta = ""
        if self._wrapped:
            structured = f'{{"result":{structured}}}'
            own_meta = '"fastmcp":{"wrap_result":true}'
        if meta is not None:
            parts.append('"resultType":"complete"')
        if self._wrapped or type(made) is dict:
            parts.append(f'"structuredContent":{structured}')
        metas = ",".join(one for one in (own_meta, meta) if one)
        if metas:
            # The era's is put at the end, or into the tool's own, which stands first.
            parts.insert(0 if own_meta else len(parts), f'"_meta":{{{metas}}}')
        return f"{{{','.join(parts)}}}"


def failed(message: str, meta: str | None) -> str:
    """The `result` of a call that failed, in JSON.

    Raises:
        NotWrittenError: FastMCP has to write it.
    """
    block = f'{{"text":{dumps(_encodable(message))},"type":"text"}}'
    era = "" if meta is None else f',"resultType":"complete","_meta":{{{meta}}}'
    return f'{{"content":[{block}],"isError":true{era}}}'


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotWrittenError from None
    return text


def _noted(
    serialized: dict[str, Callable[[], Any]], what: str, serialize: Callable[[], Any]
) -> Any:
    """What Pydantic makes of a value; noted, whether it fails or not."""
    try:
        made = serialize()
    except Exception as error:
        serialized[what] = partial(_fail, error)
        raise
    serialized[what] = lambda: made
    return made


def _fail(error: Exception) -> None:
    raise error


def _refuse_constant(name: str) -> None:
    """FastMCP says where in the result NaN or an infinity is."""
    raise ValueError(name)


def _is_content(value: Any) -> bool:
    """Whether it is, or holds, what FastMCP writes in a way of its own."""
    if "prefab_ui" in sys.modules or isinstance(value, bytes):
        return True
    items = value if isinstance(value, (list, tuple)) else ()
    if is_recorder(value) or any(map(is_recorder, items)):
        return True
    for module, names in CONTENT:
        if module in sys.modules:
            kinds = tuple(getattr(sys.modules[module], name) for name in names)
            if isinstance(value, kinds) or any(isinstance(item, kinds) for item in items):
                return True
    return False


def said(tool: str, error: Exception) -> str:
    """The text of a failed call's result, after a line in the log.

    The text of an error is for the caller where the tool raised a `ToolError`; of any other,
    it may quote arguments or internals.

    Args:
        tool: Its name.
        error: What it raised.

    Raises:
        OwnWayError: FastMCP has to log and to answer it.
    """
    message = f"Error calling tool {tool!r}"
    if _is_fastmcps(error):
        kinds = sys.modules.get(EXCEPTIONS)
        if kinds is None or not isinstance(error, kinds.ToolError) or not _is_encodable(error):
            raise OwnWayError
        logger.log(error.log_level, message)
        return str(error)
    status = _status(error)
    logger.error(message, exc_info=error if status is None else None)
    if status == TOO_MANY_REQUESTS:
        return "Rate limited by upstream API, please retry later"
    if _is_of_http_client(error, "TimeoutException"):
        return "Upstream request timed out, please retry"
    return message


def _is_fastmcps(error: Exception) -> bool:
    """Whether its class, or one that it inherits from, is FastMCP's or the SDK's."""
    return any(
        one.__module__.partition(".")[0] in {"fastmcp", "mcp", "mcp_types"}
        for one in type(error).__mro__
    )


def _is_encodable(error: Exception) -> bool:
    try:
        str(error).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_of_http_client(error: Exception, name: str) -> bool:
    """Whether it is such an exception of httpx, whichever of its packages it is of."""
    return any(
        one.__module__.partition(".")[0] in {"httpx", "httpx2"} and one.__name__ == name
        for one in type(error).__mro__
    )


def _status(error: Exception) -> int | None:
    """The HTTP status of another service's answer, where an HTTP client raised it."""
    if not _is_of_http_client(error, "HTTPStatusError"):
        return None
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None
