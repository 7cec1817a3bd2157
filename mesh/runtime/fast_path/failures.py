"""What a caller is told, and the log, of a tool that raised: as FastMCP does it, once.

The tool is not called again for it: it may have asked, and paid for, other services.
"""

from __future__ import annotations

import logging
import sys

# Whichever way a call went, the log says the same of it.
logger = logging.getLogger("fastmcp.server.server")

TOO_MANY_REQUESTS = 429
EXCEPTIONS = "fastmcp.exceptions"


class OwnWayError(Exception):
    """An error of FastMCP's own, which it answers in a way of its own."""


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
