"""Which way answers the request: `fast` without FastMCP, or `full`, and one word for why.

docs/explanation/fast-path.md says what each reason means.
"""

from __future__ import annotations

FAST, FULL = "fast", "full"
# The build found that the fast path can answer, and here it cannot.
UNEXPECTED = frozenset({"environment", "error"})

_reason = "off"


def hand_on(reason: str) -> None:
    """Say why FastMCP's way gets the request; an instance has one at a time."""
    global _reason
    _reason = reason


def reason() -> str:
    """Why FastMCP's way has the request."""
    return _reason
