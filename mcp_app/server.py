"""The FastMCP server: its name, its instructions, and the tools found in `mcp_app.tools`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import mcp_types
from fastmcp import FastMCP
from fastmcp.decorators import get_fastmcp_meta
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from fastmcp.utilities.json_schema import dereference_refs

from mcp_app import __version__, tools
from mcp_app.deployment import Deployment, set_current
from mcp_app.knowledge.backend import Backend
from mcp_app.settings import Settings

INSTRUCTIONS = """\
Searches this organisation's documents, tickets, commits and code. Every passage names its source, \
id and score. When nothing fits, the answer says so: treat `grounded: false` or an empty \
`hits` as "not known here", and do not fill the gap from memory."""


def snake_case(name: str) -> str:
    """`maxResults` as `max_results`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


class CamelCaseArguments(Middleware):
    """Takes the original server's camelCase argument names for the snake_case ones.

    Args:
        parameters: Each tool's parameter names.
    """

    def __init__(self, parameters: Mapping[str, frozenset[str]]) -> None:
        self._parameters = parameters

    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Rename what the tool does not know by a name that it does."""
        message = context.message
        known = self._parameters.get(message.name, frozenset())
        given = message.arguments or {}
        renamed: dict[str, Any] = {}
        for name, value in given.items():
            snake = snake_case(name)
            renamed[snake if name not in known and snake in known - given.keys() else name] = value
        if renamed != given:
            message = message.model_copy(update={"arguments": renamed})
        return await call_next(context.copy(message=message))


def tool_functions(available: frozenset[str]) -> Iterator[Callable[..., Any]]:
    """The functions decorated with `fastmcp.tools.tool` in the modules of `mcp_app.tools`.

    A module may set `SOURCE` to the knowledge source that its tools need, or to a tuple of
    sources of which one is enough; they are left out where none of them is configured.
    """
    for module_info in pkgutil.iter_modules(tools.__path__):
        module = importlib.import_module(f"{tools.__name__}.{module_info.name}")
        needed = getattr(module, "SOURCE", ())
        if needed and available.isdisjoint({needed} if isinstance(needed, str) else needed):
            continue
        for _, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and get_fastmcp_meta(function) is not None:
                yield function


def build_server(settings: Settings, backend: Backend) -> FastMCP:
    """The server with every tool whose source is there.

    Errors that a tool does not raise as `ToolError` reach the client without their text:
    they may quote arguments or internals.
    """
    server = FastMCP(
        name=settings.name,
        version=__version__,
        instructions=INSTRUCTIONS,
        mask_error_details=True,
        on_duplicate="error",
        # Done below, once for each tool instead of once for each call and listing.
        dereference_schemas=False,
        cache_ttl=60,
    )
    set_current(Deployment(settings, backend))
    parameters = {}
    for function in tool_functions(backend.available()):
        registered = server.add_tool(function)
        # Not all clients follow `$ref`.
        registered.parameters = dereference_refs(registered.parameters)
        if registered.output_schema is not None:
            registered.output_schema = dereference_refs(registered.output_schema)
        parameters[registered.name] = frozenset(registered.parameters.get("properties", {}))
    server.add_middleware(CamelCaseArguments(parameters))
    return server
