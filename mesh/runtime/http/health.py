"""`/health`, which touches nothing, and `/ready`, which asks whatever the server needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from starlette.requests import Request
    from starlette.responses import Response

    from mesh.runtime.config.build_info import BuildInfo
    from mesh.runtime.config.settings import Settings

    class Readiness(Protocol):
        """What a server may have as its attribute `readiness`."""

        async def states(self, seconds: float) -> Mapping[str, Mapping[str, Any]]:
            """By name, each thing that the server needs; `status` is `ok`, or else it is down."""

        async def close(self) -> None:
            """Close connections: the instance ends, or is frozen in a snapshot."""


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
        "content_date": build.content_date,
        "auth": settings.auth,
    }


def health(settings: Settings, build: BuildInfo) -> Endpoint:
    """What runs here. The answer is made once: it cannot change while the instance lives."""
    from starlette.responses import JSONResponse  # not on the fast path

    answer = JSONResponse(health_document(settings, build), headers=NO_STORE)

    async def endpoint(_request: Request) -> Response:
        return answer

    return endpoint


def ready(settings: Settings, readiness: Readiness | None) -> Endpoint:
    """The state of everything that the server needs; 503 when something is down."""
    from starlette.responses import JSONResponse  # not on the fast path

    async def endpoint(_request: Request) -> Response:
        seconds = min(READY_SECONDS, settings.deadline_seconds)
        states = {} if readiness is None else await readiness.states(seconds)
        up = all(state["status"] == "ok" for state in states.values())
        body = {"status": "ok" if up else "unavailable", "sources": states}
        return JSONResponse(body, 200 if up else 503, NO_STORE)

    return endpoint
