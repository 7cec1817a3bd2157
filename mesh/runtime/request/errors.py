"""Error answers: one JSON-RPC shape for everything, and a net for what nobody caught.

Codes are those of JSON-RPC 2.0, https://www.jsonrpc.org/specification#error_object.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603
# From the range that JSON-RPC leaves to servers; MCP's own codes begin at -32020.
TOO_MANY_REQUESTS = -32000

NOTHING_HERE = "There is nothing at {path:.80}. MCP is at POST /mcp, plain JSON-RPC at POST /rpc."
INTERNAL = "Internal error. The server's log has the cause under this request's id."
NOT_JSON = "The body is not valid JSON."
NOT_ALLOWED = "{method} is not allowed here; use {allowed}."

logger = logging.getLogger(__name__)


def failure(
    status: int, code: int, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An HTTP error whose body is a JSON-RPC error for a request that has no id."""
    from starlette.responses import JSONResponse  # not on the fast path

    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return JSONResponse(body, status, headers)


class RefusedError(Exception):
    """A request that is answered with this error instead of being carried out.

    Attributes:
        status: HTTP's.
        code: JSON-RPC's.
        headers: More headers of the answer.
    """

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    @property
    def answer(self) -> JSONResponse:
        """The error as an answer."""
        return failure(self.status, self.code, str(self), self.headers)


def misconfigured(reason: str) -> Starlette:
    """An application that answers everything with a 500 that says why nothing else can run."""
    from starlette.applications import Starlette  # not on the fast path
    from starlette.routing import Mount  # not on the fast path

    answer = failure(500, INTERNAL_ERROR, f"The server is misconfigured: {reason}")
    return Starlette(routes=[Mount("", answer)])


class CatchAll:
    """Turns an exception that nobody caught into a 500 without its text; the log has it whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer for what raises."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            logger.exception("unhandled error")
            if started:
                raise
            await failure(500, INTERNAL_ERROR, INTERNAL)(scope, receive, send)
