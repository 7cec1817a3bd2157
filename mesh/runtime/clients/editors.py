"""Editors: Cursor, VS Code, Windsurf."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from mesh.runtime.clients.assistants import PROXY_CREDENTIALS
from mesh.runtime.clients.connection import (
    KEY_VARIABLE,
    Client,
    Connection,
    Entry,
    Link,
    Setup,
    Snippet,
    as_json,
)

FROM_ENVIRONMENT = f"${{env:{KEY_VARIABLE}}}"
EXPORTED = (
    f"`{KEY_VARIABLE}` is read from the environment that the editor was started in: export it in "
    "your shell's profile, or write the key itself in its place."
)


def _compact(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))


def _entry(connection: Connection, address: str) -> dict[str, Any]:
    """The server as Cursor and Windsurf have it; `address` is the name of the URL's field."""
    if connection.way == "iam":
        return connection.proxy_entry()
    headers = connection.headers(FROM_ENVIRONMENT)
    return {address: connection.url} | ({"headers": headers} if headers else {})


def _after(connection: Connection) -> tuple[str, ...]:
    """What is left to do when the entry is there."""
    if connection.way == "iam":
        return (PROXY_CREDENTIALS,)
    if connection.way == "api_key" and connection.key is None:
        return (EXPORTED,)
    if connection.way == "oauth":
        return ("The editor opens a browser to sign in when it first connects.",)
    return ()


def cursor_entry(connection: Connection) -> Entry:
    """A server in Cursor's `mcp.json`."""
    return Entry(("mcpServers",), _entry(connection, "url"))


def windsurf_entry(connection: Connection) -> Entry:
    """A server in Windsurf's `mcp_config.json`."""
    return Entry(("mcpServers",), _entry(connection, "serverUrl"))


def cursor(connection: Connection) -> Setup:
    """`mcp.json`, and a link: https://cursor.com/docs/mcp/install-links."""
    file = as_json(cursor_entry(connection).file(connection.label))
    without_key = _compact(_entry(replace(connection, key=None), "url"))
    query = {"name": connection.label, "config": base64.b64encode(without_key.encode()).decode()}
    return Setup(
        (
            Snippet("~/.cursor/mcp.json, or .cursor/mcp.json in a project", "json", file),
            *_after(connection),
        ),
        Link("Add to Cursor", f"cursor://anysphere.cursor-deeplink/mcp/install?{urlencode(query)}"),
    )


def _vs_code_entry(connection: Connection) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The server, and what VS Code asks the user for once and then keeps as a secret."""
    if connection.way == "iam":
        return {"type": "stdio", **connection.proxy_entry()}, []
    name = f"{connection.label}-key"
    entry: dict[str, Any] = {"type": "http", "url": connection.url}
    headers = connection.headers(f"${{input:{name}}}")
    if not headers:
        return entry, []
    entry["headers"] = headers
    if connection.key is not None:
        return entry, []
    description = f"API key of {connection.label}"
    asked = {"type": "promptString", "id": name, "description": description, "password": True}
    return entry, [asked]


def vs_code_entry(connection: Connection) -> Entry:
    """A server in `mcp.json`, and what VS Code asks for."""
    entry, inputs = _vs_code_entry(connection)
    return Entry(("servers",), entry, tuple(inputs))


def vs_code(connection: Connection) -> Setup:
    """`mcp.json`, and a link: https://code.visualstudio.com/api/extension-guides/ai/mcp."""
    file = vs_code_entry(connection).file(connection.label)
    entry, inputs = _vs_code_entry(replace(connection, key=None))
    linked = {"name": connection.label, **entry} | ({"inputs": inputs} if inputs else {})
    after: tuple[str, ...] = ()
    if inputs and connection.key is None:
        after = ("VS Code asks for the key once and keeps it with its secrets.",)
    elif connection.way != "api_key":
        after = _after(connection)
    return Setup(
        (
            Snippet(".vscode/mcp.json", "json", as_json(file)),
            "For all projects: the command **MCP: Open User Configuration** opens your own file.",
            *after,
        ),
        Link("Add to VS Code", f"vscode:mcp/install?{quote(_compact(linked), safe='')}"),
    )


def windsurf(connection: Connection) -> Setup:
    """`mcp_config.json`; the URL's field is `serverUrl`."""
    file = as_json(windsurf_entry(connection).file(connection.label))
    return Setup(
        (
            Snippet("~/.codeium/windsurf/mcp_config.json", "json", file),
            "Then refresh the list of servers in Cascade's MCP settings.",
            *_after(connection),
        )
    )


CURSOR = Client(
    "cursor",
    "Cursor",
    "https://cursor.com/docs/mcp",
    checked="by its documentation",
    setup=cursor,
    entry=cursor_entry,
)
VS_CODE = Client(
    "vs-code",
    "VS Code",
    "https://code.visualstudio.com/docs/copilot/reference/mcp-configuration",
    checked="by its documentation",
    setup=vs_code,
    entry=vs_code_entry,
)
WINDSURF = Client(
    "windsurf",
    "Windsurf",
    "https://docs.windsurf.com/windsurf/cascade/mcp",
    checked="by its documentation",
    setup=windsurf,
    entry=windsurf_entry,
)
