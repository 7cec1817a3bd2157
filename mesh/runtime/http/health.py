"""`/health`, which touches nothing, and `/ready`, which asks every source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mcp_app.deadline import Deadline

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_app.knowledge.backend import Backend
    from mcp_app.knowledge.results import SourceState
    from mesh.runtime.config.build_info import BuildInfo
    from mesh.runtime.config.settings import Settings

NO_STORE = {"cache-control": "no-store"}
# What watches a server should not have to wait long for a slow source; the first check of an
# instance of little memory takes seconds to import the sources' clients.
READY_SECONDS = 10.0

type Endpoint = Callable[[Request], Awaitable[Response]]


def health_document(settings: Settings, build: BuildInfo) -> dict[str, Any]:
    """What `/health` says; nothing that is secret, since anybody may read it."""
    return {
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
    }


def health(settings: Settings, build: BuildInfo) -> Endpoint:
    """What runs here. The answer is made once: it cannot change while the instance lives."""
    from starlette.responses import JSONResponse  # noqa: PLC0415 - not on the fast path

    answer = JSONResponse(health_document(settings, build), headers=NO_STORE)

    async def endpoint(_request: Request) -> Response:
        return answer

    return endpoint


def ready(settings: Settings, backend: Backend) -> Endpoint:
    """Each source's state and latency in milliseconds; 503 when one is down."""
    from starlette.responses import JSONResponse  # noqa: PLC0415 - not on the fast path

    async def endpoint(_request: Request) -> Response:
        states = await backend.check(Deadline.after(min(READY_SECONDS, settings.deadline_seconds)))
        up = all(state.status == "ok" for state in states)
        body = {
            "status": "ok" if up else "unavailable",
            "sources": {state.source: _without_name(state) for state in states},
        }
        return JSONResponse(body, 200 if up else 503, NO_STORE)

    return endpoint


def _without_name(state: SourceState) -> dict[str, Any]:
    """All but the name, which stands as the key."""
    from dataclasses import asdict  # noqa: PLC0415 - not on the fast path

    return {name: value for name, value in asdict(state).items() if name != "source"}
