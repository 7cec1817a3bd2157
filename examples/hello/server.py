"""The smallest server: three tools, no settings. `mesh up server.py` deploys it."""

import platform
from datetime import UTC, datetime

from fastmcp import FastMCP

mcp = FastMCP("Hello")


@mcp.tool(annotations={"readOnlyHint": True})
def now() -> str:
    """The time at the server, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@mcp.tool
def hello(name: str) -> str:
    """Greet somebody from the machine that answers."""
    return f"Hello, {name}! This is Python {platform.python_version()}."


@mcp.tool
def add(numbers: list[float]) -> float:
    """Add numbers."""
    return sum(numbers)
