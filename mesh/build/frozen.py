"""Asks the FastMCP server for the answers that the fast path gives in its place.

Run in a process of its own, with the project's `mcp_app`:

    python -m mesh.build.frozen

writes to standard output, in JSON, what `mesh.runtime.fast_path.methods` reads: FastMCP's own
answers to `initialize`, `tools/list` and their like.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from mesh.build.frozen_resources import CONTENT, FIELDS, frozen_document, frozen_list
from mesh.runtime.fast_path.replies import dumps

if TYPE_CHECKING:
    from mcp_app.knowledge.results import Document, DocumentEntry

# A name that nobody gives to a deployment; the fast path puts the deployment's in its place.
PLACEHOLDER = "mesh-placeholder-c7f9b1"
ALL_SOURCES = frozenset({"documents", "tickets", "commits", "code"})
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
LEGACY_METHODS = ("ping", "logging/setLevel")
MODERN_METHODS = ("server/discover",)
LISTS = ("prompts/list", "resources/templates/list")
ERAS = ("legacy", "modern")


class Server:
    """One server with these sources, asked as a Function URL would.

    No index is opened: what a server offers does not depend on what is in it.

    Args:
        sources: What it is to offer.
    """

    def __init__(self, sources: frozenset[str]) -> None:
        from mcp_app.deployment import current  # noqa: PLC0415
        from mcp_app.knowledge.embedded.backend import EmbeddedBackend  # noqa: PLC0415
        from mcp_app.server import build_server  # noqa: PLC0415
        from mesh.runtime.config.settings import load  # noqa: PLC0415
        from mesh.runtime.http.app import build_app  # noqa: PLC0415
        from mesh.runtime.http.instance import Instance  # noqa: PLC0415

        class Offering(EmbeddedBackend):
            documents: ClassVar[list[Document]] = []
            entries: ClassVar[list[DocumentEntry]] = []

            def available(self) -> frozenset[str]:
                return sources

            async def get_document(self, *_id: str, **_asked: Any) -> Document:
                return self.documents[-1]

            async def list_documents(self, **_asked: Any) -> Sequence[DocumentEntry]:
                return self.entries

        settings = load({"MESH_AUTH": "none", "MESH_NAME": PLACEHOLDER})
        backend = Offering(settings.index)
        self.fastmcp = build_server(settings, backend)
        self._instance = Instance(build_app(self.fastmcp, settings, backend, None))
        self._entries, self._documents = backend.entries, backend.documents
        self._deployment = current()

    def resources(self, params: Mapping[str, Any] | None, documents: int, *, modern: bool) -> str:
        """The result of `resources/list` over so many documents, all alike."""
        from mcp_app.knowledge.results import DocumentEntry  # noqa: PLC0415

        self._entries[:] = [DocumentEntry(**FIELDS, link=None)] * documents
        return self.result("resources/list", params, modern=modern)

    def document(self, *, linked: bool, modern: bool) -> str:
        """The result of `resources/read` for a document."""
        from mcp_app.knowledge.results import Document  # noqa: PLC0415
        from mcp_app.resource_handlers import DOCUMENTS  # noqa: PLC0415

        content = CONTENT if linked else {**CONTENT, "link": None}
        self._documents[:] = [Document(**FIELDS, **content, passages=())]
        uri = DOCUMENTS + FIELDS["id"]
        return self.result("resources/read", {"uri": uri}, modern=modern, name=uri)

    def tools(self) -> list[Any]:
        """FastMCP's tools."""
        return list(asyncio.run(self.fastmcp.list_tools()))

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
        from mcp_app.deployment import set_current  # noqa: PLC0415

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
        # The one that was built last would be asked for its documents otherwise.
        set_current(self._deployment)
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


def tool_pages(server: Server, *, modern: bool) -> tuple[list[list[Any]], dict[str, str]]:
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


def frozen(embedded: Callable[[], frozenset[str]]) -> dict[str, Any]:
    """What the fast path reads of FastMCP's answers.

    Args:
        embedded: Gives the sources of the embedded index. What is listed is frozen for these
            and for all; over Supabase with fewer of them, FastMCP lists.
    """
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS  # noqa: PLC0415

    from mesh.runtime.fast_path.messages import HANDSHAKE  # noqa: PLC0415 - see main

    if frozenset(HANDSHAKE_PROTOCOL_VERSIONS) != HANDSHAKE:
        raise RuntimeError(f"the SDK speaks {HANDSHAKE_PROTOCOL_VERSIONS}")
    whole = Server(ALL_SOURCES)
    tools: dict[str, Any] = {}
    lists = {}
    for sources in dict.fromkeys((embedded(), ALL_SOURCES)):
        server = whole if sources == ALL_SOURCES else Server(sources)
        entry: dict[str, Any] = {}
        for era in ERAS:
            entry[era] = {one: server.result(one, None, modern=era == "modern") for one in LISTS}
            pages, texts = tool_pages(server, modern=era == "modern")
            if texts:
                # No tools are FastMCP's.
                entry[era]["tools/list"] = pages
            entry["tools"] = list(texts)
            entry[era]["resources/list"] = frozen_list(
                partial(server.resources, modern=era == "modern"),
                documents="documents" in sources,
            )
            if "documents" in sources:
                entry[era]["resources/read"] = frozen_document(
                    *(server.document(linked=one, modern=era == "modern") for one in (True, False))
                )
            for name, text in texts.items():
                described = tools.setdefault(name, {"texts": {}})["texts"]
                if described.setdefault(era, text) != text:
                    raise RuntimeError(f"{name} is not always described alike")
        lists[",".join(sorted(sources))] = entry
    modules = {tool.name: tool.fn.__module__ for tool in whole.tools()}
    greeting = {"capabilities": {}, "clientInfo": {"name": "build", "version": "1"}}
    params = {"logging/setLevel": {"level": "info"}}
    meta = json.loads(whole.result("tools/list", None, modern=True))["_meta"]
    return {
        "name": PLACEHOLDER,
        "results": {
            "initialize": {
                name: whole.result(
                    "initialize", {"protocolVersion": version, **greeting}, modern=False
                )
                for name, version in [*((one, one) for one in sorted(HANDSHAKE)), ("*", "0")]
            },
            "legacy": {
                one: whole.result(one, params.get(one), modern=False) for one in LEGACY_METHODS
            },
            "modern": {one: whole.result(one, None, modern=True) for one in MODERN_METHODS},
        },
        "lists": lists,
        "tools": tools,
        "meta": dumps(meta)[1:-1],
        # Whose functions the tools are.
        "of": modules,
    }


def main() -> None:
    """Write it to standard output; whatever else is said goes elsewhere."""
    # As in the function itself: FastMCP reads these on import.
    os.environ |= {"FASTMCP_LOG_ENABLED": "false", "FASTMCP_CHECK_FOR_UPDATES": "off"}
    os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - nothing is written there
    logging.disable(logging.CRITICAL)
    # What authors' modules print is no answer. They are imported as an instance does it.
    output, sys.stdout = sys.stdout, sys.stderr
    importlib.import_module("mesh.runtime.initialization")
    json.dump(frozen(lambda: frozenset(json.load(sys.stdin))), output)


if __name__ == "__main__":
    main()
