"""The response to one invocation, streamed: whichever way makes it, in one piece or in many.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import json
from binascii import b2a_base64

from mesh.runtime.streaming.runtime_api import (
    ERROR_TYPE,
    Connection,
    Invocation,
    ResponseLostError,
    RuntimeApi,
    error_body,
)

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
HEADERS = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
}
END_OF_PRELUDE = bytes(8)
ACCEPTED = 202
EVENTS = "text/event-stream"


def chunk(data: bytes) -> list[bytes]:
    """Some of a body, as it is sent."""
    return [b"%x\r\n" % len(data), data, b"\r\n"] if data else []


def ending(trailers: Mapping[str, str] | None = None) -> bytes:
    """The end of a body, as it is sent."""
    lines = [f"{name}: {value}" for name, value in (trailers or {}).items()]
    return "\r\n".join(["0", *lines, "", ""]).encode("latin-1")


def error_trailers(error_type: str, message: str) -> dict[str, str]:
    """What says that a response which has started is not whole."""
    encoded = b2a_base64(error_body(error_type, message), newline=False).decode()
    return {ERROR_TYPE: error_type, ERROR_BODY: encoded}


class Response:
    """A response; nothing of it is sent before it begins.

    Args:
        api: Where it goes.
        invocation: What it answers.

    Attributes:
        connection: What it goes over, once it has started.
        events: Whether it has started as an event stream.
        over: Whether its end is on its way, or nobody takes it any more.
    """

    def __init__(self, api: RuntimeApi, invocation: Invocation) -> None:
        self.api = api
        self.invocation = invocation
        self.connection: Connection | None = None
        self.events = False
        self.over = False

    def opening(self, prelude: Mapping[str, Any]) -> bytes:
        """The head of a response that begins now, as it is sent.

        Args:
            prelude: `statusCode`, `headers` and perhaps `cookies`.

        Raises:
            ResponseLostError: the Runtime API is not there.
        """
        self.connection = self.api.connected()
        self.events = prelude["headers"].get("content-type") == EVENTS
        path = f"/invocation/{self.invocation.aws_request_id}/response"
        head = self.connection.head("POST", path, HEADERS)
        return b"".join([head, *chunk(json.dumps(prelude).encode() + END_OF_PRELUDE)])

    def reply(self, reply: dict[str, Any]) -> None:
        """Answer with a whole Function URL response; nothing once it is over.

        Of a response that has started as an event stream, it is the last event.
        """
        if self.over:
            return
        body = reply["body"]
        opening = b""
        try:
            if self.connection is None:
                opening = self.opening(prelude(reply["statusCode"], reply["headers"].items()))
            elif reply["headers"].get("content-type") != EVENTS:
                body = event(body)
            self.over = True
            size, *rest = [*chunk(body.encode()), ending()]
            self._send(opening + size, *rest)
            self.accepted()
        except ResponseLostError:
            self.lose()

    def comment(self, headers: Mapping[str, str], text: bytes = b"") -> None:
        """Begin an event stream, unless it has started, with a comment or without."""
        if self.over:
            return
        try:
            opening = b""
            if self.connection is None:
                opening = self.opening(prelude(200, headers.items()))
            self._send(opening + b"".join(chunk(text)))
        except ResponseLostError:
            self.lose()

    def fail(self, error_type: str, message: str) -> None:
        """End with an error, whatever was sent so far; nothing once it is over."""
        if self.over:
            return
        self.over = True
        try:
            if self.connection is None:
                place = f"/invocation/{self.invocation.aws_request_id}/error"
                self.api.fail(place, error_type, message)
            else:
                self._send(ending(error_trailers(error_type, message)))
                self.accepted()
        except ResponseLostError:
            self.lose()

    def lose(self) -> None:
        """Leave a response that nobody takes."""
        self.over = True
        self.api.disconnect()

    def accepted(self) -> None:
        """Wait until the Runtime API has taken the end.

        Raises:
            ResponseLostError: it was not taken.
        """
        assert self.connection is not None  # noqa: S101 - it has started
        status, headers, _ = self.connection.answer()
        if status != ACCEPTED:
            raise ResponseLostError(f"the response was refused: status {status}")
        if headers.get("connection", "").lower() == "close":
            self.api.disconnect()

    def _send(self, *parts: bytes) -> None:
        assert self.connection is not None  # noqa: S101 - it has started
        self.connection.send(parts)


def event(message: str) -> str:
    """A server-sent event."""
    return f"event: message\r\ndata: {message}\r\n\r\n"


def prelude(status: int, headers: Any) -> dict[str, Any]:
    """Status and headers as a Function URL wants them before the body.

    https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html

    Args:
        status: HTTP's.
        headers: Pairs of name and value, in text.
    """
    kept: dict[str, str] = {}
    cookies: list[str] = []
    for given, value in headers:
        name = given.lower()
        if name == "set-cookie":
            cookies.append(value)
        # The body goes out in chunks, whatever its length.
        elif name != "content-length":
            kept[name] = f"{kept[name]},{value}" if name in kept else value
    head: dict[str, Any] = {"statusCode": status, "headers": kept}
    return head | {"cookies": cookies} if cookies else head
