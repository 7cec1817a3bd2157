"""How each MCP client is connected to a server: the one source of every snippet.

The page at `/`, `mesh up` and docs/THIRD-PARTY-MCP-SETUP.md print what stands here. Each
client names the page that its format was taken from. Nothing here is imported by INIT.
"""

from __future__ import annotations

from mesh.runtime.clients import agents, assistants, developers, editors, services
from mesh.runtime.clients.connection import Client, Connection, Entry, Setup, Snippet, Way

__all__ = ["ALL", "Client", "Connection", "Entry", "Setup", "Snippet", "Way", "by_slug"]

# In the order in which people are likely to look for them.
ALL: tuple[Client, ...] = (
    assistants.CLAUDE_CODE,
    assistants.CLAUDE_DESKTOP,
    assistants.CLAUDE_AI,
    editors.CURSOR,
    editors.VS_CODE,
    editors.WINDSURF,
    agents.CODEX,
    agents.GEMINI_CLI,
    agents.GOOSE,
    agents.LM_STUDIO,
    assistants.CHATGPT,
    services.COPILOT_STUDIO,
    services.N8N,
    services.LIBRECHAT,
    services.ANTHROPIC_API,
    services.OPENAI_API,
    developers.INSPECTOR,
    developers.PYTHON_SDK,
    developers.TYPESCRIPT_SDK,
    developers.FASTMCP,
    developers.CURL,
    developers.IAM_PROXY,
)


def by_slug(slug: str) -> Client:
    """The client of this short name, such as `claude-code`."""
    return next(client for client in ALL if client.slug == slug)
