"""The application as a web server behind the AWS Lambda Web Adapter: `mesh/runtime/web_adapter`.

The adapter, a layer, turns invocations into HTTP requests on loopback and streams the answers.
What it was told of the caller it puts into a header of its own, over any that a client sent.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.initialization import initialize
from mesh.runtime.request.errors import INVALID_REQUEST, failure
from mesh.runtime.request.events import BadEventError, iam_arn

REQUEST_CONTEXT = "x-amzn-request-context"
HOST = "127.0.0.1"
# The adapter keeps connections between invocations. One that is closed from here, after
# uvicorn's 5 s, may be closed just as an event is handed over: the timer that was frozen with
# the instance is due at that moment.
KEEP_ALIVE_SECONDS = 24 * 60 * 60


class RequestContext:
    """Puts the event's `requestContext` where access control looks for it.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        try:
            context = _context(Headers(scope=scope).get(REQUEST_CONTEXT))
        except BadEventError as error:
            await failure(400, INVALID_REQUEST, str(error))(scope, receive, send)
            return
        scope["aws.event"] = {"requestContext": context}
        await self._app(scope, receive, send)


def _context(header: str | None) -> dict[str, Any]:
    """The event's `requestContext`; empty where the adapter has none.

    Raises:
        BadEventError: It is not an object, or its IAM identity is none.
    """
    try:
        context = json.loads(header or "null")
    except (ValueError, RecursionError):
        raise BadEventError("The request context is not JSON.") from None
    if not isinstance(context, dict | None):
        raise BadEventError("The request context is not an object.")
    # Access control asks again, and trusts it then.
    iam_arn(context or {})
    return context or {}


def server(app: ASGIApp) -> uvicorn.Server:
    """The server; the lifespan is the instance's, entered before."""
    # None of uvicorn's options that need what the zip leaves out, and no second log line.
    config = uvicorn.Config(
        RequestContext(app),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return uvicorn.Server(config)


def main() -> None:
    """Serve on `AWS_LWA_PORT` until the end of the instance."""
    listener = socket.create_server((HOST, int(os.environ["AWS_LWA_PORT"])))
    instance = initialize()
    instance.run(server(instance.app).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
