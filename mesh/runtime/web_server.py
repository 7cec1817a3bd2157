"""The application as a web server, which `mesh/runtime/web_adapter` starts on Lambda and elsewhere.

On Lambda, the AWS Lambda Web Adapter turns invocations into HTTP requests on loopback and streams
the answers. What it was told of the caller it puts into a header of its own, over any that a
client sent. Elsewhere, as on Fargate, anyone may send that header, so it counts for nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import Any

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.initialization import initialize
from mesh.runtime.request.errors import INVALID_REQUEST, failure
from mesh.runtime.request.events import BadEventError, iam_arn

REQUEST_CONTEXT = "x-amzn-request-context"
HOST = "127.0.0.1"
# Lambda sets it, and lets nobody else.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a load balancer calls from outside the container
PORT = "8080"
# Less than the 30 s after which ECS kills a container that it stops.
SHUTDOWN_SECONDS = 25
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


def server(app: ASGIApp, *, on_lambda: bool) -> uvicorn.Server:
    """The server; the lifespan is the instance's, entered before.

    Args:
        app: The application.
        on_lambda: Whether the adapter alone can reach it, and so is believed.
    """
    # None of uvicorn's options that need what the zip leaves out, and no second log line.
    config = uvicorn.Config(
        RequestContext(app) if on_lambda else app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def main() -> None:
    """Serve on `AWS_LWA_PORT`, or 8080, until the end of the instance or container."""
    on_lambda = FUNCTION in os.environ
    address = (HOST if on_lambda else EVERYWHERE, int(os.environ.get("AWS_LWA_PORT") or PORT))
    listener = socket.create_server(address)
    instance = initialize()
    # uvicorn lets requests end, and then sends the signal on: the lifespan must end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        instance.run(server(instance.app, on_lambda=on_lambda).serve(sockets=[listener]))
    finally:
        instance.close()


if __name__ == "__main__":
    main()
