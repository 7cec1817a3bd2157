"""Lambda's Runtime API, for a runtime that streams its answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

PREFIX = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
JSON = ("Content-Type", "application/json")
INTEGRATION = "application/vnd.awslambda.http-integration-response"
END_OF_PRELUDE = bytes(8)
READ_BYTES = 256 * 1024


class RuntimeApiError(Exception):
    """The Runtime API did not answer as it should; this runtime cannot go on."""


class ResponseLostError(Exception):
    """Nobody takes the response any more: the Runtime API has left the connection."""


@dataclass(frozen=True)
class Invocation:
    """One invocation; also the `aws.context` of its request.

    Attributes:
        aws_request_id: Its id, in the log and in errors.
        invoked_function_arn: With the alias or version that was asked for.
        trace_id: X-Ray's, for `_X_AMZN_TRACE_ID`.
        deadline_ms: When Lambda ends it, in milliseconds since 1970.
        payload: The event, in JSON.
    """

    aws_request_id: str
    invoked_function_arn: str
    trace_id: str
    deadline_ms: int
    payload: bytes

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends it."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class Connection:
    """One HTTP/1.1 connection to the Runtime API, one exchange after the other."""

    def __init__(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, address: str) -> Connection:
        """Connect to `AWS_LAMBDA_RUNTIME_API`, a host with a port."""
        host, _, port = address.rpartition(":")
        return cls(address, *await asyncio.open_connection(host, int(port)))

    @property
    def reusable(self) -> bool:
        """Whether the last exchange is complete on both sides, so that another may begin."""
        states = {self._http.our_state, self._http.their_state}
        return states <= {h11.IDLE, h11.DONE}

    def close(self) -> None:
        """Leave at once."""
        self._writer.transport.abort()

    async def begin(self, method: str, path: str, headers: Sequence[tuple[str, str]]) -> None:
        """Send a request's head."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        lines = [("Host", self._host), *headers]
        await self._send(h11.Request(method=method, target=PREFIX + path, headers=lines))

    async def write(self, data: bytes) -> None:
        """Send some of the body, and wait while the other side takes no more."""
        await self._send(h11.Data(data=data))

    async def end(self, trailers: Sequence[tuple[str, str]] = ()) -> None:
        """End the request."""
        await self._send(h11.EndOfMessage(headers=list(trailers)))

    async def answer(self) -> tuple[h11.Response, bytes]:
        """Read the response.

        Raises:
            ResponseLostError: the connection ended before it.
        """
        response: h11.Response | None = None
        body: list[bytes] = []
        while True:
            try:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await self._reader.read(READ_BYTES))
                    continue
            except (OSError, h11.RemoteProtocolError) as error:
                raise ResponseLostError(str(error)) from error
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return response, b"".join(body)
            else:
                raise ResponseLostError("the connection ended without an answer")

    async def _send(self, event: h11.Event) -> None:
        try:
            self._writer.write(self._http.send(event) or b"")
            await self._writer.drain()
        except (OSError, h11.LocalProtocolError) as error:
            raise ResponseLostError(str(error)) from error


class RuntimeApi:
    """Asks for invocations and answers them.

    Args:
        address: `AWS_LAMBDA_RUNTIME_API`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Connection | None = None

    async def next(self) -> Invocation:
        """The next invocation; waits for it as long as Lambda likes.

        Raises:
            RuntimeApiError: there will be none.
        """
        connection = await self._connect()
        try:
            await connection.begin("GET", "/invocation/next", [])
            await connection.end()
            response, payload = await connection.answer()
        except ResponseLostError as error:
            raise RuntimeApiError(f"no next invocation: {error}") from error
        if response.status_code != HTTPStatus.OK:
            raise RuntimeApiError(f"no next invocation: status {response.status_code}")
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return Invocation(
            aws_request_id=headers["lambda-runtime-aws-request-id"],
            invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn", ""),
            trace_id=headers.get("lambda-runtime-trace-id", ""),
            deadline_ms=int(headers["lambda-runtime-deadline-ms"]),
            payload=payload,
        )

    async def restored(self) -> None:
        """Wait until this instance has been restored from its snapshot, where it is to be one.

        Raises:
            RuntimeApiError: it will not be.
        """
        connection = await self._connect()
        try:
            await connection.begin("GET", "/restore/next", [])
            await connection.end()
            response, _ = await connection.answer()
        except ResponseLostError as error:
            raise RuntimeApiError(f"not restored: {error}") from error
        if response.status_code != HTTPStatus.OK:
            raise RuntimeApiError(f"not restored: status {response.status_code}")
        # It was made before the snapshot.
        self.disconnect()

    async def respond(self, invocation: Invocation, prelude: dict[str, Any]) -> Response:
        """Begin the response of an invocation.

        Args:
            invocation: Which.
            prelude: `statusCode`, `headers` and perhaps `cookies`.

        Raises:
            ResponseLostError: the Runtime API does not take it.
        """
        connection = await self._connect()
        path = f"/invocation/{invocation.aws_request_id}/response"
        headers = [
            ("Lambda-Runtime-Function-Response-Mode", "streaming"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Type", INTEGRATION),
            ("Trailer", f"{ERROR_TYPE}, {ERROR_BODY}"),
        ]
        await connection.begin("POST", path, headers)
        await connection.write(json.dumps(prelude).encode() + END_OF_PRELUDE)
        return Response(connection)

    async def fail(self, place: str, error_type: str, message: str) -> None:
        """Report an error without a response: of INIT, or before the first byte.

        Args:
            place: `/init/error`, `/restore/error` or `/invocation/<id>/error`.
            error_type: Such as `Runtime.ConfigError`.
            message: For people.
        """
        connection = await self._connect()
        body = error_body(error_type, message)
        length = ("Content-Length", str(len(body)))
        await connection.begin("POST", place, [JSON, length, (ERROR_TYPE, error_type)])
        await connection.write(body)
        await connection.end()
        await connection.answer()

    def disconnect(self) -> None:
        """Leave the connection; the next exchange opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connect(self) -> Connection:
        if self._connection is not None and not self._connection.reusable:
            # A response whose end was cut off: what comes on this connection belongs to it.
            self.disconnect()
        if self._connection is None:
            self._connection = await Connection.open(self._address)
        return self._connection


class Response:
    """A response under way. `lost` is done as soon as nobody takes it any more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # An answer before the end of the body is a refusal; the connection's end is none.
        self._answer = asyncio.ensure_future(connection.answer())

    @property
    def lost(self) -> asyncio.Future[tuple[h11.Response, bytes]]:
        """Done when the Runtime API answers or leaves, which it does not before `end`."""
        return self._answer

    async def write(self, data: bytes) -> None:
        """Send some of the body.

        Raises:
            ResponseLostError: nobody takes it.
        """
        if self._answer.done():
            raise ResponseLostError("the Runtime API takes no more of this response")
        await self._connection.write(data)

    async def end(self) -> None:
        """Complete the response.

        Raises:
            ResponseLostError: it was not taken.
        """
        await self._connection.end()
        await self._accepted()

    async def fail(self, error_type: str, message: str) -> None:
        """End the response with an error, in its trailers: status and headers are gone.

        Raises:
            ResponseLostError: it was not taken.
        """
        encoded = base64.b64encode(error_body(error_type, message)).decode()
        await self._connection.end([(ERROR_TYPE, error_type), (ERROR_BODY, encoded)])
        await self._accepted()

    async def _accepted(self) -> None:
        response, _ = await self._answer
        if response.status_code != HTTPStatus.ACCEPTED:
            raise ResponseLostError(f"the response was refused: status {response.status_code}")


def error_body(error_type: str, message: str) -> bytes:
    """An error as Lambda wants it."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
