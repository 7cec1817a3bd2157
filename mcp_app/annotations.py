"""Tool annotations: hints to clients on what a call may change.

https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool
"""

from __future__ import annotations

from mcp_types import ToolAnnotations

# For tools that look and do not touch; clients may call them without asking.
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
