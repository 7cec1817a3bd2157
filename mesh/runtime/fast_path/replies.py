"""Function URL responses, with the headers that FastMCP and Starlette would give them."""

from __future__ import annotations

import json
import re

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JSON_HEADERS = {"content-type": "application/json"}
# https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
STREAM_HEADERS = {
    "cache-control": "no-cache, no-transform",
    "connection": "keep-alive",
    "content-type": "text/event-stream",
    "x-accel-buffering": "no",
}

# Made once: `json.dumps` makes one for each value that it writes in a way of its own.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

type Reply = dict[str, Any]


def reply(status: int, body: str, headers: dict[str, str]) -> Reply:
    """A response with its length."""
    length = str(len(body.encode()))
    return _response(status, body, {**headers, "content-length": length})


def event_stream(message: str) -> Reply:
    """A stream of one message."""
    return _response(200, f"event: message\r\ndata: {message}\r\n\r\n", {**STREAM_HEADERS})


def answer(request_id: str, result: str, *, streamed: bool) -> Reply:
    """A JSON-RPC result, both parts in JSON."""
    message = f'{{"jsonrpc":"2.0","id":{request_id},"result":{result}}}'
    return event_stream(message) if streamed else reply(200, message, JSON_HEADERS)


def accepted() -> Reply:
    """The answer to a notification."""
    return reply(202, "", JSON_HEADERS)


def document(content: Any, headers: dict[str, str]) -> Reply:
    """A JSON document."""
    return reply(200, dumps(content), {**JSON_HEADERS, **headers})


def failure(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """An HTTP error, as `mesh.runtime.request.errors.failure` gives it."""
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return reply(status, dumps(body), {**JSON_HEADERS, **(headers or {})})


def dumps(content: Any) -> str:
    """JSON as Starlette writes it."""
    return _ENCODER.encode(content)


def in_ascii(text: str) -> str:
    """The same JSON with only the characters that Python's `json.dumps` does not escape."""
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub(r"[^\x00-\x7e]+", lambda found: json.dumps(found[0])[1:-1], text)


def _response(status: int, body: str, headers: dict[str, str]) -> Reply:
    return {"statusCode": status, "body": body, "headers": headers, "isBase64Encoded": False}
