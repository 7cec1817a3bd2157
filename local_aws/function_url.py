"""The listener of one Function URL."""

from __future__ import annotations

import logging
import socket
import time
import uuid
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

from local_aws import cors
from local_aws.access import AccessDeniedError, authorize
from local_aws.executions import (
    Executions,
    Outcome,
    PayloadTooLargeError,
    ThrottledError,
    new_trace_id,
)
from local_aws.function_url_event import build_event
from local_aws.function_url_response import (
    BadShapeError,
    build_response,
    error_response,
    internal_error,
)
from local_aws.functions import FunctionName, UnknownFunctionError, function_url, route
from local_aws.http_server import HttpServer, Request, Response
from local_aws.metrics import record_url_request
from local_aws.request_log import RequestLine
from local_aws.sandbox import CannotRunHereError
from local_aws.url_id import url_id

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
        self._warned = False
        self._id = url_id(function, qualifier)
        self._server = HttpServer(self._answer, body_limit=BODY_LIMIT_BYTES)

    @property
    def port(self) -> int:
        """The port it serves on, 0 before it does."""
        return self._port

    async def start(self, listener: socket.socket) -> None:
        """Serve on a listening socket."""
        self._port = listener.getsockname()[1]
        await self._server.start(listener)

    async def close(self) -> None:
        """Stop."""
        await self._server.close()

    async def _answer(self, request: Request) -> Response:
        began = time.monotonic()
        request_id, trace_id = str(uuid.uuid4()), new_trace_id()
        outcome: Outcome | None = None
        url = function_url(self._function, self._qualifier)
        asked_first = cors.preflight(url, request)
        try:
            if asked_first is None:
                outcome = await self._invoke(request, request_id, trace_id)
                response = self._response(outcome)
            else:
                response = asked_first
        except AccessDeniedError as denied:
            response = error_response(403, str(denied), error_type="AccessDeniedException")
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
        duration_ms = (time.monotonic() - began) * 1000
        record_url_request(
            self._function, self._qualifier, status=response.status, latency_ms=duration_ms
        )
        self._requests.append(
            RequestLine(
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                method=request.method,
                path=request.target.partition("?")[0],
                qualifier=self._qualifier,
                version=outcome.version if outcome else None,
                status=response.status,
                duration_ms=round(duration_ms, 2),
                cold=bool(outcome and outcome.cold),
            )
        )
        own = [
            ("date", format_datetime(datetime.now(UTC), usegmt=True)),
            ("x-amzn-requestid", request_id),
            ("x-amzn-trace-id", trace_id),
        ]
        if response is not asked_first:
            own += cors.response_headers(url, request, response.headers)
        else:
            own += response.headers
        return replace(response, headers=own)

    async def _invoke(self, request: Request, request_id: str, trace_id: str) -> Outcome:
        url = function_url(self._function, self._qualifier)
        if url is None:
            raise UnknownFunctionError("this Function URL was deleted")
        if request.oversize:
            raise PayloadTooLargeError
        if url.invoke_mode == "RESPONSE_STREAM" and not self._warned:
            self._warned = True
            _logger.warning("%s: invoke mode RESPONSE_STREAM is served buffered here", url.arn)
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
        return await self._executions.invoke(
            target, event, request_id=request_id, trace_id=trace_id
        )

    def _response(self, outcome: Outcome) -> Response:
        if outcome.result.error_type is not None:
            return internal_error()
        try:
            return build_response(outcome.result.payload)
        except BadShapeError as error:
            _logger.warning("%s version %s: %s", self._function.name, outcome.version, error)
            return internal_error()
