"""The event loop and the backend over the network, left by one way of an instance to the other.

So that FastMCP, started after the fast path has called tools, asks with the same connections,
secrets and checks; a pool of connections is bound to its loop. Imported by both ways, and never
twice.
"""

from __future__ import annotations

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from typing import Any

_left: dict[str, Any] = {}


def leave(loop: AbstractEventLoop, backend: Any, settings: Any) -> None:
    """Leave both to FastMCP's way.

    Args:
        loop: Not running.
        backend: Whose connections are bound to it.
        settings: Those of the backend.
    """
    _left.update(loop=loop, backend=backend, settings=settings)


def take(settings: Any) -> tuple[AbstractEventLoop, Any] | None:
    """What was left, once; None where nothing was for these settings.

    Args:
        settings: Of the backend that is wanted.
    """
    left = {**_left}
    _left.clear()
    # The fast path's settings are of a class of their own.
    if not left or left["loop"].is_closed() or vars(left["settings"]) != vars(settings):
        return None
    return left["loop"], left["backend"]
