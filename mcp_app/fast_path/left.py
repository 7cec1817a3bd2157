"""What the fast path leaves to FastMCP."""

from __future__ import annotations


class LeftToFastMcpError(Exception):
    """FastMCP's way answers this request: nothing is wrong with it, or here."""
