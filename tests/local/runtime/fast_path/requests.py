"""Requests to both ways, of both protocol eras and of `/rpc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.local.runtime.fast_path.pair import event

MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
# A path, and `modern` for the era without a handshake.
KINDS = ("/mcp", "/mcp modern", "/rpc")


def asked(method: str, params: dict[str, Any], kind: str, key: str | None = None) -> dict[str, Any]:
    """The event of a request.

    Args:
        method: JSON-RPC's.
        params: Without `_meta`.
        kind: One of `KINDS`.
        key: The API key; None for a server that asks for none.
    """
    path, _, era = kind.partition(" ")
    headers = {"content-type": "application/json", "accept": "application/json"}
    headers |= {"x-api-key": key} if key else {}
    if era:
        meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}
        params = {**params, "_meta": meta}
        headers |= {"mcp-protocol-version": MODERN, "mcp-method": method}
        name = params.get("uri" if method == "resources/read" else "name")
        headers |= {} if name is None else {"mcp-name": str(name)}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return event("POST", path, message, headers)


def call(tool: str, arguments: dict[str, Any], kind: str) -> dict[str, Any]:
    """The event of a tool call."""
    return asked("tools/call", {"name": tool, "arguments": arguments}, kind)


def in_all_ways(tool: str, arguments: dict[str, Any]) -> list[Any]:
    """A call of every kind."""
    return [call(tool, arguments, kind) for kind in KINDS]


def all_in_all_ways(calls: Mapping[str, Sequence[dict[str, Any]]]) -> list[tuple[str, Any]]:
    """Calls of every kind, each with its tool.

    Args:
        calls: The arguments of each, by tool.
    """
    return [
        (tool, one)
        for tool, many in calls.items()
        for arguments in many
        for one in in_all_ways(tool, arguments)
    ]
