"""What `mesh up` prints for pasting, with the address and the key of the stack on this machine."""

from __future__ import annotations

from dataclasses import replace

from mesh.runtime import clients
from mesh.runtime.clients import Connection, Snippet, Way
from mesh.settings.call import Call

# The first of each client's snippets, under this title; all clients are on the server's page.
PRINTED = {
    "curl": "Try it",
    "claude-code": "Claude Code",
    "vs-code": "VS Code, {place}",
    "cursor": "Cursor, {place}",
    "codex": "Codex",
    "gemini-cli": "Gemini CLI",
    "fastmcp": "Python",
}


# Their first snippet is a call of a tool.
CALLING = frozenset({"curl", "fastmcp"})


def snippet(
    slug: str, mcp_url: str, key: str | None, call: Call | None, name: str, way: Way = "api_key"
) -> Snippet:
    """Give a client's snippet for a server.

    Args:
        slug: the client's short name.
        mcp_url: where the server serves MCP.
        key: the API key; None for a server that takes none.
        call: a call of one of the server's tools; None for curl to list the tools instead.
        name: what the server is called in the client's list.
        way: how the server wants callers to prove who they are.
    """
    connection = Connection(mcp_url, way, name=name, key=key)
    if call is not None:
        connection = replace(connection, tool=call.tool, arguments=call.arguments)
    steps = [
        step for step in clients.by_slug(slug).setup(connection).steps if isinstance(step, Snippet)
    ]
    return steps[0] if call is not None or slug not in CALLING else steps[-1]


def all_of_them(
    mcp_url: str, key: str | None, call: Call | None, name: str, way: Way = "api_key"
) -> str:
    """Give every printed snippet under its title; see `snippet`."""
    parts = []
    for slug, title in PRINTED.items():
        if call is None and slug in CALLING - {"curl"}:
            continue
        pasted = snippet(slug, mcp_url, key, call, name, way)
        parts.append(f"{title.format(place=pasted.place)}\n\n{pasted.text}")
    return "\n\n".join(parts)
