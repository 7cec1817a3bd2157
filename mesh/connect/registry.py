"""`server.json` for the MCP registry, made from what the server says of itself.

https://github.com/modelcontextprotocol/registry/tree/main/docs/reference/server-json
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from mesh.connect.target import SECONDS, mcp_url
from mesh.failure import CommandFailedError

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
NAME = re.compile(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+")
LONGEST_NAME = 200
# Whoever publishes has to own the namespace, and nobody owns these.
NOT_OWNED = re.compile(r"aws\.on\.|[0-9.]+/|localhost/")
# What the registry's own schema has of a server card.
KEPT = ("title", "description", "version", "websiteUrl")


def server_card(url: str) -> dict[str, Any]:
    """What a server says of itself.

    Raises:
        CommandFailedError: it cannot be reached, or says nothing.
    """
    address = f"{mcp_url(url)}/server-card"
    try:
        reply = httpx.get(address, timeout=SECONDS)
    except httpx.HTTPError as error:
        raise CommandFailedError(f"{address} cannot be read: {error}") from error
    try:
        card = reply.json() if reply.is_success else None
    except ValueError:
        card = None
    if not isinstance(card, dict) or "remotes" not in card:
        raise CommandFailedError(
            f"{address} is no server card (HTTP status {reply.status_code}). Servers of this "
            "version of Mesh have one; deploy the server again."
        )
    return card


def server_json(url: str, name: str | None) -> dict[str, Any]:
    """The registry's document.

    Args:
        url: the server's address.
        name: such as `io.github.you/weather`; None for the one in the server's card.

    Raises:
        CommandFailedError: there is no such server, or the name cannot be published.
    """
    if name is not None and not (NAME.fullmatch(name) and len(name) <= LONGEST_NAME):
        raise CommandFailedError(
            f"{name!r} is no name of the registry: write it like io.github.you/weather, with "
            "letters, digits, dots and hyphens, and one slash."
        )
    card = server_card(url)
    chosen = name or card["name"]
    if NOT_OWNED.match(chosen):
        raise CommandFailedError(
            f"{chosen} belongs to nobody who could publish it. Name the server with --name: below "
            "your GitHub account (io.github.you/weather) or your domain (com.example/weather)."
        )
    remotes = [
        {key: value for key, value in remote.items() if key in {"type", "url", "headers"}}
        for remote in card["remotes"]
    ]
    kept = {key: card[key] for key in KEPT if key in card}
    return {"$schema": SCHEMA, "name": chosen, **kept, "remotes": remotes}
