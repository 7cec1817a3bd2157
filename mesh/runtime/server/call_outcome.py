"""How a call ended on the fast path, where FastMCP has to write it: no call runs twice.

An instance answers one request at a time.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_left: list[tuple[str, Callable[[], Any]]] = []


def leave(tool: str, outcome: Callable[[], Any]) -> None:
    """Leave how a call ended to FastMCP's way.

    Args:
        tool: The name of the one that was called.
        outcome: Gives its result, or raises its error.
    """
    _left[:] = [(tool, outcome)]


def is_left() -> bool:
    """Whether a call has ended that is not answered yet."""
    return bool(_left)


def take(tool: str) -> Callable[[], Any] | None:
    """What was left of a call of this tool, once; None where it was not called."""
    if not _left or _left[0][0] != tool:
        return None
    return _left.pop()[1]


def forget() -> None:
    """The request is answered: whatever was left is nobody's."""
    _left.clear()
