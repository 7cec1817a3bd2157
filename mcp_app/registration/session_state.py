"""FastMCP's store of session state, made when something is first put into it.

FastMCP looks there with every list and call, for what a tool may have hidden in this session.
Its store costs 0.1 s of imports on a cold start; nothing can be in one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StateWhenWritten:
    """Empty until the first `put`; then it is FastMCP's own store.

    Args:
        make: Makes that store.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._store: Any = None

    async def get(self, key: str, **options: Any) -> Any:
        """The value, or None."""
        return None if self._store is None else await self._store.get(key=key, **options)

    async def delete(self, key: str, **options: Any) -> bool:
        """Remove a value; whether there was one."""
        return self._store is not None and await self._store.delete(key=key, **options)

    def __getattr__(self, name: str) -> Any:
        if self._store is None:
            self._store = self._make()
        return getattr(self._store, name)
