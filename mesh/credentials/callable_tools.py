"""Which tools a deployed server lists for a key: those that the key may call."""

from __future__ import annotations

from typing import Any

import httpx

from mesh.failure import CommandFailedError

# A cold instance and its first FastMCP.
LIMIT_SECONDS = 30


def callable_tools(mcp_url: str, key: str) -> frozenset[str]:
    """The names of the tools that a server lists for a key.

    Args:
        mcp_url: The server's `/mcp`.
        key: The API key.

    Raises:
        CommandFailedError: the server does not list them.
    """
    url, headers = f"{mcp_url.removesuffix('mcp')}rpc", {"x-api-key": key}
    names: set[str] = set()
    params: dict[str, str] = {}
    while True:
        try:
            message = {"method": "tools/list", "params": params}
            answer = httpx.post(url, json=message, headers=headers, timeout=LIMIT_SECONDS)
            answer.raise_for_status()
            result: dict[str, Any] = answer.json()["result"]
        except (httpx.HTTPError, ValueError, LookupError) as error:
            raise CommandFailedError(f"{url} does not list its tools: {error}") from error
        names |= {tool["name"] for tool in result["tools"]}
        if not (cursor := result.get("nextCursor")):
            return frozenset(names)
        params = {"cursor": cursor}
