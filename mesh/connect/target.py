"""The server that a client is to be connected to: its address, its way in, its name."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from mesh.failure import CommandFailedError
from mesh.runtime.clients import Connection, Way
from mesh.smoke.credential import region_of

SECONDS = 15.0
# By what `/health` says under `auth`; where both are taken, the key needs no browser.
WAYS: dict[str, Way] = {
    "api_key": "api_key",
    "both": "api_key",
    "oauth": "oauth",
    "iam": "iam",
    "none": "open",
}


def mcp_url(url: str) -> str:
    """The address that serves MCP; of a base address, its `/mcp`."""
    return f"{url.rstrip('/')}/mcp" if urlsplit(url).path in {"", "/"} else url


def target(url: str, way: Way | None, name: str | None, region: str | None) -> Connection:
    """The server at this address.

    Args:
        url: its address, or that of its `/mcp`.
        way: how callers prove who they are; None to ask the server.
        name: what it is to be called; None for its own name.
        region: the AWS region that requests are signed for; None for that in the address.

    Raises:
        CommandFailedError: the server does not say what was left out.
    """
    address = mcp_url(url)
    said: dict[str, object] = {}
    if way is None or name is None:
        said = _health(address)
    chosen = way or WAYS.get(str(said.get("auth")))
    if chosen is None:
        raise CommandFailedError(
            f"{url} has no /health that says how callers prove who they are. Say it with --auth: "
            "api-key, oauth, iam or none."
        )
    known = name or str(said.get("name") or "") or (urlsplit(address).hostname or "").split(".")[0]
    found = Connection(address, chosen, name=known)
    place = region or region_of(address)
    return replace(found, region=place) if place else found


def _health(address: str) -> dict[str, object]:
    """What the server says of itself; nothing where it is not one of Mesh's."""
    try:
        reply = httpx.get(f"{address.removesuffix('/mcp')}/health", timeout=SECONDS)
        said = reply.json()
    except (httpx.HTTPError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
