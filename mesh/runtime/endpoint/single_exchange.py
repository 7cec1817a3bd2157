"""A request, answered in the task in which it came.

The SDK's transports make up to ten tasks and streams for each request before 2026-07-28. One of
them sends, one notices that the client has left, one keeps the stream open, and so on. None of
this is needed here: `streaming` notices a client that leaves, and behind Mangum no client can
leave. So this calls the SDK's own driver of one request, `serve_one`, and the task that runs a
tool sends what the tool says. The answer is the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.http import RequestContextMiddleware
from mcp.server.connection import Connection
from mcp.server.lowlevel.server import Server
from mcp.server.runner import modern_error_data, serve_one
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp.shared.jsonrpc_dispatcher import (
    handler_exception_to_error_data,
    progress_token_from_params,
)
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCResponse,
)
from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.endpoint.event_stream import EventStream
from mesh.runtime.endpoint.exchange import Exchange
from mesh.runtime.endpoint.plain_requests import PlainRequest
from mesh.runtime.request.body import JSON_TYPE
from mesh.runtime.server.exits import contained_exits

logger = logging.getLogger(__name__)

# With what belongs to a stream of events in any case.
STREAM_HEADERS = EventSourceResponse(
    iter(()),
    headers={
        "Cache-Control": "no-cache, no-transform",
        "Connection": "keep-alive",
        "Content-Type": "text/event-stream",
    },
).raw_headers

type Answer = JSONRPCResponse | JSONRPCError
type Message = Answer | JSONRPCNotification
type Notify = Callable[[JSONRPCNotification], Awaitable[None]]


def _written(request: PlainRequest, message: Message) -> str:
    """The message in JSON as this era's transport writes it, on one line."""
    if request.modern:
        content = message.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(content, separators=(",", ":"))
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        if not isinstance(message, JSONRPCResponse):
            raise
        # Half of a surrogate pair, which no UTF-8 holds.
        logger.exception("the result of %r cannot be written", request.message.method)
        error = ErrorData(code=INTERNAL_ERROR, message="Internal server error")
        return _written(request, JSONRPCError(jsonrpc="2.0", id=message.id, error=error))


def _whole(request: PlainRequest, answer: Answer) -> Response:
    """The answer as plain JSON."""
    text = _written(request, answer)
    if not request.modern:
        return Response(text, headers={"Content-Type": JSON_TYPE})
    code = answer.error.code if isinstance(answer, JSONRPCError) else 0
    return Response(text, ERROR_CODE_HTTP_STATUS.get(code, 200), media_type=JSON_TYPE)


def _handshake_error(error: Exception, method: str) -> ErrorData:
    said = handler_exception_to_error_data(error)
    if said is not None:
        return said
    logger.error("handler for %r raised", method, exc_info=error)
    # The code that the SDK has kept for it.
    return ErrorData(code=0, message=str(error))


class SingleExchange:
    """Answers plain requests; `lifespan` must be entered before.

    Args:
        server: The FastMCP server.
        app: Its HTTP application, which tools find in their requests.
    """

    def __init__(self, server: FastMCP, app: ASGIApp) -> None:
        self.server: Server[Any] = server._mcp_server  # noqa: SLF001 - handed out in no other way
        self._app = app
        self._lifespan_state: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Enter the server's, which FastMCP counts: it is the same as the transports'."""
        async with self.server.lifespan(self.server) as self._lifespan_state:
            yield

    async def answer(
        self, request: PlainRequest, receive: Receive, send: Send, *, streamed: bool
    ) -> None:
        """Answer one request.

        Args:
            request: Of this server.
            receive: Not called: the body has been read.
            send: Gets the answer, of events as they come.
            streamed: Whether it is to be events, where it must be or holds more than a result.
        """
        # FastMCP's own; by it tools find the HTTP request.
        within: ASGIApp = RequestContextMiddleware(  # type: ignore[no-untyped-call]
            partial(self._events if streamed else self._json, request)
        )
        request.http.scope["app"] = self._app
        await within(request.http.scope, receive, send)

    async def _json(
        self, request: PlainRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = await self._result(request, self._exchange(request, None))
        await _whole(request, answer)(scope, receive, send)

    async def _events(
        self, request: PlainRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        stream = EventStream(send, STREAM_HEADERS)

        async def notify(notification: JSONRPCNotification) -> None:
            await stream.event(_written(request, notification))

        try:
            if not request.modern:
                # The client is told at once that its request has arrived.
                await stream.begin()
            exchange = self._exchange(request, notify)
            answer = await self._result(request, exchange)
            # What a task that was left behind says from now on is lost.
            exchange.send_notification = None
            await stream.stop_pings()
            if stream.begun:
                await stream.end(_written(request, answer))
            else:
                await _whole(request, answer)(scope, receive, send)
        finally:
            stream.close()

    def _exchange(self, request: PlainRequest, notify: Notify | None) -> Exchange:
        return Exchange(
            request.message.id,
            ServerMessageMetadata(request_context=request.http, can_send_request=False),
            TransportContext(
                kind="streamable-http",
                can_send_request=False,
                headers=request.http.headers if request.modern else None,
            ),
            progress_token_from_params(request.message.params),
            notify,
        )

    async def _result(self, request: PlainRequest, exchange: Exchange) -> Answer:
        message = request.message
        connection = Connection.from_envelope(
            request.version, request.client_info, request.client_capabilities
        )
        try:
            with contained_exits():
                result = await serve_one(
                    self.server,
                    exchange,
                    message.method,
                    message.params,
                    connection=connection,
                    lifespan_state=self._lifespan_state,
                )
        except Exception as error:  # noqa: BLE001 - it becomes the answer, and is logged
            said = (
                modern_error_data(error)
                if request.modern
                else _handshake_error(error, message.method)
            )
            return JSONRPCError(jsonrpc="2.0", id=message.id, error=said)
        return JSONRPCResponse(jsonrpc="2.0", id=message.id, result=result)
