"""SERVER_TITLE: an MCP server. `mesh up` runs it on this machine, `mesh deploy` on AWS."""

import os
from datetime import UTC, datetime

from fastmcp import FastMCP

mcp = FastMCP("SERVER_TITLE")


@mcp.tool(annotations={"readOnlyHint": True})
def now() -> str:
    """The time at the server, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@mcp.tool
def greet(name: str) -> str:
    """Greet somebody by name."""
    return f"{os.environ.get('GREETING', 'Hello')}, {name}!"
