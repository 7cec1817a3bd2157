"""One Lambda instance: one event loop, one lifespan, for as long as the sandbox lives.

Mangum's own `lifespan="auto"` would enter and leave the lifespan at every invocation;
the MCP session manager runs once only, and would fail at the second.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from mangum import Mangum
from mangum.protocols import LifespanCycle
from starlette.applications import Starlette

from mcp_app.api_keys import KeyRing, KeysUnavailableError
from mcp_app.asgi.app import build_app
from mcp_app.parameter_store import ParameterUnavailableError, get_parameter
from mcp_app.server import build_server
from mcp_app.settings import Settings
from mcp_app.sources import Sources


def _read_keys(parameter: str) -> str:
    try:
        return get_parameter(parameter)
    except ParameterUnavailableError as error:
        raise KeysUnavailableError(str(error)) from error


def key_ring(settings: Settings) -> KeyRing | None:
    """The ring of valid API keys; None where API keys are not the way in."""
    if settings.auth != "api_key" or settings.api_keys_parameter is None:
        return None
    return KeyRing(
        partial(_read_keys, settings.api_keys_parameter),
        source=f"SSM parameter {settings.api_keys_parameter}",
        ttl_seconds=settings.secrets_ttl_seconds,
    )


class Instance:
    """Answers events, one after the other, on a loop of its own.

    Args:
        app: The application; its lifespan is entered here, once.
    """

    def __init__(self, app: Starlette) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        # Kept: its task holds the lifespan open, and would be collected with it.
        self._lifespan = LifespanCycle(app, "on")
        self._lifespan.__enter__()
        self._mangum = Mangum(app, lifespan="off")

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The Function URL response to one event that `check_event` has passed."""
        # A tool that used `asyncio.run` on this thread has taken the loop away.
        asyncio.set_event_loop(self._loop)
        return self._mangum(event, context)

    def close(self) -> None:
        """Leave the lifespan; for tests, since Lambda ends a sandbox without a word."""
        asyncio.set_event_loop(self._loop)
        self._lifespan.__exit__(None, None, None)
        left_over = asyncio.all_tasks(self._loop)
        for task in left_over:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left_over, return_exceptions=True))
        self._loop.close()
        asyncio.set_event_loop(None)


def start(settings: Settings) -> Instance:
    """Bring the application up, ready for its first event."""
    sources = Sources(settings.index)
    server = build_server(settings, sources)
    return Instance(build_app(server, settings, sources, key_ring(settings)))
