"""The author's FastMCP server, from where the build found it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastmcp import FastMCP
from fastmcp.server.providers.fastmcp_provider import FastMCPProvider
from mcp.server.request_state import RequestStateBoundary

from mesh.runtime.access.tool_access import ToolAccess
from mesh.runtime.config.variables import SettingsError
from mesh.runtime.deferral import process
from mesh.runtime.observability.call_log import CallLog
from mesh.runtime.server.call_state import CallState
from mesh.runtime.server.function_tools import guard
from mesh.runtime.server.request_state import request_state_security

if TYPE_CHECKING:
    from mesh.runtime.config.settings import Settings
    from mesh.runtime.observability.tracing import Tracer


def load(server: str) -> FastMCP[Any]:
    """Import the server, or call the function that makes it.

    Args:
        server: Such as `server:mcp`: a module, and the name of a FastMCP object, or of a function
            without parameters that returns one.

    Raises:
        SettingsError: there is no such thing, or it is something else.
        Exception: whatever the module raises on import.
    """
    if not server:
        raise SettingsError("There is no build.json, and MESH_SERVER names no server.")
    name, _, attribute = server.partition(":")
    with _not_run(name):
        module = importlib.import_module(name)
    found: Any = getattr(module, attribute, None)
    if found is None:
        servers = [key for key, one in vars(module).items() if isinstance(one, FastMCP)]
        has = f"but the server {' and '.join(servers)}" if servers else "and no FastMCP server"
        raise SettingsError(f"The module {name} has nothing called {attribute!r}, {has}.")
    if not isinstance(found, FastMCP) and callable(found):
        found = process.made(server) or _made_by(found, server)
    if not isinstance(found, FastMCP):
        raise SettingsError(
            f"{server} is of type {type(found).__name__}; it has to be a FastMCP server, or a "
            "function that returns one."
        )
    for one in with_mounted(found):
        # FastMCP heeds that of the outermost server only.
        if one.auth is not None:
            which = server if one is found else f"{one.name}, mounted on {server},"
            raise SettingsError(
                f"{which} has auth=, which Mesh does not support: it checks callers itself. "
                "Remove it."
            )
    return found


def _made_by(function: Callable[..., Any], server: str) -> Any:
    """What a function returns that makes the server."""
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        if not inspect.isroutine(function):
            # An application of another framework, perhaps.
            return function
        raise SettingsError(
            f"{server} cannot be called without arguments: {error}. Write a line such as "
            "mcp = ... that gives them."
        ) from None
    return function()


@contextmanager
def _not_run(module: str) -> Iterator[None]:
    """Refuse a module that runs its server when it is imported: the import would not end."""

    def refuse(*_given: Any, **_named: Any) -> None:
        raise SettingsError(
            f"{module} runs its server when it is imported. Put the call of run() under "
            '`if __name__ == "__main__":`.'
        )

    own = FastMCP.run, FastMCP.run_async
    FastMCP.run = FastMCP.run_async = refuse  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        FastMCP.run, FastMCP.run_async = own  # type: ignore[method-assign]


def adopt(server: FastMCP[Any], settings: Settings, tracer: Tracer | None = None) -> None:
    """Put what Mesh adds around the server's own middleware, once.

    Nothing of it changes an answer: calls are logged, callers see the tools that they may call,
    no tool ends the process, and what a tool asks back is sealed with a key of all instances.
    """
    if any(isinstance(one, CallLog) for one in server.middleware):
        return
    guard()
    tool_scopes = settings.oauth.tool_scopes if settings.oauth else {}
    for one in with_mounted(server):
        if one._state_storage is None:  # noqa: SLF001 - it has no setter
            one._state_storage = CallState()  # type: ignore[assignment]  # noqa: SLF001 - as above; these are the methods that FastMCP calls
    # The outermost first: the log sees how a call really ended.
    server.middleware[:0] = [CallLog(server, tracer), ToolAccess(tool_scopes)]
    if server._request_state_security is None:  # noqa: SLF001 - it has no setter
        _seal(server, settings)


def _seal(server: FastMCP[Any], settings: Settings) -> None:
    """Seal what tools that ask back remember with a key of all instances.

    FastMCP gives its own key to the SDK's boundary when the server is made.
    """
    security = request_state_security(
        settings.state_key_parameter, settings.secrets_ttl_seconds, settings.name
    )
    low_level = server._mcp_server  # noqa: SLF001 - FastMCP hands it out in no other way
    boundary = RequestStateBoundary(security, default_audience=settings.name)
    low_level.middleware[:] = [
        boundary if isinstance(one, RequestStateBoundary) else one for one in low_level.middleware
    ]


def with_mounted(server: FastMCP[Any]) -> Iterator[FastMCP[Any]]:
    """The server itself first, then what is mounted on it, at any depth."""
    yield server
    for provider in server.providers:
        inner: Any = provider
        # What puts a namespace before names.
        while hasattr(inner, "_inner"):
            inner = inner._inner  # noqa: SLF001 - no public way
        if isinstance(inner, FastMCPProvider):
            yield from with_mounted(inner.server)
