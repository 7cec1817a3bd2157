"""`/health`, which touches nothing, and `/ready`, which asks every source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mcp_app.build_info import BuildInfo
from mcp_app.settings import Settings
from mcp_app.sources import Sources

NO_STORE = {"cache-control": "no-store"}

type Endpoint = Callable[[Request], Awaitable[Response]]


def health(settings: Settings, build: BuildInfo) -> Endpoint:
    """What runs here. The answer is made once: it cannot change while the instance lives."""
    answer = JSONResponse(
        {
            "status": "ok",
            "name": settings.name,
            "environment": settings.environment,
            "version": build.version,
            "commit": build.commit,
            "dirty": build.dirty,
            "architecture": build.architecture,
            "function_version": settings.function_version,
            "content_sha256": build.content_sha256,
            "backend": settings.backend,
            "auth": settings.auth,
        },
        headers=NO_STORE,
    )

    async def endpoint(_request: Request) -> Response:
        return answer

    return endpoint


def ready(sources: Sources) -> Endpoint:
    """Each source's state and latency in milliseconds; 503 when one is down."""

    async def endpoint(_request: Request) -> Response:
        states = await anyio.to_thread.run_sync(sources.check)
        up = all(state.status == "ok" for state in states)
        body = {
            "status": "ok" if up else "unavailable",
            "sources": {state.source: state.as_dict() for state in states},
        }
        return JSONResponse(body, 200 if up else 503, NO_STORE)

    return endpoint
