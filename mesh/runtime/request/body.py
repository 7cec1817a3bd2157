"""The body of a request: what it must be, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from mesh.runtime.request.errors import INVALID_REQUEST, PARSE_ERROR, failure

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope

# The MCP SDK's own limit for `/mcp`; Function URLs end at 6 MB.
MAX_BODY_BYTES = 4 * 1024 * 1024
JSON_TYPE = "application/json"
# No call is anywhere near; parsers are slow, or fail, where brackets are all there is.
MAX_DEPTH = 64
MAX_BRACKETS = 20_000
# A call's arguments may have 100,000 characters, so none has as many values. A million tiny
# values cost a parser several times what text of the same size does.
MAX_VALUES = 50_000
QUOTE, COMMA = b'"', b","
MARKS = b'"[]{},'
OTHERS = bytes(set(range(256)) - set(MARKS))
# Opening brackets as 1, closing ones as -1.
STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What the fast path reads: twice what a call's arguments may hold. FastMCP refuses what is larger.
MAX_FAST_CHARACTERS = 256 * 1024


def too_complex(body: bytes) -> bool:
    """Whether JSON goes deeper than 64 levels, or has too many values.

    The limits are 20,000 objects and arrays, and 50,000 values of all kinds. Takes linear time,
    most of it in C. Text that is no JSON counts as far as a parser would read it.
    """
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH and body.count(COMMA) < MAX_VALUES:
        return False
    # Escaped backslashes first: what then stands behind a backslash is escaped.
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes side by side leave every other character within or outside of a string.
    marks = unescaped.translate(None, OTHERS).replace(QUOTE * 2, b"")
    # Now a mark stands between any two quotes. More than these, outside of strings alone, are
    # too many, or close what was never opened.
    most = 2 * MAX_BRACKETS + MAX_VALUES
    if marks.count(QUOTE) > 2 * (most + 1):
        return True
    outside = b"".join(marks.split(QUOTE)[::2])
    if outside.count(COMMA) >= MAX_VALUES:
        return True
    brackets = outside.translate(None, COMMA)[: 2 * MAX_BRACKETS + 1]
    if brackets.count(b"{") + brackets.count(b"[") > MAX_BRACKETS:
        return True
    steps = memoryview(brackets.translate(STEPS)).cast("b")
    return max(accumulate(steps), default=0) > MAX_DEPTH


def read_text(event: Any) -> str | None:
    """The text of the body for the fast path; None where FastMCP has to read it.

    Args:
        event: One that `mesh.runtime.request.events.read_head` has read.
    """
    text: str = event.get("body") or ""
    if event.get("isBase64Encoded") or len(text) > MAX_FAST_CHARACTERS:
        return None
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return None
    return None if too_complex(encoded) else text.removeprefix("\ufeff")


def _is_json(content_type: str) -> bool:
    return content_type.split(";", maxsplit=1)[0].strip().lower() == JSON_TYPE


def _is_encoded(content_encoding: str) -> bool:
    codings = {coding.strip().lower() for coding in content_encoding.split(",")}
    return not codings <= {"", "identity"}


async def read_body(scope: Scope, receive: Receive) -> bytes | Response:
    """The request's body, or the refusal of one that is no JSON or beyond a limit.

    A missing Content-Type is taken for JSON: nothing else is ever meant here. A byte order mark
    is removed, which RFC 8259 leaves to whoever reads JSON.
    https://www.rfc-editor.org/rfc/rfc8259#section-8.1

    Raises:
        ClientDisconnect: The client left before it had sent everything.
        RefusedError: The event does not hold the body that it says.
    """
    from starlette.datastructures import Headers  # not on the fast path
    from starlette.requests import ClientDisconnect  # not on the fast path

    headers = Headers(scope=scope)
    if not _is_json(headers.get("content-type") or JSON_TYPE):
        return failure(415, INVALID_REQUEST, "Send the body with Content-Type: application/json.")
    if _is_encoded(headers.get("content-encoding", "")):
        # https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
        return failure(
            415,
            INVALID_REQUEST,
            "This server does not read compressed bodies. Send the JSON as it is, without "
            "Content-Encoding.",
            {"accept-encoding": "identity"},
        )
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
    body = b"".join(chunks).removeprefix(BYTE_ORDER_MARK)
    if not _is_utf8(body):
        return failure(400, PARSE_ERROR, "The body is not JSON in UTF-8.")
    if too_complex(body):
        return failure(
            400,
            PARSE_ERROR,
            f"The body is nested beyond {MAX_DEPTH} levels, or has more than {MAX_BRACKETS:,} "
            f"objects and arrays or {MAX_VALUES:,} values. These are the limits.",
        )
    return body


def _is_utf8(body: bytes) -> bool:
    """Whether it can be JSON in UTF-8: a NUL is of an encoding that some parsers guess."""
    if b"\0" in body:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded(body: bytes) -> Any:
    """The JSON value of a body that `read_body` gave; of two equal names in it the last counts.

    Raises:
        ValueError: It is not JSON, or has half of a surrogate pair, which no UTF-8 holds.
    """
    # A third of the time of the standard library's where there are many small values.
    import pydantic_core  # not on the fast path

    return pydantic_core.from_json(body, cache_strings=False)


def replay(read: Callable[[], bytes], receive: Receive) -> Receive:
    """A `receive` that gives a whole body first, and then what comes after it.

    Args:
        read: Gives the body; called when somebody asks for it, once.
        receive: Called for what comes after the body.
    """
    unread = [read]

    async def receive_again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop()(), "more_body": False}
        return await receive()

    return receive_again
