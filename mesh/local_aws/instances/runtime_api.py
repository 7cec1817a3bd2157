"""Lambda's Runtime API for one instance.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mesh.local_aws.function_url.ports import HOST, listen
from mesh.local_aws.function_url.response_stream import ClientLeftError, ResponseStream
from mesh.local_aws.http_server import BrokenTransferError, HttpServer, Request, Response
from mesh.local_aws.iam.role_credentials import RoleCredentials

PREFIX = "/2018-06-01/runtime"
# 6 MB and a little: the number Lambda's own message names.
RESPONSE_LIMIT_BYTES = 6_291_556
# Where a restored instance asks for its role's credentials, and how soon it asks again.
CREDENTIALS_PATH = "/2021-04-23/credentials"
CREDENTIALS_SECONDS = 3600
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
STREAM_LIMIT_BYTES = 200 * 1024 * 1024
ERROR_TYPE = "lambda-runtime-function-error-type"
ERROR_BODY = "lambda-runtime-function-error-body"
JSON = ("content-type", "application/json")
RESPONSE_MODE = "lambda-runtime-function-response-mode"
STREAMING = "streaming"
TOO_LARGE = "Function.ResponseSizeTooLarge"
TRUNCATED = "Runtime.TruncatedResponse"
# More than a busy machine needs to read what lies in a socket.
READ_OUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the runtime is asked to do.

    With a `stream` a response in streaming mode goes there; else it is collected.
    """

    request_id: str
    payload: bytes
    # What is left when it is dispatched: the runtime may have been started in its time.
    timeout_seconds: float
    invoked_arn: str
    trace_id: str
    client_context: str | None = None
    stream: ResponseStream | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `error_type` is None when the handler returned.

    `content_type` is that of a response in streaming mode, None of any other.
    """

    payload: bytes
    error_type: str | None = None
    # What the REPORT line says: "timeout" or "error"; None for a handler's own exception.
    platform_status: str | None = None
    content_type: str | None = None


class RuntimeApi:
    """Hands invocations to one runtime and takes its answers.

    Args:
        on_next: Called when the runtime asks for work: it is initialized, or done with the last.
        credentials: The role's; None where the runtime does not ask for any.
    """

    def __init__(
        self, on_next: Callable[[], None], credentials: RoleCredentials | None = None
    ) -> None:
        self._on_next = on_next
        self._credentials = credentials
        self._server = HttpServer(
            self._answer, body_limit=RESPONSE_LIMIT_BYTES, streams=_is_streamed
        )
        self._next: asyncio.Future[Invocation] | None = None
        self._current: Invocation | None = None
        self._result: asyncio.Future[Result] | None = None
        self._client_left = False
        self.init_error: Result | None = None
        self.address = ""
        self.credentials_token = secrets.token_urlsafe()

    async def start(self) -> None:
        """Listen on a loopback port of its own."""
        listener = listen(0)
        self.address = f"{HOST}:{listener.getsockname()[1]}"
        await self._server.start(listener)

    async def read_out(self) -> None:
        """Take what a runtime that has ended had still sent for its invocation."""
        if self._result is not None and not self._result.done():
            await self._server.read_out(READ_OUT_SECONDS)

    async def close(self) -> None:
        """Stop; a waiting runtime sees its connection end."""
        await self._server.close()

    def dispatch(self, invocation: Invocation) -> asyncio.Future[Result]:
        """Give an invocation to the runtime, which has to be waiting for one."""
        if self._next is None or self._next.done():
            raise RuntimeError("the runtime is not waiting for an invocation")
        self._current = invocation
        self._client_left = False
        self._result = asyncio.get_running_loop().create_future()
        self._next.set_result(invocation)
        return self._result

    async def _answer(self, request: Request) -> Response:
        path = request.target.removeprefix(PREFIX)
        answer = None
        if request.method == "GET":
            answer = await self._give(request, path)
        elif request.method == "POST":
            answer = await self._take(request, path)
        return answer or _refused(404, "InvalidRequestID", "no such invocation, or no such path")

    async def _give(self, request: Request, path: str) -> Response | None:
        if path == "/invocation/next":
            return await self._give_next()
        if path == "/restore/next":
            # There is no snapshot here: restored at once, in the same process.
            return Response(200, [JSON], b"{}")
        if path == CREDENTIALS_PATH:
            return self._give_credentials(request)
        return None

    async def _take(self, request: Request, path: str) -> Response | None:
        if path in {"/init/error", "/restore/error"}:
            return self._take_init_error(request)
        _, _, identifier, kind = [*path.split("/", 3), "", "", "", ""][:4]
        if not path.startswith("/invocation/") or kind not in {"response", "error"}:
            return None
        current, result = self._current, self._result
        if current is None or result is None or identifier != current.request_id:
            return _refused(400, "InvalidRequestID", "Invalid request ID")
        if result.done():
            return _out_of_turn(f"the invocation {identifier} has its answer")
        return await self._take_answer(request, kind, current.stream)

    async def _take_answer(
        self, request: Request, kind: str, stream: ResponseStream | None
    ) -> Response:
        """An error, or a response in one of the two modes."""
        if kind == "error":
            return self._take_error(request)
        mode = request.header(RESPONSE_MODE)
        if mode is not None and mode.lower() != STREAMING:
            told = f"{RESPONSE_MODE} is {mode!r}, not {STREAMING}"
            return _refused(400, "InvalidFunctionResponseMode", told)
        if request.chunks is not None:
            return await self._take_stream(request, request.chunks, stream)
        return self._take_response(request)

    def _take_init_error(self, request: Request) -> Response:
        """Of a runtime that has not asked for work yet."""
        if self._next is not None:
            return _out_of_turn("the runtime is initialized")
        if request.oversize:
            message = f"The error is longer than {RESPONSE_LIMIT_BYTES} bytes."
            self.init_error = Result(error_payload(TOO_LARGE, message), TOO_LARGE)
            return _refused(413, "RequestEntityTooLarge", message)
        self.init_error = Result(request.body, request.header(ERROR_TYPE) or "Runtime.Unknown")
        return _accepted()

    async def _give_next(self) -> Response:
        # Done with the last one, though it broke off its answer.
        message = "The runtime ended its response before it was complete."
        self._finish(Result(error_payload(TRUNCATED, message), TRUNCATED, "error"))
        self._next = asyncio.get_running_loop().create_future()
        self._on_next()
        invocation = await self._next
        headers = [
            JSON,
            ("lambda-runtime-aws-request-id", invocation.request_id),
            ("lambda-runtime-deadline-ms", str(_deadline_ms(invocation.timeout_seconds))),
            ("lambda-runtime-invoked-function-arn", invocation.invoked_arn),
            ("lambda-runtime-trace-id", invocation.trace_id),
        ]
        if invocation.client_context is not None:
            headers.append(("lambda-runtime-client-context", invocation.client_context))
        return Response(200, headers, invocation.payload)

    def _give_credentials(self, request: Request) -> Response:
        given = self._credentials
        if given is None or request.header("authorization") != self.credentials_token:
            return _refused(403, "AccessDenied", "the authorization token is missing or wrong")
        end = datetime.now(UTC) + timedelta(seconds=CREDENTIALS_SECONDS)
        told = {
            "AccessKeyId": given.access_key,
            "SecretAccessKey": given.secret_key,
            "Token": given.session_token,
            "Expiration": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
        return Response(200, [JSON], json.dumps(told).encode())

    def _take_response(self, request: Request) -> Response:
        if request.oversize:
            return self._refuse_size(RESPONSE_LIMIT_BYTES)
        self._finish(Result(request.body))
        return _accepted()

    async def _take_stream(
        self, request: Request, chunks: AsyncGenerator[bytes], stream: ResponseStream | None
    ) -> Response:
        """A response in streaming mode: passed on as it comes, or collected.

        Raises:
            BrokenTransferError: the client has left, and the function's connection ends too;
                or the function ended it.
        """
        content_type = request.header("content-type") or "application/octet-stream"
        limit = STREAM_LIMIT_BYTES if stream else RESPONSE_LIMIT_BYTES
        collected: list[bytes] = []
        total = 0
        if stream:
            stream.open(content_type)
        try:
            async for chunk in _until_left(chunks, stream):
                total += len(chunk)
                if total > limit:
                    return self._refuse_size(limit)
                if stream:
                    await stream.put(chunk)
                else:
                    collected.append(chunk)
        except ClientLeftError:
            self._client_left = True
            raise BrokenTransferError("the client left") from None
        trailers = dict(request.trailers)
        error_type = trailers.get(ERROR_TYPE)
        if error_type is not None:
            self._finish(Result(_error_body(trailers.get(ERROR_BODY, "")), error_type))
        else:
            self._finish(Result(b"".join(collected), content_type=content_type))
        return _accepted()

    def _refuse_size(self, limit: int) -> Response:
        message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
        self._finish(Result(error_payload(TOO_LARGE, message), TOO_LARGE, "error"))
        return _refused(413, "RequestEntityTooLarge", message)

    def _take_error(self, request: Request) -> Response:
        if request.oversize:
            return self._refuse_size(RESPONSE_LIMIT_BYTES)
        self._finish(Result(request.body, request.header(ERROR_TYPE) or "Unhandled"))
        return _accepted()

    def _finish(self, result: Result) -> None:
        if self._result is None or self._result.done():
            return
        if self._client_left:
            # What the function makes of it is no error.
            result = Result(b"")
        stream = self._current.stream if self._current else None
        if stream is not None:
            stream.end(broken=result.error_type is not None)
        self._result.set_result(result)


def _is_streamed(headers: list[tuple[str, str]]) -> bool:
    return (RESPONSE_MODE, STREAMING) in ((name, value.lower()) for name, value in headers)


async def _until_left(
    chunks: AsyncGenerator[bytes], stream: ResponseStream | None
) -> AsyncGenerator[bytes]:
    """The chunks; the client's leaving ends them also while the function sends none.

    Raises:
        ClientLeftError: the client has left.
        BrokenTransferError: the function has.
    """
    if stream is None:
        async for chunk in chunks:
            yield chunk
        return
    left = asyncio.ensure_future(stream.left.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(chunks, None))
            events: set[asyncio.Future[Any]] = {following, left}
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                raise ClientLeftError
            following_chunk = following.result()
            if following_chunk is None:
                return
            yield following_chunk
    finally:
        left.cancel()


def _error_body(encoded: str) -> bytes:
    """A trailer cannot hold JSON's line feeds, so it is in base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return encoded.encode("latin-1")


def _deadline_ms(seconds: float) -> int:
    return int((time.time() + seconds) * 1000)


def error_payload(error_type: str, message: str) -> bytes:
    """What Invoke returns for an error of Lambda itself."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def _accepted() -> Response:
    return Response(202, [("content-type", "application/json")], b'{"status":"OK"}\n')


def _out_of_turn(why: str) -> Response:
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html: 403 is "Forbidden"."""
    return _refused(403, "InvalidStateTransition", f"This is not the time for it: {why}.")


def _refused(status: int, error_type: str, message: str) -> Response:
    body = {"errorMessage": message, "errorType": error_type}
    return Response(status, [("content-type", "application/json")], json.dumps(body).encode())
