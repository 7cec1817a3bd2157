"""`/mcp`: FastMCP's Streamable HTTP endpoint, for clients of every taste.

FastMCP serves either event streams or plain JSON, and refuses with 406 whoever does not
accept the one it is set to. Clients that name `text/event-stream` get streams (progress
and log notifications travel there); those that send only `application/json`, `*/*`
as curl does, or no Accept at all, get plain JSON instead of a refusal.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mesh.runtime.access.caller import current_caller
from mesh.runtime.access.permissions import missing_scopes
from mesh.runtime.endpoint.plain_requests import plain_request
from mesh.runtime.endpoint.single_exchange import SingleExchange
from mesh.runtime.oauth.protected_resource import challenge
from mesh.runtime.observability import call_log
from mesh.runtime.request.accept import BOTH, accepts_json_only
from mesh.runtime.request.body import JSON_TYPE, decoded, read_body, replay
from mesh.runtime.request.errors import (
    INVALID_REQUEST,
    NOT_JSON,
    PARSE_ERROR,
    RefusedError,
    failure,
)
from mesh.runtime.server.call_state import one_call

PATH = "/mcp"
ANSWER = frozenset({"result", "error"})
NO_MESSAGE = (
    "The body must be one JSON-RPC 2.0 message, an object with `jsonrpc` and `method`. "
    "POST /rpc takes batches too."
)
# In a request's scope: should its client leave, the request is cancelled from outside.
LEAVING_IS_WATCHED = "mesh.leaving_is_watched"


def called_tool(message: Any) -> str | None:
    """The tool that this message calls; None when it is no such message."""
    try:
        name = message["params"]["name"] if message["method"] == "tools/call" else None
    except (LookupError, TypeError):
        return None
    return name if isinstance(name, str) else None


def is_message(content: Any) -> bool:
    """Whether it is plainly a JSON-RPC message: a request, a notification or an answer.

    The SDK would try a body of any kind as each of these, which takes 300 ms per MB.
    https://www.jsonrpc.org/specification
    """
    if not isinstance(content, dict) or content.get("jsonrpc") != "2.0":
        return False
    return isinstance(content.get("method"), str) or not content.keys().isdisjoint(ANSWER)


def has_odd_id(message: Any) -> bool:
    """Whether it is a request whose id is neither a string nor an integer.

    The SDK would take it for a notification, and answer nothing.
    https://modelcontextprotocol.io/specification/2025-11-25/basic#requests
    """
    if not isinstance(message, dict) or not {"method", "id"} <= message.keys():
        return False
    request_id = message["id"]
    return isinstance(request_id, bool) or not isinstance(request_id, str | int)


class McpEndpoint:
    """ASGI application for `/mcp` and `/mcp/`; `lifespan` must be entered before the first request.

    Args:
        server: The FastMCP server. Stateless: no instance knows of another's sessions.
        tool_scopes: What an access token must have been granted, by the tool's name.
    """

    def __init__(self, server: FastMCP, tool_scopes: Mapping[str, frozenset[str]]) -> None:
        self._tool_scopes = tool_scopes
        # The Origin check and access control stand in front of every route, not here.
        self._stream = server.http_app(
            path=PATH, stateless_http=True, json_response=False, host_origin_protection=False
        )
        self._json = server.http_app(
            path=PATH, stateless_http=True, json_response=True, host_origin_protection=False
        )
        self._exchange = SingleExchange(server, self._stream)

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Start what serves requests; FastMCP's own lifespan is entered once for both ways."""
        async with (
            self._stream.lifespan(self._stream),
            self._json.lifespan(self._json),
            self._exchange.lifespan(),
        ):
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with events or with plain JSON, as the client accepts."""
        body = await read_body(scope, receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
            return
        try:
            message = decoded(body)
        except ValueError:
            await failure(400, PARSE_ERROR, NOT_JSON)(scope, receive, send)
            return
        await self.answer(message, lambda: body, scope, receive, send)

    async def answer(
        self, message: Any, body: Callable[[], bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer one message.

        A plain request needs none of the SDK's transports, where nobody has to listen
        whether its client is still there: for plain JSON the transports do not, either.

        Args:
            message: The decoded body.
            body: Gives it in JSON, for the SDK's transports.
            scope: Of the HTTP request.
            receive: Called for what comes after the body.
            send: Gets the answer.
        """
        if not is_message(message):
            await failure(400, INVALID_REQUEST, NO_MESSAGE)(scope, receive, send)
            return
        if has_odd_id(message):
            await failure(
                400,
                INVALID_REQUEST,
                "`id` must be a string or an integer; a notification has none.",
            )(scope, receive, send)
            return
        self._check_scopes(message, scope)
        receive = replay(body, receive)
        scope = {**scope, "path": PATH, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=scope)
        # Media types are case-insensitive; the SDK knows one spelling.
        headers["content-type"] = JSON_TYPE
        streamed = not accepts_json_only(headers.get("accept"))
        if not streamed:
            headers["accept"] = BOTH
        alone = not streamed or scope.get(LEAVING_IS_WATCHED, False)
        request = (
            plain_request(
                self._exchange.server, Request(scope, receive), message, streamed=streamed
            )
            if alone
            else None
        )
        with call_log.one_message(), one_call():
            if request is not None:
                await self._exchange.answer(request, receive, send, streamed=streamed)
            elif streamed:
                await self._stream(scope, receive, send)
            else:
                await self._json(scope, receive, send)

    def _check_scopes(self, message: Any, scope: Scope) -> None:
        """Refuse a call with HTTP's own words, which make clients ask for a wider token.

        The tool itself is guarded behind this, by `mesh.runtime.access.tool_access`.
        https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-challenge-handling

        Raises:
            RefusedError: the caller's access token was not granted what the tool needs.
        """
        caller = current_caller()
        if not self._tool_scopes or caller.scopes is None:
            return
        tool = called_tool(message)
        missing = missing_scopes(caller, tool, self._tool_scopes) if tool else None
        if tool and missing:
            raise RefusedError(
                403,
                INVALID_REQUEST,
                f"The access token was not granted what {tool} needs: {' '.join(sorted(missing))}.",
                challenge(
                    scope,
                    oauth=True,
                    error="insufficient_scope",
                    scopes=caller.scopes | self._tool_scopes[tool],
                ),
            )
