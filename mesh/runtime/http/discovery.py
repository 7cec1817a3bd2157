"""The server card and the AI catalogue, which tell clients of the server before they connect.

They say no more than the page and `/health` do, and list no tools. Both specifications are drafts.
https://github.com/modelcontextprotocol/experimental-ext-server-card
https://github.com/Agent-Card/ai-catalog
"""

from __future__ import annotations

import re

from mesh.runtime import about
from mesh.runtime.access.access_control import SERVER_CARDS
from mesh.runtime.oauth.protected_resource import CACHE

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from fastmcp import FastMCP
    from starlette.requests import Request
    from starlette.responses import Response

    from mesh.runtime.config.build_info import BuildInfo
    from mesh.runtime.config.settings import Settings

CARD_TYPE = "application/mcp-server-card+json"
CATALOGUE_TYPE = "application/ai-catalog+json"
SCHEMA = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
# As the schema has them.
LONGEST = 100
PLAIN = re.compile(r"[^a-zA-Z0-9._-]+")


def _host(url: str) -> str:
    """The host in a server's address, without its port."""
    return url.partition("://")[2].rstrip("/").partition(":")[0]


def _short(name: str) -> str:
    return PLAIN.sub("-", name).strip("-") or "server"


def server_name(url: str, name: str) -> str:
    """The name in reverse-DNS form, such as `com.example.mcp/weather`.

    Args:
        url: the server's address.
        name: the deployment's.
    """
    host = _host(url)
    parts = host.split(".")
    # An address in numbers has no reverse.
    namespace = host if parts[-1].isdecimal() else ".".join(reversed(parts))
    return f"{namespace}/{_short(name)}"


def card(
    settings: Settings, build: BuildInfo, introduced: tuple[str, str | None], url: str
) -> dict[str, Any]:
    """The server card.

    Args:
        settings: what this deployment is.
        build: where the code comes from.
        introduced: FastMCP's name of the server, and its instructions.
        url: the server's address, with a slash at its end.
    """
    title = about.title(introduced[0], settings.name)[:LONGEST]
    remote: dict[str, Any] = {"type": "streamable-http", "url": f"{url}mcp"}
    if settings.auth in ("api_key", "both"):
        key = {
            "description": "An API key of this server",
            "isRequired": True,
            "isSecret": True,
        }
        remote["headers"] = [
            {
                "name": "Authorization",
                "description": "Not needed with an access token"
                if settings.auth == "both"
                else "Every call needs an API key",
                "isRequired": settings.auth == "api_key",
                "isSecret": True,
                "value": "Bearer {api_key}",
                "variables": {"api_key": key},
            }
        ]
    return {
        "$schema": SCHEMA,
        "name": server_name(url, settings.name),
        "version": build.version,
        "title": title,
        "description": about.purpose(introduced[1], LONGEST) or f"The MCP server {title}"[:LONGEST],
        "websiteUrl": url,
        "remotes": [remote],
    }


def catalogue(settings: Settings, url: str) -> dict[str, Any]:
    """The AI catalogue of this address, which has one server."""
    return {
        "specVersion": "1.0",
        "entries": [
            {
                "identifier": f"urn:air:{_host(url)}:mcp:{_short(settings.name)}",
                "type": CARD_TYPE,
                "url": f"{url}mcp/server-card",
            }
        ],
    }


def document(
    path: str, settings: Settings, introduced: tuple[str, str | None], url: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """What one of these paths answers, and its headers."""
    from mesh.runtime.config.build_info import read

    if path in SERVER_CARDS:
        return card(settings, read(), introduced, url), {**CACHE, "content-type": CARD_TYPE}
    return catalogue(settings, url), {**CACHE, "content-type": CATALOGUE_TYPE}


def discovery(settings: Settings, server: FastMCP) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of all of them, where FastMCP runs already."""
    from starlette.responses import JSONResponse  # not on the fast path

    from mesh.runtime.oauth.protected_resource import address_of

    async def endpoint(request: Request) -> Response:
        introduced = server.name, server.instructions
        url = address_of(request.scope).url
        content, headers = document(request.url.path, settings, introduced, url)
        return JSONResponse(content, headers=headers)

    return endpoint
