"""One Lambda instance: one event loop, one lifespan, for as long as the sandbox lives.

Mangum's own `lifespan="auto"` would enter and leave the lifespan at every invocation;
the MCP session manager runs once only, and would fail at the second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.protocols import LifespanCycle
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from mesh.runtime.access.access_tokens import AccessTokens
from mesh.runtime.access.key_ring import key_ring
from mesh.runtime.access.rate_limit import RateLimit
from mesh.runtime.aws import snapshot
from mesh.runtime.concurrency import anyio_worker_threads, event_loop
from mesh.runtime.config import build_info
from mesh.runtime.config.settings import Settings
from mesh.runtime.domain.domain_secrets import origin_secrets
from mesh.runtime.endpoint.mcp_endpoint import LEAVING_IS_WATCHED
from mesh.runtime.garbage import imported
from mesh.runtime.http.app import build_app
from mesh.runtime.http.discovery import CARD_TYPE, CATALOGUE_TYPE
from mesh.runtime.http.gateway import ScopeGateway, event_body, http_scope
from mesh.runtime.request.body import replay
from mesh.runtime.request.errors import INVALID_REQUEST, failure
from mesh.runtime.request.events import BadEventError
from mesh.runtime.server import changes
from mesh.runtime.server.server_loader import load

logger = logging.getLogger("mesh.request")


class Instance:
    """Answers events, one after the other, on a loop of its own.

    Args:
        app: The application; its lifespan is entered here, once.
        loop: One that is there already; None for a new one.
    """

    def __init__(self, app: Starlette, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.app = app
        self._loop = loop or asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        anyio_worker_threads.kept(self._loop)
        # Kept: its task holds the lifespan open, and would be collected with it.
        self._lifespan = LifespanCycle(app, "on")
        self._lifespan.__enter__()
        self._mangum = Mangum(
            self._buffered,
            lifespan="off",
            custom_handlers=[ScopeGateway],
            # Text like any JSON, as the fast path sends it.
            text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, CARD_TYPE, CATALOGUE_TYPE],
        )

    def answer(self, event: Any, context: Any) -> dict[str, Any]:
        """The Function URL response to one event, whole."""
        # A tool that used `asyncio.run` on this thread has taken the loop away.
        asyncio.set_event_loop(self._loop)
        try:
            scope = http_scope(event, context)
        except BadEventError as error:
            refusal = _refusal(error)
            return {
                "statusCode": refusal.status_code,
                "headers": dict(refusal.headers),
                "body": bytes(refusal.body).decode(),
                "isBase64Encoded": False,
            }
        return self._mangum(dict(scope), context)

    async def _buffered(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Mangum's message for the body, which it has not read.
        await receive()
        body = partial(event_body, scope["aws.event"])
        await self._watched(scope, replay(body, receive), send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, told that it need not listen whether its client has left.

        Mangum's cannot, and `mesh.runtime.streaming` cancels what it streams.
        """
        scope[LEAVING_IS_WATCHED] = True
        await self.app(scope, receive, send)

    async def stream(self, event: Any, context: Any, receive: Receive, send: Send) -> None:
        """Answer one event in ASGI messages, as they come; only within `run`.

        Args:
            event: The Function URL event.
            context: What Lambda tells of the invocation.
            receive: Called for what the client does after its request, leave, by what listens.
                What does not must be cancelled then.
            send: Gets the response.
        """
        try:
            scope = http_scope(event, context)
        except BadEventError as error:
            await _refusal(error)({"type": "http"}, receive, send)
            return
        await self._watched(scope, replay(partial(event_body, event), receive), send)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the instance's loop, where its lifespan is."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(work)

    def close(self) -> None:
        """Leave the lifespan; for tests, since Lambda ends a sandbox without a word."""
        asyncio.set_event_loop(self._loop)
        self._lifespan.__exit__(None, None, None)
        left_over = asyncio.all_tasks(self._loop)
        for task in left_over:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left_over, return_exceptions=True))
        self._loop.close()
        asyncio.set_event_loop(None)


def _refusal(error: BadEventError) -> JSONResponse:
    logger.warning("refused an event: %s", error)
    return failure(400, INVALID_REQUEST, str(error))


def start(
    settings: Settings,
    rate_limit: RateLimit | None = None,
    *,
    cold: bool = True,
    tokens: AccessTokens | None = None,
) -> Instance:
    """Bring the application up, ready for its first event.

    Args:
        settings: What this deployment is.
        rate_limit: That of the fast path, where one has been answering before.
        cold: Whether the instance has answered nothing yet.
        tokens: What tells callers by access tokens on the fast path, with the keys it has.
    """
    for module in settings.preload:
        imported(module)
    server = load(build_info.read().server)
    # A server may know whether what it needs is there.
    readiness = getattr(server, "readiness", None)
    keys = key_ring(settings)
    app = build_app(
        server,
        settings,
        keys,
        rate_limit=rate_limit,
        cold=cold,
        origin_secrets=origin_secrets(settings, keys),
        tokens=tokens,
    )
    instance = Instance(app, event_loop.take())
    changes.watch(server)
    if readiness is not None:
        # Connections do not outlive a snapshot.
        snapshot.forgets(lambda: instance.run(readiness.close()))
    return instance
