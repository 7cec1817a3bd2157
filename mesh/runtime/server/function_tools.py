"""FastMCP's tools: a call that the fast path has made is not made again, and none ends the process.

FastMCP has no hook around a tool's function alone, so its own method is replaced; whatever kind of
server a tool belongs to, and wherever that is mounted.
"""

from __future__ import annotations

from typing import Any

from fastmcp.tools.function_tool import FunctionTool

from mesh.runtime.server import finished_call
from mesh.runtime.server.exits import contained_exits

_own_run_body = FunctionTool._run_body  # noqa: SLF001 - as said above


async def _run_body(self: FunctionTool, *given: Any, **named: Any) -> Any:
    """What the function gives, or gave.

    Raises:
        Exception: whatever it raises, or raised.
    """
    outcome = finished_call.take(self.name)
    if outcome is None:
        with contained_exits():
            return await _own_run_body(self, *given, **named)
    return outcome()


def guard() -> None:
    """Have all tools of this process called so."""
    FunctionTool._run_body = _run_body  # type: ignore[method-assign]  # noqa: SLF001 - as said above
