"""How the server is, as a resource to attach or to watch."""

from __future__ import annotations

import json

from fastmcp.resources import resource

from mcp_app.interface.icons import icons
from mcp_app.tools.system import get_system_health

HEALTH = "aoma://health"


@resource(
    HEALTH,
    name="health",
    title="System health",
    mime_type="application/json",
    icons=icons("health"),
)
async def health() -> str:
    """Every knowledge source, asked at this moment: state, entries, latency."""
    return json.dumps(await get_system_health())
