"""Whether a server is still what it was when it started: a tool may add tools, or remove some.

What the build froze of its answers is right only as long as it is.
"""

from __future__ import annotations

from operator import is_
from typing import Any

from fastmcp import FastMCP

from mesh.runtime.server.server_loader import with_mounted

_server: FastMCP[Any] | None = None
_parts: list[Any] = []


def watch(server: FastMCP[Any]) -> None:
    """Remember what it is made of now.

    Args:
        server: One of a class of its own may register things when they are first used, and
            answers for itself.
    """
    global _server, _parts
    if type(server) is FastMCP:
        _server, _parts = server, _parts_of(server)


def has_changed() -> bool:
    """Whether the watched server is made of something else now."""
    if _server is None:
        return False
    parts = _parts_of(_server)
    return len(parts) != len(_parts) or not all(map(is_, parts, _parts))


def _parts_of(server: FastMCP[Any]) -> list[Any]:
    parts: list[Any] = []
    for one in with_mounted(server):
        parts += [one, *one.middleware, *one._transforms, *one._extensions.values()]  # noqa: SLF001 - no public way
        for provider in one.providers:
            parts += [provider, *provider._transforms]  # noqa: SLF001 - as above
            parts += getattr(provider, "_components", {}).values()
    return parts
