"""What the body of a request must be: declared as JSON, and within a limit."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from mcp_app.asgi.failures import INVALID_REQUEST, PARSE_ERROR, failure

# The MCP SDK's own limit for `/mcp`; Function URLs end at 6 MB.
MAX_BODY_BYTES = 4 * 1024 * 1024
# No call is anywhere near; parsers are slow, or fail, where brackets are all there is.
MAX_DEPTH = 64
MAX_BRACKETS = 20_000
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def too_nested(body: bytes) -> bool:
    """Whether JSON goes deeper than 64 levels, or has more than 20,000 objects and arrays."""
    opened = body.count(b"{") + body.count(b"[")
    if opened <= MAX_DEPTH:
        return False
    depth = opened = 0
    for found in STRING_OR_BRACKET.finditer(body):
        first = found[0][:1]
        if first in b"[{":
            depth += 1
            opened += 1
            if depth > MAX_DEPTH or opened > MAX_BRACKETS:
                return True
        elif first != b'"':
            depth -= 1
    return False


async def read_body(scope: Scope, receive: Receive) -> bytes | Response:
    """The request's body, or the refusal of one that is no JSON or beyond a limit.

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
    body = b"".join(chunks)
    if too_nested(body):
        limit = f"{MAX_DEPTH} levels or {MAX_BRACKETS:,} objects and arrays"
        return failure(400, PARSE_ERROR, f"The body is nested beyond {limit}, the limit.")
    return body


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body already read once more, and then what comes after it."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return unread.pop() if unread else await receive()

    return receive_again
