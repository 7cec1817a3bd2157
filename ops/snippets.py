"""What a person pastes to reach the server: a curl line and the clients' configurations."""

from __future__ import annotations

import json
import shlex

NAME = "aoma-mesh"
TOOL = "search_knowledge"
QUERY = "how is this deployed"
# By what an index holds, the first that there is.
SEARCHES = {
    "documents": TOOL,
    "tickets": "search_jira_tickets",
    "commits": "search_git_commits",
    "code_files": "search_code_files",
}


def curl(mcp_url: str, key: str, tool: str = TOOL) -> str:
    """Give a shell command that calls a tool, over several lines."""
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": {"query": QUERY}},
    }
    arguments = [
        shlex.quote(mcp_url),
        f"-H {shlex.quote(f'Authorization: Bearer {key}')}",
        "-H 'Content-Type: application/json'",
        f"-d {shlex.quote(json.dumps(request, separators=(',', ':')))}",
    ]
    return " \\\n  ".join([f"curl -sS {arguments[0]}", *arguments[1:]])


def claude_code(mcp_url: str, key: str) -> str:
    """Give the shell command that adds the server to Claude Code."""
    header = shlex.quote(f"Authorization: Bearer {key}")
    return f"claude mcp add --transport http {NAME} {shlex.quote(mcp_url)} \\\n  --header {header}"


def vs_code(mcp_url: str, key: str) -> str:
    """Give the content of `.vscode/mcp.json`."""
    server = {"type": "http", "url": mcp_url, "headers": {"Authorization": f"Bearer {key}"}}
    return json.dumps({"servers": {NAME: server}}, indent=2)


def cursor(mcp_url: str, key: str) -> str:
    """Give the content of `.cursor/mcp.json`."""
    server = {"url": mcp_url, "headers": {"Authorization": f"Bearer {key}"}}
    return json.dumps({"mcpServers": {NAME: server}}, indent=2)


def python(mcp_url: str, key: str, tool: str = TOOL) -> str:
    """Give a program that calls a tool through the FastMCP client."""
    return f"""\
import asyncio
from fastmcp import Client

async def main():
    async with Client({json.dumps(mcp_url)}, auth={json.dumps(key)}) as server:
        print(await server.call_tool({json.dumps(tool)}, {json.dumps({"query": QUERY})}))

asyncio.run(main())"""


def all_of_them(mcp_url: str, key: str, tool: str = TOOL) -> str:
    """Give every snippet under its title; `tool` takes a query."""
    parts = {
        "Try it": curl(mcp_url, key, tool),
        "Claude Code": claude_code(mcp_url, key),
        "VS Code, .vscode/mcp.json": vs_code(mcp_url, key),
        "Cursor, .cursor/mcp.json": cursor(mcp_url, key),
        "Python": python(mcp_url, key, tool),
    }
    return "\n\n".join(f"{title}\n\n{text}" for title, text in parts.items())
