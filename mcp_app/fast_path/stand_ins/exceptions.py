"""FastMCP's exceptions that tools raise; whatever raises is answered by FastMCP itself."""

from __future__ import annotations


class ToolError(Exception):
    """An error whose text is for the caller."""
