"""The listener of one Function URL."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import uuid
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from mesh.local_aws.cloudwatch.metrics import record_url_request
from mesh.local_aws.cloudwatch.request_log import RequestLine
from mesh.local_aws.function_url import cors
from mesh.local_aws.function_url.access import FORBIDDEN, AccessDeniedError, authorize
from mesh.local_aws.function_url.event import build_event
from mesh.local_aws.function_url.response import (
    INTEGRATION_TYPE,
    BadShapeError,
    build_collected_response,
    build_response,
    error_response,
    internal_error,
    read_prelude,
)
from mesh.local_aws.function_url.response_stream import ResponseStream
from mesh.local_aws.function_url.url_id import url_id
from mesh.local_aws.functions import FunctionName, UnknownFunctionError, function_url, route
from mesh.local_aws.host import CannotRunHereError
from mesh.local_aws.http_server import BrokenTransferError, HttpServer, Request, Response
from mesh.local_aws.invocations.executions import (
    Executions,
    Outcome,
    PayloadTooLargeError,
    ThrottledError,
    new_trace_id,
)

_logger = logging.getLogger(__name__)

# The event has to fit 6 MB, so no longer body can be of use.
BODY_LIMIT_BYTES = 6_291_456
TOO_LARGE = (
    f"Request must be smaller than {BODY_LIMIT_BYTES} bytes for the InvokeFunction operation"
)


class FunctionUrlListener:
    """Turns HTTP requests on one port into invocations.

    Args:
        function: Whose URL it is.
        qualifier: The alias it belongs to, None for the function itself.
        executions: Runs the invocations.
        requests: Gets a line for each request.
    """

    def __init__(
        self,
        function: FunctionName,
        qualifier: str | None,
        executions: Executions,
        requests: deque[RequestLine],
    ) -> None:
        self._function = function
        self._qualifier = qualifier
        self._executions = executions
        self._requests = requests
        self._port = 0
        self._running: set[asyncio.Task[Outcome]] = set()
        self._id = url_id(function, qualifier)
        # AWS finds a URL by its host alone, before it knows of CORS. Pages may call: CORS settings
        # and access control decide about them.
        self._server = HttpServer(
            self._answer,
            body_limit=BODY_LIMIT_BYTES,
            pages=True,
            refuse=lambda _: _denied(FORBIDDEN),
        )

    @property
    def port(self) -> int:
        """The port it serves on, 0 before it does."""
        return self._port

    async def start(self, listener: socket.socket) -> None:
        """Serve on a listening socket."""
        self._port = listener.getsockname()[1]
        await self._server.start(listener)

    async def close(self) -> None:
        """Stop, and leave the invocations alone."""
        await self._server.close()

    async def _answer(self, request: Request) -> Response:
        began = time.monotonic()
        request_id, trace_id = str(uuid.uuid4()), new_trace_id()
        work: asyncio.Task[Outcome] | None = None
        url = function_url(self._function, self._qualifier)
        asked_first = cors.preflight(url, request)
        try:
            if asked_first is None:
                work, stream = self._start(request, request_id, trace_id)
                response = await self._response(work, stream)
            else:
                response = asked_first
        except AccessDeniedError as denied:
            response = _denied(str(denied))
        except UnknownFunctionError as unknown:
            response = error_response(404, str(unknown), error_type="ResourceNotFoundException")
        except PayloadTooLargeError:
            response = error_response(413, TOO_LARGE, error_type="RequestTooLargeException")
        except ThrottledError:
            response = error_response(429, "Rate Exceeded.", error_type="TooManyRequestsException")
        except CannotRunHereError as cannot:
            # Not AWS's words: AWS has no such error.
            _logger.warning("%s", cannot)
            response = error_response(502, str(cannot), error_type="LocalAwsException")
        except Exception:
            _logger.exception("request %s to %s failed", request_id, self._function.name)
            response = internal_error()
        own = [
            ("date", format_datetime(datetime.now(UTC), usegmt=True)),
            ("x-amzn-requestid", request_id),
            ("x-amzn-trace-id", trace_id),
        ]
        if asked_first is None:
            own += cors.response_headers(url, request, response.headers)
        else:
            own += asked_first.headers
        response = replace(response, headers=own)
        if work is None or work.done():
            self._write_down(request, response.status, began, work)
        else:
            # Streamed: the invocation goes on, whether or not anybody listens.
            status = response.status
            work.add_done_callback(lambda done: self._write_down(request, status, began, done))
        return response

    def _start(
        self, request: Request, request_id: str, trace_id: str
    ) -> tuple[asyncio.Task[Outcome], ResponseStream | None]:
        """Begin the invocation; with a stream where the URL's mode asks for one."""
        url = function_url(self._function, self._qualifier)
        if url is None:
            raise UnknownFunctionError("this Function URL was deleted")
        if request.oversize:
            raise PayloadTooLargeError
        caller = authorize(url, request)
        event = build_event(
            request,
            url_id=self._id,
            port=self._port,
            request_id=request_id,
            trace_id=trace_id,
            caller=caller,
            now=datetime.now(UTC),
        )
        target = route(self._function, self._qualifier)
        stream = ResponseStream() if url.invoke_mode == "RESPONSE_STREAM" else None
        work = asyncio.create_task(
            self._executions.invoke(
                target, event, request_id=request_id, trace_id=trace_id, stream=stream
            )
        )
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        return work, stream

    async def _response(
        self, work: asyncio.Task[Outcome], stream: ResponseStream | None
    ) -> Response:
        """The response to a finished invocation, or to one that has started to answer."""
        try:
            if stream is not None:
                opened = asyncio.ensure_future(stream.opened.wait())
                events: set[asyncio.Future[Any]] = {opened, work}
                await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
                opened.cancel()
                if stream.opened.is_set():
                    return await self._streamed(stream)
            result = (await work).result
            if result.error_type is not None:
                return internal_error()
            if result.content_type is not None:
                return build_collected_response(result.payload, result.content_type)
            return build_response(result.payload)
        except BadShapeError as error:
            _logger.warning("%s: %s", self._function.name, error)
            return internal_error()

    async def _streamed(self, stream: ResponseStream) -> Response:
        chunks = stream.chunks()
        if stream.content_type != INTEGRATION_TYPE:
            headers = [("content-type", stream.content_type)]
            return Response(200, headers, _pass_on(b"", chunks, stream))
        try:
            opening, rest = await read_prelude(chunks)
        except BrokenTransferError:
            return internal_error()
        except BadShapeError:
            stream.leave()
            raise
        return replace(opening, body=_pass_on(rest, chunks, stream))

    def _write_down(
        self, request: Request, status: int, began: float, work: asyncio.Task[Outcome] | None
    ) -> None:
        done = work is not None and not work.cancelled() and work.exception() is None
        outcome = work.result() if work is not None and done else None
        duration_ms = (time.monotonic() - began) * 1000
        record_url_request(self._function, self._qualifier, status=status, latency_ms=duration_ms)
        self._requests.append(
            RequestLine(
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                method=request.method,
                path=request.target.partition("?")[0],
                qualifier=self._qualifier,
                version=outcome.version if outcome else None,
                status=status,
                duration_ms=round(duration_ms, 2),
                cold=bool(outcome and outcome.cold),
            )
        )


def _denied(message: str) -> Response:
    return error_response(403, message, error_type="AccessDeniedException")


async def _pass_on(
    first: bytes, chunks: AsyncGenerator[bytes], stream: ResponseStream
) -> AsyncGenerator[bytes]:
    """The body; however reading it ends, the function's side learns of it."""
    try:
        if first:
            yield first
        async for chunk in chunks:
            yield chunk
    finally:
        stream.leave()
