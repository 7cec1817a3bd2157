"""The ASGI application: what a request passes, in order, and where it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import TYPE_CHECKING

from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mesh.runtime.access.access_control import DISCOVERY_PATHS, AccessControl
from mesh.runtime.access.access_tokens import AccessTokens
from mesh.runtime.access.api_keys import KeyRing
from mesh.runtime.access.origin_guard import OriginGuard
from mesh.runtime.access.rate_limit import RateLimit
from mesh.runtime.access.tool_access import for_unlimited
from mesh.runtime.config import build_info
from mesh.runtime.config.settings import Settings
from mesh.runtime.endpoint.mcp_endpoint import McpEndpoint
from mesh.runtime.endpoint.rpc import PlainJsonRpc
from mesh.runtime.http.discovery import discovery
from mesh.runtime.http.health import health, ready
from mesh.runtime.http.home import home
from mesh.runtime.oauth.protected_resource import PATHS, metadata
from mesh.runtime.observability.metrics import tool_metrics
from mesh.runtime.observability.request_log import RequestLog
from mesh.runtime.request.errors import (
    INVALID_REQUEST,
    NOT_ALLOWED,
    NOTHING_HERE,
    CatchAll,
    failure,
)
from mesh.runtime.server.server_loader import adopt

if TYPE_CHECKING:
    from mesh.runtime.domain.origin_secret import OriginSecrets
    from mesh.runtime.http.health import Readiness


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    if error.status_code == 404:
        message = NOTHING_HERE.format(path=request.scope["path"])
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        message = NOT_ALLOWED.format(method=request.method, allowed=allowed)
    else:
        message = error.detail
    return failure(error.status_code, INVALID_REQUEST, message, error.headers)


def _own_routes(server: FastMCP, tool_scopes: Mapping[str, frozenset[str]]) -> Iterator[BaseRoute]:
    """The server's `custom_route`s, and those of mounted servers."""
    for route in server._get_additional_http_routes():  # noqa: SLF001 - as FastMCP's own application does
        own = copy(route)
        if isinstance(own, Route):
            own.app = for_unlimited(own.app, tool_scopes)
        yield own


def build_app(
    server: FastMCP,
    settings: Settings,
    key_ring: KeyRing | None,
    *,
    rate_limit: RateLimit | None = None,
    cold: bool = True,
    origin_secrets: OriginSecrets | None = None,
    tokens: AccessTokens | None = None,
) -> Starlette:
    """The application for this server; enter its lifespan once before the first request.

    Args:
        server: The FastMCP server, its tools registered.
        settings: What this deployment is.
        key_ring: The valid API keys, where `settings.auth` takes them.
        rate_limit: How many calls each caller may make; as the settings say when None.
        cold: Whether the instance has answered nothing yet.
        origin_secrets: What proves that requests came through `settings.public_url`, where
            `settings.origin_secret_parameter` demands it.
        tokens: What tells callers by access tokens, where the fast path has it already.

    Raises:
        ValueError: that is demanded and could not be checked.
    """
    if settings.origin_secret_parameter is not None and origin_secrets is None:
        raise ValueError("requests must come through the domain, and nothing could prove it")
    tracer = None
    if settings.otlp_endpoint is not None:
        from mesh.runtime.observability.tracing import tracer as of_process

        # Here, so that a server without a collector does not pay for it.
        tracer = of_process(settings)
    adopt(server, settings, tracer)
    readiness: Readiness | None = getattr(server, "readiness", None)
    oauth = settings.oauth
    mcp = McpEndpoint(server, oauth.tool_scopes if oauth else {})
    public = [Route(path, metadata(oauth, settings.name)) for path in PATHS] if oauth else []
    build = build_info.read()
    domain = []
    if settings.public_url is not None:
        # Here, so that a server without a domain does not pay for it at a cold start.
        from mesh.runtime.domain.middleware import Domain

        domain = [Middleware(Domain, url=settings.public_url, secrets=origin_secrets)]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        try:
            async with mcp.lifespan():
                yield
        finally:
            if readiness is not None:
                await readiness.close()

    return Starlette(
        routes=[
            Route("/", home(settings, build, server)),
            Route("/health", health(settings, build)),
            Route("/ready", ready(settings, readiness)),
            Route("/mcp", mcp, methods=["POST"]),
            Route("/mcp/", mcp, methods=["POST"]),
            Route("/rpc", PlainJsonRpc(mcp), methods=["POST"]),
            *public,
            *(Route(path, discovery(settings, server)) for path in DISCOVERY_PATHS),
            *_own_routes(server, oauth.tool_scopes if oauth else {}),
        ],
        middleware=[
            Middleware(
                RequestLog,
                metrics=tool_metrics(settings.metrics_namespace, settings.environment),
                cold=cold,
                tracer=tracer,
            ),
            Middleware(CatchAll),
            *domain,
            Middleware(OriginGuard, allowed_origins=settings.allowed_origins),
            Middleware(
                AccessControl,
                auth=settings.auth,
                key_ring=key_ring,
                tokens=tokens or AccessTokens(oauth) if oauth else None,
                rate_limit=rate_limit or RateLimit(settings.rate_limit_per_minute),
                limits_sources=getattr(server, "limits_sources", False),
            ),
        ],
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )
