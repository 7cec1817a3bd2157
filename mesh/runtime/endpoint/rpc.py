"""`/rpc`: plain JSON-RPC for clients that know nothing of MCP's transport.

No session, no event stream, no handshake. `jsonrpc` and `id` may be missing, and a batch
is an array. Each message is completed and handed to `/mcp` inside the process, so that
every method and every error is the same there and here.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from mcp.shared.inbound import encode_header_value
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from mesh.runtime.endpoint.mcp_endpoint import McpEndpoint
from mesh.runtime.request.body import decoded, read_body
from mesh.runtime.request.errors import (
    INTERNAL,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    NOT_JSON,
    PARSE_ERROR,
    RefusedError,
    failure,
)

MAX_BATCH = 100
NOTIFICATIONS = "notifications/"
OWN_HEADERS = frozenset(
    {b"accept", b"content-encoding", b"content-length", b"content-type", b"last-event-id"}
)

logger = logging.getLogger(__name__)

type Json = dict[str, Any]


def _error(request_id: Any, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _invalid(message: Any) -> str | None:
    """What is wrong with this message; None when it can be handed on."""
    if not isinstance(message, dict):
        return "a message must be an object"
    if not isinstance(message.get("method"), str) or not message["method"]:
        return "`method` must be a non-empty string"
    if message.get("jsonrpc", "2.0") != "2.0":
        return '`jsonrpc` must be "2.0" or missing'
    request_id = message.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int | None):
        return "`id` must be a string or an integer, or missing"
    return _invalid_params(message.get("params", {}))


def _invalid_params(params: Any) -> str | None:
    if not isinstance(params, dict):
        return "`params` must be an object"
    if not isinstance(params.get("_meta"), dict | None):
        return "`params._meta` must be an object"
    return None


def _header(text: str) -> bytes:
    """The text as a header's value; what no header can hold then differs from the body."""
    return text.encode("latin-1", errors="replace")


def _complete(message: Json) -> tuple[Json, list[tuple[bytes, bytes]]]:
    """The message as `/mcp` wants it, and the headers that must go with it.

    Since protocol 2026-07-28 the version rides in `params._meta`, and headers repeat it
    together with the method and the name.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
    """
    method, params = message["method"], message.get("params")
    if method == "server/discover":
        # Exists only since 2026-07-28; a plain client cannot be asked to know its envelope.
        params = {**(params or {})}
        params["_meta"] = {
            PROTOCOL_VERSION_META_KEY: LATEST_MODERN_VERSION,
            CLIENT_CAPABILITIES_META_KEY: {},
            **(params.get("_meta") or {}),
        }
    completed: Json = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        completed["params"] = params
    if not method.startswith(NOTIFICATIONS):
        # The caller's own id goes back later: it may be null here, which `/mcp` refuses.
        completed["id"] = 0
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    version = ((params or {}).get("_meta") or {}).get(PROTOCOL_VERSION_META_KEY)
    if version in MODERN_PROTOCOL_VERSIONS:
        headers += [(b"mcp-protocol-version", version.encode()), (b"mcp-method", _header(method))]
        name = (params or {}).get("name") or (params or {}).get("uri")
        if isinstance(name, str):
            headers.append((b"mcp-name", _header(encode_header_value(name))))
    return completed, headers


class PlainJsonRpc:
    """ASGI application for `/rpc`.

    Args:
        mcp: What answers a single MCP message.
    """

    def __init__(self, mcp: McpEndpoint) -> None:
        self._mcp = mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one JSON-RPC message or a batch."""
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        body = await read_body(scope, receive)
        if isinstance(body, Response):
            return body
        try:
            content = decoded(body)
        except ValueError:
            return failure(400, PARSE_ERROR, NOT_JSON)
        if not isinstance(content, list):
            answer = await self._one(content, scope)
            return Response(status_code=202) if answer is None else JSONResponse(answer)
        if not 1 <= len(content) <= MAX_BATCH:
            return failure(
                400,
                INVALID_REQUEST,
                f"A batch holds 1 to {MAX_BATCH} messages, not {len(content)}.",
            )
        # The request itself was one call already.
        scope["charge"](len(content) - 1)
        answers = [await self._one_of_many(message, scope) for message in content]
        replies = [answer for answer in answers if answer is not None]
        return JSONResponse(replies) if replies else Response(status_code=202)

    async def _one_of_many(self, message: Any, scope: Scope) -> Json | None:
        """The reply to one message of a batch: where it fails, the others are answered."""
        try:
            return await self._one(message, scope)
        except Exception:
            logger.exception("a message of a batch failed")
            if message["method"].startswith(NOTIFICATIONS):
                return None
            return _error(message.get("id"), INTERNAL_ERROR, INTERNAL)

    async def _one(self, message: Any, scope: Scope) -> Json | None:
        """The reply to one message; None for a notification, which has none."""
        wrong = _invalid(message)
        if wrong:
            request_id = message.get("id") if isinstance(message, dict) else None
            if isinstance(request_id, bool) or not isinstance(request_id, str | int):
                request_id = None
            return _error(request_id, INVALID_REQUEST, f"Invalid request: {wrong}.")
        completed, headers = _complete(message)
        try:
            status, body = await self._call(scope, completed, headers)
        except RefusedError as refused:
            if "id" not in completed:
                return None
            return _error(message.get("id"), refused.code, str(refused))
        if "id" not in completed:
            return None
        try:
            reply = json.loads(body)
        except ValueError:
            reply = {"error": {"code": INTERNAL_ERROR, "message": f"Internal error ({status})."}}
        return {**reply, "jsonrpc": "2.0", "id": message.get("id")}

    async def _call(
        self, scope: Scope, message: Json, headers: list[tuple[bytes, bytes]]
    ) -> tuple[int, bytes]:
        """Hand one message to `/mcp`; its status and body."""
        status = 0
        received: list[bytes] = []

        async def client_left() -> Message:
            return {"type": "http.disconnect"}

        async def send(event: Message) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            else:
                received.append(event.get("body", b""))

        # Tools may read what the caller sent. What is about its body or MCP's transport does not
        # fit what `/mcp` is given here.
        callers = [
            (name, value)
            for name, value in scope["headers"]
            if name not in OWN_HEADERS and not name.startswith(b"mcp-")
        ]
        inner = {**scope, "headers": callers + headers}
        await self._mcp.answer(
            message, lambda: json.dumps(message).encode(), inner, client_left, send
        )
        return status, b"".join(received)
