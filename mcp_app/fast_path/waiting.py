"""Tools that wait for other services: on an event loop that is kept, as their connections are."""

from __future__ import annotations

from importlib import import_module

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mcp_app.caller import Caller


class Waiting:
    """Calls tools that may have to wait."""

    def __init__(self) -> None:
        # By name: of this one the fast path has a stand-in, which does not wait.
        self._loop: Any = import_module("asyncio").new_event_loop()

    def run(self, function: Callable[..., Any], arguments: dict[str, Any], _caller: Caller) -> Any:
        """What the tool's function gives.

        Args:
            function: Plain, or a coroutine's.
            arguments: By name.

        Raises:
            Exception: whatever it raises.
        """
        made = function(**arguments)
        return self._loop.run_until_complete(made) if hasattr(made, "send") else made

    def close(self) -> None:
        """Close the loop; for tests."""
        self._loop.close()
