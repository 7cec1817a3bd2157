"""Asks the FastMCP server for the answers that the fast path gives in its place.

`main` runs in a process of its own, with the project's modules and packages, and gets the place of
the server and the name of a hook as arguments. It writes to standard output, in JSON, what
`mesh.runtime.fast_path.methods` reads: FastMCP's own answers to `initialize`, `tools/list` and
their like.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from mesh.build.server.author_errors import explained
from mesh.build.server.duplicate_names import duplicates
from mesh.build.server.question_process import answer, arguments
from mesh.runtime.fast_path.messages import HANDSHAKE
from mesh.runtime.fast_path.replies import dumps

# A name that nobody gives to a deployment; the fast path puts the deployment's in its place.
PLACEHOLDER = "mesh-placeholder-c7f9b1"
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
LEGACY_METHODS = ("ping", "logging/setLevel")
MODERN_METHODS = ("server/discover",)
LISTS = ("prompts/list", "resources/templates/list")
ERAS = ("legacy", "modern")


class AskedServer:
    """A server, asked as a Function URL would.

    Args:
        fastmcp: The FastMCP server.

    Attributes:
        fastmcp: The same.
        explains: Whether the server explains arguments that do not fit, and hides what errors say,
            as `mesh.runtime.fast_path` does it.
        slow_because: Why FastMCP has to answer everything; empty where it need not.
    """

    explains = False

    def __init__(self, fastmcp: Any) -> None:
        from mesh.build.server.checks import refuse, whole_server_reason
        from mesh.runtime.config.settings import load
        from mesh.runtime.http.app import build_app

        refuse(fastmcp)
        self.fastmcp = fastmcp
        self.slow_because = whole_server_reason(fastmcp)
        settings = load({"MESH_AUTH": "none", "MESH_NAME": PLACEHOLDER})
        self._app = build_app(fastmcp, settings, None)

    @cached_property
    def _instance(self) -> Any:
        """Started with the first request: the author's lifespan may need what is only on AWS."""
        from mesh.runtime.http.instance import Instance

        return Instance(self._app)

    @property
    def has_routes(self) -> bool:
        """Whether the server has paths of its own."""
        return bool(self.fastmcp._get_additional_http_routes())  # noqa: SLF001 - as FastMCP does

    @property
    def limits_sources(self) -> bool:
        """Whether the server keeps callers to their sources."""
        return bool(getattr(self.fastmcp, "limits_sources", False))

    def before_request(self) -> None:
        """Called before each request."""

    def tools(self) -> dict[str, Any]:
        """FastMCP's tools by name; those of a mounted server as that has them itself."""
        return asyncio.run(self._tools())

    async def _tools(self) -> dict[str, Any]:
        names = [tool.name for tool in await self.fastmcp.list_tools()]
        # The one that a call finds, where two have a name.
        return {name: await _unmounted(await self.fastmcp.get_tool(name)) for name in names}

    def result(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        *,
        modern: bool,
        name: str | None = None,
    ) -> str:
        """The result of a request, in JSON.

        Args:
            method: JSON-RPC's.
            params: Without `_meta`.
            modern: Of which era.
            name: What the newest era has in the header `Mcp-Name`.

        Raises:
            RuntimeError: there is none.
        """
        params = {**(params or {})}
        headers = {"host": "localhost", "content-type": "application/json"}
        headers["accept"] = "application/json"
        if modern:
            headers |= {"mcp-protocol-version": MODERN, "mcp-method": method}
            headers |= {"mcp-name": name} if name else {}
            params["_meta"] = {
                f"{META}protocolVersion": MODERN,
                f"{META}clientCapabilities": {},
            }
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        event = {
            "version": "2.0",
            "rawPath": "/mcp",
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {"http": {"method": "POST", "path": "/mcp", "sourceIp": "127.0.0.1"}},
            "isBase64Encoded": False,
            "body": json.dumps(message),
        }
        self.before_request()
        body: str = self._instance.answer(event, None)["body"]
        before, after = '{"jsonrpc":"2.0","id":1,"result":', "}"
        if not body.startswith(before):
            raise RuntimeError(f"{method} has no result: {body[:500]}")
        text = body[len(before) : -len(after)]
        content = json.loads(text)
        # In the newest era the SDK escapes what is not ASCII; the fast path does so at the end.
        if text != (json.dumps(content, separators=(",", ":")) if modern else dumps(content)):
            raise RuntimeError(f"{method} is written in another form: {text[:500]}")
        return dumps(content)


def split_tools(text: str) -> tuple[str, dict[str, str], str]:
    """The tools of a `tools/list`, each in JSON by its name, and what stands around them.

    Raises:
        RuntimeError: they are written in another form than other answers.
    """
    content = json.loads(text)
    tools = {tool["name"]: dumps(tool) for tool in content["tools"]}
    if not tools:
        return text, tools, ""
    before, found, after = text.partition(",".join(tools.values()))
    if not found:
        raise RuntimeError("tools/list is written in another form")
    return before, tools, after


def tool_pages(server: AskedServer, *, modern: bool) -> tuple[list[list[Any]], dict[str, str]]:
    """The pages of `tools/list`, and the tools on them, each in JSON by its name.

    Returns:
        Of each page the cursor that asks for it, None for the first; what stands before the
        tools and after them; and how many there are.

    Raises:
        RuntimeError: they are written in another form than other answers.
    """
    pages: list[list[Any]] = []
    tools: dict[str, str] = {}
    cursor: str | None = None
    while True:
        params = {"cursor": cursor} if cursor else None
        text = server.result("tools/list", params, modern=modern)
        before, texts, after = split_tools(text)
        pages.append([cursor, before, after, len(texts)])
        if tools.keys() & texts.keys():
            raise RuntimeError(f"page {len(pages)} of tools/list repeats a tool")
        tools |= texts
        cursor = json.loads(text).get("nextCursor")
        if cursor is None:
            return pages, tools


def introductions(server: AskedServer) -> dict[str, str]:
    """How the server greets clients, by the protocol's version; `*` for an unknown one."""
    greeting = {"capabilities": {}, "clientInfo": {"name": "build", "version": "1"}}
    versions = [*((one, one) for one in sorted(HANDSHAKE)), ("*", "0")]
    return {
        name: server.result("initialize", {"protocolVersion": version, **greeting}, modern=False)
        for name, version in versions
    }


class Catalogues:
    """The lists of a server, of which there is one; a project may have a class of its own.

    Attributes:
        chosen_by: The environment variables that choose one, each with what stands for one that
            is not set. Lists of any other choice are FastMCP's.
        answers_resources: The module that answers `resources/list` and `resources/read`; empty
            where FastMCP reads resources, and lists are frozen whole.

    Args:
        place: Where the server is, such as `server:mcp`.
    """

    chosen_by: ClassVar[Mapping[str, str]] = {}
    answers_resources = ""

    def __init__(self, place: str) -> None:
        from mesh.runtime.server.server_loader import load

        self.whole = AskedServer(load(place))

    def servers(self, _offers: Callable[[], frozenset[str] | None]) -> Mapping[str, AskedServer]:
        """The server of each catalogue, by the values that choose it.

        Args:
            offers: Gives what the build hook's files make the server offer.
        """
        return {"": self.whole}

    def resources(self, server: AskedServer, *, modern: bool) -> Mapping[str, Any]:
        """By method, what is frozen of resources."""
        listed = server.result("resources/list", None, modern=modern)
        return {} if "nextCursor" in json.loads(listed) else {"resources/list": listed}

    def without_tools(self) -> dict[str, Any]:
        """What the server says of all that is no tool, by method and era."""
        said: dict[str, Any] = {"initialize": introductions(self.whole)}
        for era in ERAS:
            modern = era == "modern"
            for method in (*LISTS, *(MODERN_METHODS if modern else ())):
                told = self.whole.result(method, None, modern=modern)
                said.setdefault(method, {})[era] = told
            for method, listed in self.resources(self.whole, modern=modern).items():
                said.setdefault(method, {})[era] = listed
        return said


def catalogues_of(place: str, hook: str) -> Catalogues:
    """The catalogues of a server.

    Args:
        place: Where the server is, such as `server:mcp`.
        hook: A module with a class `Catalogues`; empty for the usual one.
    """
    kind = importlib.import_module(hook).Catalogues if hook else Catalogues
    made: Catalogues = kind(place)
    return made


def frozen(made: Catalogues, offers: Callable[[], frozenset[str] | None]) -> dict[str, Any]:
    """What the fast path reads of FastMCP's answers.

    Args:
        made: The catalogues.
        offers: Gives what the build hook's files make the server offer.
    """
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

    if frozenset(HANDSHAKE_PROTOCOL_VERSIONS) != HANDSHAKE:
        raise RuntimeError(f"the SDK speaks {HANDSHAKE_PROTOCOL_VERSIONS}")
    whole = made.whole
    modules = {name: _module_of(tool) for name, tool in whole.tools().items()}
    if whole.slow_because:
        return {"slow_because": whole.slow_because, "of": modules}
    tools: dict[str, Any] = {}
    lists = {}
    for key, server in made.servers(offers).items():
        entry: dict[str, Any] = {}
        for era in ERAS:
            modern = era == "modern"
            entry[era] = {one: server.result(one, None, modern=modern) for one in LISTS}
            pages, texts = tool_pages(server, modern=modern)
            if texts:
                # No tools are FastMCP's.
                entry[era]["tools/list"] = pages
            entry["tools"] = list(texts)
            entry[era] |= made.resources(server, modern=modern)
            for name, text in texts.items():
                described = tools.setdefault(name, {"texts": {}})["texts"]
                if described.setdefault(era, text) != text:
                    raise RuntimeError(f"{name} is not always described alike")
        lists[key] = entry
    params = {"logging/setLevel": {"level": "info"}}
    meta = json.loads(whole.result("tools/list", None, modern=True))["_meta"]
    return {
        "name": PLACEHOLDER,
        "results": {
            "initialize": introductions(whole),
            "legacy": {
                one: whole.result(one, params.get(one), modern=False) for one in LEGACY_METHODS
            },
            "modern": {one: whole.result(one, None, modern=True) for one in MODERN_METHODS},
        },
        "lists": lists,
        "tools": tools,
        "meta": dumps(meta)[1:-1],
        "chosen_by": dict(made.chosen_by),
        "answers_resources": made.answers_resources,
        "explains": whole.explains,
        "slow_because": whole.slow_because,
        "has_routes": whole.has_routes,
        "limits_sources": whole.limits_sources,
        "without_tools": made.without_tools(),
        # Whose functions the tools are.
        "of": modules,
    }


async def _unmounted(tool: Any) -> Any:
    from fastmcp.server.providers.fastmcp_provider import FastMCPProviderTool
    from fastmcp.utilities.versions import VersionSpec

    while type(tool) is FastMCPProviderTool:
        # As its own `_run` finds it.
        version = VersionSpec(eq=tool.version) if tool.version else None
        tool = await tool._server.get_tool(tool._original_name, version=version)  # noqa: SLF001 - no public way
    return tool


def _module_of(tool: Any) -> str:
    return str(getattr(getattr(tool, "fn", None), "__module__", ""))


def _offers() -> frozenset[str] | None:
    said = json.load(sys.stdin)
    return None if said is None else frozenset(said)


def main() -> None:
    """Write it to standard output; whatever else is said goes elsewhere."""
    # As in the function itself: FastMCP reads these on import.
    os.environ |= {"FASTMCP_LOG_ENABLED": "false", "FASTMCP_CHECK_FOR_UPDATES": "off"}
    os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - nothing is written there
    logging.disable(logging.CRITICAL)
    with answer() as output:
        json.dump(_answers(*arguments()), output)


def _answers(place: str, hook: str) -> dict[str, Any]:
    # Authors' modules are imported as an instance does it.
    importlib.import_module("mesh.runtime.initialization")
    from mesh.build.server.checks import notes  # it imports FastMCP

    root = Path.cwd()
    with explained(root, place), duplicates(root) as replaced:
        made = catalogues_of(place, hook)
    try:
        answers = frozen(made, _offers)
    except RuntimeError as error:
        # Its answers are of another kind than the fast path gives.
        answers = {"slow_because": str(error), "of": {}}
    return answers | {"notes": [*replaced, *notes(made.whole.fastmcp)]}
