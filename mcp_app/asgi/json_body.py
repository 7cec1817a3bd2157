"""What the body of a request must be: declared as JSON, and within a limit."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from mcp_app.asgi.failures import INVALID_REQUEST, failure

# The MCP SDK's own limit for `/mcp`; Function URLs end at 6 MB.
MAX_BODY_BYTES = 4 * 1024 * 1024


async def read_body(scope: Scope, receive: Receive) -> bytes | Response:
    """The request's body, or the refusal of one that is no JSON or over 4 MiB.

    A missing Content-Type is taken for JSON: nothing else is ever meant here.

    Raises:
        ClientDisconnect: the client left before it had sent everything.
    """
    declared = Headers(scope=scope).get("content-type") or "application/json"
    if declared.split(";")[0].strip().lower() != "application/json":
        return failure(415, INVALID_REQUEST, "Send the body with Content-Type: application/json.")
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
            limit = f"{MAX_BODY_BYTES:,} bytes"
            return failure(413, INVALID_REQUEST, f"The body is larger than {limit}, the limit.")
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body already read once more, and then what comes after it."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return unread.pop() if unread else await receive()

    return receive_again
