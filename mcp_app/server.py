"""The FastMCP server: its name, its instructions, and the tools, resources and prompts.

They are found in `mcp_app.tools`, `mcp_app.resources` and `mcp_app.prompts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from fastmcp import FastMCP
from fastmcp.decorators import get_fastmcp_meta
from fastmcp.resources.template import ResourceTemplate
from fastmcp.tools.function_tool import FunctionTool
from fastmcp.utilities.json_schema import dereference_refs
from mcp.server.lowlevel.server import NotificationOptions

from mcp_app import __version__, prompts, resources, tools
from mcp_app.deadline import Deadline
from mcp_app.deployment import Deployment, backend_of, made, set_current
from mcp_app.interface.icons import icons
from mcp_app.knowledge.backend import Backend
from mcp_app.registration.completions import Completions
from mcp_app.registration.components import Component, components
from mcp_app.registration.session_state import StateWhenWritten
from mcp_app.registration.single_provider import SingleProvider
from mcp_app.registration.typed_prompt import TypedPrompt
from mcp_app.resource_handlers import PAGE, SlashesInTemplates, serve_resources, shown
from mcp_app.settings import Settings, SettingsError, load
from mcp_app.supabase_settings import SOURCES
from mesh.runtime.aws import snapshot
from mesh.runtime.server.exits import without_exits
from mesh.runtime.server.tool_arguments import ToolArguments

TITLE = "AOMA Mesh"
INSTRUCTIONS = """\
Searches this organisation's documents, tickets, commits and code. Every passage names its source, \
id and score. When nothing fits, the answer says so: treat `grounded: false` or an empty \
`hits` as "not known here", and do not fill the gap from memory. Hits are short: `fetch` reads \
the whole of one, by its id after `documents:`, `tickets:`, `commits:` or `code:`. A document is \
the resource aoma://docs/ followed by its id, too."""


class MeshServer(FastMCP[Any], SingleProvider):
    """FastMCP, which makes and registers things when they are first used, and asks one provider.

    Attributes:
        readiness: Asked by `/ready`, and closed with the server.
        limits_sources: Keys that are limited to sources may be used here: the backends keep to
            `current_caller().sources`.
    """

    limits_sources = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.readiness: KnowledgeSources | None = None
        self._state = StateWhenWritten(lambda: super(MeshServer, self)._state_store)

    @property
    def _state_store(self) -> Any:
        return self._state

    def parameters_of(self, tool: str) -> frozenset[str]:
        """The names of a tool's parameters; none where there is no such tool."""
        return frozenset((self._get_tool_input_schema(tool) or {}).get("properties", ()))

    def _get_tool_input_schema(self, name: str) -> dict[str, Any] | None:
        # FastMCP has the schemas of registered tools.
        self.tools_put_off.need(name)
        return super()._get_tool_input_schema(name)


class KnowledgeSources:
    """What this server needs, for `/ready`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def states(self, seconds: float) -> dict[str, dict[str, Any]]:
        """By name, each source's state and latency in milliseconds."""
        states = await self._backend.check(Deadline.after(seconds))
        described = {state.source: asdict(state) for state in states}
        for one in described.values():
            del one["source"]
        return described

    async def close(self) -> None:
        """Close what is open; the next use opens it again."""
        await self._backend.close()


def _refers(schema: Any) -> bool:
    """Whether there is a `$ref` in this JSON Schema."""
    if isinstance(schema, dict):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _shortened(parameters: dict[str, Any]) -> dict[str, Any]:
    """An input schema that says of an optional argument what it is, and not that it may be null.

    It may, and nobody need send it: so every listing of the tools is a tenth shorter.
    """
    short: dict[str, Any] = {}
    for name, schema in parameters.get("properties", {}).items():
        kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        if len(kinds) == 1 and schema.get("default", ...) is None:
            beside = {key: one for key, one in schema.items() if key not in {"anyOf", "default"}}
            schema = kinds[0] | beside  # noqa: PLW2901 - what is kept of it
        short[name] = schema
    return parameters | {"properties": short}


def _add_tools(server: MeshServer, available: frozenset[str]) -> None:
    """Have the tools registered when they are needed."""

    def register(component: Component) -> None:
        function = component.function
        tool = FunctionTool.from_function(function, metadata=get_fastmcp_meta(function))
        # Not all clients follow `$ref`.
        if _refers(tool.parameters):
            tool.parameters = dereference_refs(tool.parameters)
        if _refers(tool.output_schema):
            assert tool.output_schema is not None  # noqa: S101 - for the type checker
            tool.output_schema = dereference_refs(tool.output_schema)
        tool.parameters = _shortened(tool.parameters)
        # Last: FastMCP keeps the schema that it has now.
        server.add_tool(tool)

    for component in components(tools, available):
        server.tools_put_off.add(component.name, partial(register, component))


def _check_tool_scopes(tool_scopes: Mapping[str, frozenset[str]]) -> None:
    """Refuse scopes of a tool that there is not: a slip of the pen would leave another open.

    Raises:
        SettingsError: names them.
    """
    if not tool_scopes:
        return
    # Those too whose source is not configured here: settings may be the same for several.
    known = {component.name for component in components(tools, frozenset(SOURCES))}
    unknown = sorted(tool_scopes.keys() - known)
    if unknown:
        raise SettingsError(
            f"MESH_TOOL_SCOPES names {', '.join(unknown)}; "
            f"the tools are {', '.join(sorted(known))}."
        )


def _add_resources(server: MeshServer, available: frozenset[str], completions: Completions) -> None:
    """Have the resources registered, with who completes their addresses, when they are needed."""

    def register(component: Component) -> None:
        registered = server.add_resource(without_exits(component.function))
        registered.icons = registered.icons or icons(component.source)
        if isinstance(registered, ResourceTemplate):
            completions.add(
                shown(registered.uri_template), getattr(component.module, "COMPLETIONS", {})
            )

    for component in components(resources, available):
        function = component.function
        server.resources_put_off.add(
            f"{function.__module__}.{function.__qualname__}", partial(register, component)
        )
    serve_resources(server, documents="documents" in available)


def _add_prompts(server: MeshServer, available: frozenset[str], completions: Completions) -> None:
    """Have the prompts registered, with who completes their arguments, when they are needed."""

    def register(component: Component) -> None:
        registered = TypedPrompt.of(component.function)
        registered.icons = registered.icons or icons("prompt")
        server.add_prompt(registered)
        others = getattr(component.module, "COMPLETIONS", {})
        completions.add(registered.name, registered.completers(others))

    for component in components(prompts, available):
        server.prompts_put_off.add(component.name, partial(register, component))


def build_server(settings: Settings, backend: Backend) -> MeshServer:
    """The server with every tool, resource and prompt whose source is there.

    Errors that a tool does not raise as `ToolError` reach the client without their text:
    they may quote arguments or internals.

    Raises:
        SettingsError: scopes are set for a tool that there is not.
    """
    server = MeshServer(
        name=settings.name,
        version=__version__,
        instructions=INSTRUCTIONS,
        icons=icons("server"),
        mask_error_details=True,
        on_duplicate="error",
        # Done below, once for each tool instead of once for each call and listing.
        dereference_schemas=False,
        list_page_size=PAGE,
        cache_ttl=60,
        # What is listed and read may depend on who asks.
        cache_scope="private",
    )
    low_level = server._mcp_server  # noqa: SLF001 - FastMCP has no parameters for these
    low_level.title = TITLE
    # Stateless: no instance lives to tell a client of a change. FastMCP would promise it.
    low_level.notification_options = NotificationOptions()
    tool_scopes = settings.oauth.tool_scopes if settings.oauth else {}
    _check_tool_scopes(tool_scopes)
    server.readiness = KnowledgeSources(backend)
    set_current(Deployment(settings, backend))
    available = backend.available()
    completions = Completions()
    _add_tools(server, available)
    server.add_middleware(ToolArguments(server.parameters_of))
    server.add_middleware(SlashesInTemplates())
    _add_resources(server, available, completions)
    _add_prompts(server, available, completions)
    server.add_completion_handler(completions)
    if snapshot.expected():
        # Copies of the snapshot need not do it again.
        server.register_all()
    return server


def create_server() -> MeshServer:
    """The server of this process: what its environment says."""
    settings = load()
    # What the fast path has connected stays connected.
    return build_server(settings, made(settings) or backend_of(settings))
