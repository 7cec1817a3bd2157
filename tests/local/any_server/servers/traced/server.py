"""Tools that ask something else, one after the other and in a thread of their own."""

from typing import Any

import mesh
from fastmcp import FastMCP

mcp: FastMCP[Any] = FastMCP("Traced")


@mcp.tool
def look_up(city: str) -> str:
    """A plain function, which runs in a thread."""
    with mesh.span("weather service", city=city, attempt=1):
        return f"It rains in {city}."


@mcp.tool
async def look_up_twice(city: str) -> str:
    """A coroutine."""
    with mesh.span("weather service", city=city):
        pass
    with mesh.span("map service"):
        return city


@mcp.tool
def fail() -> str:
    """What it asks is down."""
    with mesh.span("weather service"):
        raise ConnectionError("down")
