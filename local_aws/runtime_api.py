"""Lambda's Runtime API for one instance.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from local_aws.http_server import HttpServer, Request, Response
from local_aws.ports import HOST, listen

PREFIX = "/2018-06-01/runtime"
# 6 MB and a little: the number Lambda's own message names.
RESPONSE_LIMIT_BYTES = 6_291_556
ERROR_TYPE = "lambda-runtime-function-error-type"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the runtime is asked to do."""

    request_id: str
    payload: bytes
    timeout_seconds: int
    invoked_arn: str
    trace_id: str
    client_context: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `error_type` is None when the handler returned."""

    payload: bytes
    error_type: str | None = None
    # What the REPORT line says: "timeout" or "error"; None for a handler's own exception.
    platform_status: str | None = None


class RuntimeApi:
    """Hands invocations to one runtime and takes its answers.

    Args:
        on_next: Called when the runtime asks for work: it is initialized, or done with the last.
    """

    def __init__(self, on_next: Callable[[], None]) -> None:
        self._on_next = on_next
        self._server = HttpServer(self._answer, body_limit=RESPONSE_LIMIT_BYTES)
        self._next: asyncio.Future[Invocation] | None = None
        self._current: Invocation | None = None
        self._result: asyncio.Future[Result] | None = None
        self.init_error: Result | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen on a loopback port of its own."""
        listener = listen(0)
        self.address = f"{HOST}:{listener.getsockname()[1]}"
        await self._server.start(listener)

    async def close(self) -> None:
        """Stop; a waiting runtime sees its connection end."""
        await self._server.close()

    def dispatch(self, invocation: Invocation) -> asyncio.Future[Result]:
        """Give an invocation to the runtime, which has to be waiting for one."""
        if self._next is None or self._next.done():
            raise RuntimeError("the runtime is not waiting for an invocation")
        self._current = invocation
        self._result = asyncio.get_running_loop().create_future()
        self._next.set_result(invocation)
        return self._result

    async def _answer(self, request: Request) -> Response:
        path = request.target.removeprefix(PREFIX)
        if request.method == "GET" and path == "/invocation/next":
            return await self._give_next()
        if request.method == "POST" and path == "/init/error":
            self.init_error = Result(request.body, request.header(ERROR_TYPE) or "Runtime.Unknown")
            return _accepted()
        current = self._current
        if request.method == "POST" and current is not None:
            if path == f"/invocation/{current.request_id}/response":
                return self._take_response(request)
            if path == f"/invocation/{current.request_id}/error":
                return self._take_error(request)
        return _refused(404, "InvalidRequestID", "no such invocation, or no such path")

    async def _give_next(self) -> Response:
        self._next = asyncio.get_running_loop().create_future()
        self._on_next()
        invocation = await self._next
        headers = [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", invocation.request_id),
            # Counts from here: a cold start takes nothing of an invocation's time.
            ("lambda-runtime-deadline-ms", str(_deadline_ms(invocation.timeout_seconds))),
            ("lambda-runtime-invoked-function-arn", invocation.invoked_arn),
            ("lambda-runtime-trace-id", invocation.trace_id),
        ]
        if invocation.client_context is not None:
            headers.append(("lambda-runtime-client-context", invocation.client_context))
        return Response(200, headers, invocation.payload)

    def _take_response(self, request: Request) -> Response:
        if request.oversize:
            message = (
                "Response payload size exceeded maximum allowed payload size "
                f"({RESPONSE_LIMIT_BYTES} bytes)."
            )
            error_type = "Function.ResponseSizeTooLarge"
            self._finish(Result(error_payload(error_type, message), error_type, "error"))
            return _refused(413, "RequestEntityTooLarge", message)
        self._finish(Result(request.body))
        return _accepted()

    def _take_error(self, request: Request) -> Response:
        self._finish(Result(request.body, request.header(ERROR_TYPE) or "Unhandled"))
        return _accepted()

    def _finish(self, result: Result) -> None:
        if self._result is not None and not self._result.done():
            self._result.set_result(result)


def _deadline_ms(seconds: int) -> int:
    return int((time.time() + seconds) * 1000)


def error_payload(error_type: str, message: str) -> bytes:
    """What Invoke returns for an error of Lambda itself."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def _accepted() -> Response:
    return Response(202, [("content-type", "application/json")], b'{"status":"OK"}\n')


def _refused(status: int, error_type: str, message: str) -> Response:
    body = {"errorMessage": message, "errorType": error_type}
    return Response(status, [("content-type", "application/json")], json.dumps(body).encode())
