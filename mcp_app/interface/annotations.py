"""Tool annotations: hints to clients on what a call may change.

https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool
"""

from __future__ import annotations

from mcp_types import ToolAnnotations

# For tools that look and do not touch; clients may call them without asking. Their world is
# closed: a hosted backend is asked over the network, but for this deployment's own records,
# never for whatever the web holds.
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
