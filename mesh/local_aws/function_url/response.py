"""The response a Function URL makes of what a function returned.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from mesh.local_aws.http_server import Response

JSON_TYPE = ("content-type", "application/json")
# AWS sends its own of these, and the function's under another name. Seen on live Function
# URLs for WWW-Authenticate too: a client never sees a challenge.
REMAPPED = {
    "connection": "x-amzn-remapped-connection",
    "content-length": "x-amzn-remapped-content-length",
    "date": "x-amzn-remapped-date",
    "server": "x-amzn-remapped-server",
    "www-authenticate": "x-amzn-remapped-www-authenticate",
}
DROPPED = frozenset({"transfer-encoding", "keep-alive", "upgrade"})


# The content type of a streamed response that says its own status and headers first.
INTEGRATION_TYPE = "application/vnd.awslambda.http-integration-response"
END_OF_PRELUDE = bytes(8)
# Not documented; Lambda's own limit for headers is lower.
PRELUDE_LIMIT_BYTES = 64 * 1024


class BadShapeError(Exception):
    """The function's result cannot be made a response; the message says why."""


def build_response(payload: bytes) -> Response:
    """The response for a result.

    Without a `statusCode` the whole result is the body of a 200, as JSON.

    Raises:
        BadShapeError: a status, header or body of the wrong type.
    """
    try:
        result = json.loads(payload)
    except ValueError as error:
        raise BadShapeError(f"the result is no JSON: {error}") from error
    if not isinstance(result, dict) or "statusCode" not in result:
        return Response(200, [JSON_TYPE], payload)
    return Response(_status(result), _headers(result), _body(result))


def build_collected_response(payload: bytes, content_type: str) -> Response:
    """The response of a function in streaming mode, behind a URL in mode BUFFERED.

    That its prelude is understood there too is not in AWS's documents; LocalStack does the same.

    Raises:
        BadShapeError: the prelude is missing or wrong.
    """
    if content_type != INTEGRATION_TYPE:
        return Response(200, [("content-type", content_type)], payload)
    prelude, mark, body = payload.partition(END_OF_PRELUDE)
    if not mark:
        raise BadShapeError("the prelude has no end")
    return replace(build_streamed_response(prelude), body=body)


def build_streamed_response(prelude: bytes) -> Response:
    """Status and headers of a streamed response, from its prelude; the body is to come.

    Raises:
        BadShapeError: a status or header of the wrong type.
    """
    try:
        result = json.loads(prelude)
    except ValueError as error:
        raise BadShapeError(f"the prelude is no JSON: {error}") from error
    if not isinstance(result, dict):
        raise BadShapeError("the prelude is no object")
    return Response(
        _status({"statusCode": 200} | result), _headers(result, "application/octet-stream")
    )


async def read_prelude(chunks: AsyncGenerator[bytes]) -> tuple[Response, bytes]:
    """Status and headers of a streamed response, and what came with them of the body.

    Raises:
        BadShapeError: the prelude has no end, or is wrong.
        BrokenTransferError: the function failed before its first byte.
    """
    read = b""
    async for chunk in chunks:
        read += chunk
        prelude, mark, body = read.partition(END_OF_PRELUDE)
        if mark:
            return build_streamed_response(prelude), body
        if len(read) > PRELUDE_LIMIT_BYTES:
            break
    raise BadShapeError(f"the prelude has no end within {PRELUDE_LIMIT_BYTES} bytes")


def error_response(status: int, message: str, *, error_type: str) -> Response:
    """An error of Lambda itself, in its words."""
    body = json.dumps({"Message": message}).encode()
    return Response(status, [JSON_TYPE, ("x-amzn-errortype", error_type)], body)


def internal_error() -> Response:
    """What a client sees of any failure of the function: 502, and no detail."""
    return Response(502, [JSON_TYPE], b"Internal Server Error")


def _status(result: dict[str, Any]) -> int:
    status = result["statusCode"]
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:  # noqa: PLR2004 - HTTP's own limits
        raise BadShapeError(f"statusCode is {status!r}, not a number from 200 to 599")
    return status


def _headers(
    result: dict[str, Any], content_type: str = "application/json"
) -> list[tuple[str, str]]:
    given = result.get("headers")
    cookies = result.get("cookies")
    if not isinstance(given, dict | None):
        raise BadShapeError(f"headers is of type {type(given).__name__}, not an object")
    if not isinstance(cookies, list | None):
        raise BadShapeError(f"cookies is of type {type(cookies).__name__}, not a list")
    headers: list[tuple[str, str]] = []
    for name, value in (given or {}).items():
        if not isinstance(value, str | int | float):
            raise BadShapeError(f"header {name} is of type {type(value).__name__}, not a string")
        lower = str(name).lower()
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if lower not in DROPPED:
            headers.append((REMAPPED.get(lower, str(name)), shown))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    headers += [("set-cookie", str(cookie)) for cookie in cookies or []]
    if any(not _sendable(name, value) for name, value in headers):
        raise BadShapeError("a header holds characters that HTTP does not allow")
    return headers


def _sendable(name: str, value: str) -> bool:
    try:
        f"{name}{value}".encode("latin-1")
    except UnicodeEncodeError:
        return False
    return name != "" and not {"\r", "\n", "\0"} & {*name, *value}


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        # Not documented; AWS sends objects as JSON.
        return json.dumps(body).encode()
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise BadShapeError(f"isBase64Encoded is true and body is no base64: {error}") from error
