"""What tools keep with `ctx.set_state`: it lasts for one call, on whatever instance.

FastMCP's own store keeps it in memory, under a session's id that callers send. So another call
would find it on the same instance only, and another caller's too. What has to last longer
needs a store that all instances share.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from fastmcp.exceptions import ToolError

# How FastMCP's keys begin or end, of what is for later calls too.
LASTING_STARTS = ("session:", "user:")
LASTING_END = ":_visibility_rules"
NOT_SHARED = (
    "This tool keeps something for later calls, and the server has no store that all instances "
    "share. Give it one: FastMCP(session_state_store=...). See docs/reference/fastmcp-features.md."
)

_values: ContextVar[dict[str, dict[str, Any]] | None] = ContextVar("mesh_call_state", default=None)


@contextmanager
def one_call() -> Generator[None]:
    """What is kept within is forgotten at the end."""
    before = _values.set({})
    try:
        yield
    finally:
        _values.reset(before)


class CallState:
    """FastMCP's `session_state_store` for a server that has none of its own."""

    async def get(self, key: str, *, collection: str | None = None) -> dict[str, Any] | None:
        """What this call has kept, or None."""
        del collection
        return _of_this_call().get(key)

    async def put(
        self,
        key: str,
        value: Mapping[str, Any],
        *,
        collection: str | None = None,
        ttl: float | None = None,
    ) -> None:
        """Keep it until the end of this call.

        Raises:
            ToolError: It is meant to last longer.
        """
        del collection, ttl
        if key.startswith(LASTING_STARTS) or key.endswith(LASTING_END):
            raise ToolError(NOT_SHARED)
        _of_this_call()[key] = dict(value)

    async def delete(self, key: str, *, collection: str | None = None) -> bool:
        """Forget it; whether it was there."""
        del collection
        return _of_this_call().pop(key, None) is not None


def _of_this_call() -> dict[str, dict[str, Any]]:
    values = _values.get()
    return {} if values is None else values
