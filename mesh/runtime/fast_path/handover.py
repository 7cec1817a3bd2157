"""What the fast path leaves to FastMCP."""

from __future__ import annotations


class LeftToFastMcpError(Exception):
    """FastMCP's way answers this request: nothing is wrong with it, or here.

    Args:
        reason: Why, in one word, for the log; `mesh.runtime.observability.way` has them.
    """

    def __init__(self, reason: str = "method") -> None:
        super().__init__(reason)
        self.reason = reason
