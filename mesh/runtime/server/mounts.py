"""A server and those that are mounted on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.providers.fastmcp_provider import FastMCPProvider


def with_mounted(server: FastMCP[Any]) -> Iterator[FastMCP[Any]]:
    """The server itself first, then what is mounted on it, at any depth."""
    yield server
    for provider in server.providers:
        inner: Any = provider
        # What puts a namespace before names.
        while hasattr(inner, "_inner"):
            inner = inner._inner  # noqa: SLF001 - no public way
        if isinstance(inner, FastMCPProvider):
            yield from with_mounted(inner.server)
