"""The FastMCP server: its name, its instructions, and the tools found in `mcp_app.tools`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

from fastmcp import FastMCP
from fastmcp.decorators import get_fastmcp_meta
from fastmcp.utilities.json_schema import dereference_refs

from mcp_app import __version__, tools
from mcp_app.call_log import CallLog
from mcp_app.deployment import Deployment, set_current
from mcp_app.knowledge.backend import Backend
from mcp_app.settings import Settings
from mcp_app.tool_access import ToolAccess
from mcp_app.tool_arguments import ToolArguments

INSTRUCTIONS = """\
Searches this organisation's documents, tickets, commits and code. Every passage names its source, \
id and score. When nothing fits, the answer says so: treat `grounded: false` or an empty \
`hits` as "not known here", and do not fill the gap from memory."""


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
    # The outermost first.
    server.add_middleware(CallLog(frozenset(parameters)))
    server.add_middleware(ToolAccess(settings.oauth.tool_scopes if settings.oauth else {}))
    server.add_middleware(ToolArguments(parameters))
    return server
