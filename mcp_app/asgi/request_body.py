"""Reading a whole request body within a limit."""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.types import Receive

# The MCP SDK's own limit for `/mcp`; Function URLs end at 6 MB.
MAX_BODY_BYTES = 4 * 1024 * 1024


class BodyTooLargeError(Exception):
    """The body is larger than 4 MiB."""


async def read_body(receive: Receive) -> bytes:
    """The request's body.

    Raises:
        BodyTooLargeError: over 4 MiB.
        ClientDisconnect: the client left before it had sent everything.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise BodyTooLargeError
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)
