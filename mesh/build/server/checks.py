"""What of a FastMCP server keeps all of its answers with FastMCP.

The fast path gives answers that the build froze, and calls functions as FastMCP would. Both hold
only where nothing of the server's own stands between FastMCP and the tools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mesh.runtime.config.variables import SettingsError

# FastMCP's name for what the package fastmcp-tasks adds to a server.
TASKS = "io.modelcontextprotocol/tasks"
MESH_PATHS = {"/", "/health", "/mcp", "/mcp/", "/ready", "/rpc"}


def refuse(server: Any) -> None:
    """Refuse what Lambda cannot provide.

    Args:
        server: The FastMCP server, as its author made it.

    Raises:
        SettingsError: It has something of that kind.
    """
    from mesh.runtime.server.server_loader import with_mounted

    for one in with_mounted(server):
        local: list[Any] = [provider for provider in one.providers if _is_local(provider)]
        tasks = [
            each.name
            for provider in local
            for each in provider._components.values()
            if (config := getattr(each, "task_config", None)) and config.supports_tasks()
        ]
        if tasks or TASKS in one._extensions:
            raise SettingsError(
                f"{one.name} has background tasks"
                f"{f', {", ".join(sorted(tasks))}' if tasks else ''}. Lambda stops an instance "
                "between requests, and the task in it. Remove task= and the extension."
            )


def notes(server: Any) -> list[str]:
    """What the author should know of the server, a sentence each."""
    routes = server._get_additional_http_routes()
    return [
        f"Mesh answers {path} itself: the server's own route for it is never called"
        for path in sorted({route.path for route in routes} & MESH_PATHS)
    ]


def whole_server_reason(server: Any) -> str:
    """Why FastMCP answers everything; empty where it need not.

    Args:
        server: The FastMCP server, as its author made it.
    """
    return next(_reasons(server), "")


def _reasons(server: Any) -> Iterator[str]:
    from fastmcp.server.providers.fastmcp_provider import FastMCPProvider

    yield from _own_reasons(server)
    for provider in map(_unwrapped, server.providers):
        if type(provider) is FastMCPProvider and not provider._transforms:
            yield from _reasons(provider.server)
        elif not _is_local(provider) or provider._transforms:
            yield f"the server has a provider of its own, {type(provider).__name__}"
        else:
            yield from _checked(provider._components.values())


def _own_reasons(server: Any) -> Iterator[str]:
    from fastmcp import FastMCP
    from fastmcp.server.middleware.dereference import DereferenceRefsMiddleware
    from fastmcp.server.server import default_lifespan

    if type(server) is not FastMCP:
        yield f"the server is a {type(server).__name__}"
    for one in server.middleware:
        if type(one) is not DereferenceRefsMiddleware and not _is_ours(one):
            yield f"the server has middleware, {type(one).__name__}"
    if server._lifespan is not default_lifespan:
        yield "the server has a lifespan"
    if server._transforms:
        yield f"the server has a transform, {type(server._transforms[0]).__name__}"
    if server._extensions:
        yield f"the server has an extension, {next(iter(server._extensions))}"
    if server.strict_input_validation:
        yield "the server validates strictly"


def _unwrapped(provider: Any) -> Any:
    """The provider within one that only puts a name before those of its tools."""
    from fastmcp.server.transforms.namespace import Namespace

    inner = getattr(provider, "_inner", None)
    kinds = [type(one) for one in provider._transforms]
    return inner if inner is not None and kinds == [Namespace] else provider


def _is_local(provider: Any) -> bool:
    """Whether it is FastMCP's own place for what is registered with a server."""
    from fastmcp.server.providers.local_provider import LocalProvider

    kind = type(provider)
    return issubclass(kind, LocalProvider) and kind.__module__.startswith("fastmcp.")


def _checked(components: Iterable[Any]) -> Iterator[str]:
    for one in components:
        if getattr(one, "auth", None) is not None:
            yield f"FastMCP checks who may use {one.name}"


def _is_ours(middleware: Any) -> bool:
    return type(middleware).__module__.startswith("mesh.runtime.")
