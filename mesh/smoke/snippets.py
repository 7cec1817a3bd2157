"""What `mesh up` prints for pasting, with the address and the key of the stack on this machine."""

from __future__ import annotations

from mesh.runtime import clients
from mesh.runtime.clients import SEARCHES, Connection, Snippet

TOOL = SEARCHES["documents"]
# The first of each client's snippets, under this title; all clients are on the server's page.
PRINTED = {
    "curl": "Try it",
    "claude-code": "Claude Code",
    "vs-code": "VS Code, {place}",
    "cursor": "Cursor, {place}",
    "fastmcp": "Python",
}


def snippet(slug: str, mcp_url: str, key: str, tool: str = TOOL) -> Snippet:
    """Give a client's first snippet for a server that takes this API key and has this tool."""
    setup = clients.by_slug(slug).setup(Connection(mcp_url, "api_key", key=key, tool=tool))
    return next(step for step in setup.steps if isinstance(step, Snippet))


def all_of_them(mcp_url: str, key: str, tool: str = TOOL) -> str:
    """Give every printed snippet under its title."""
    parts = []
    for slug, title in PRINTED.items():
        pasted = snippet(slug, mcp_url, key, tool)
        parts.append(f"{title.format(place=pasted.place)}\n\n{pasted.text}")
    return "\n\n".join(parts)
