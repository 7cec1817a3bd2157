"""A session with FastMCP's client: `fastmcp_client.py URL KEY`, or a command after `--`.

Of any FastMCP from 3 on. With a command, that program is the server, over its standard
input and output: so bridges such as mcp-remote are talked to.
"""

import asyncio
import json
import os
import sys
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

try:
    from mcp import MCPError
except ImportError:
    from mcp import McpError as MCPError


def transport(arguments: list[str]) -> StdioTransport | StreamableHttpTransport:
    """How the server is reached."""
    if arguments[0] == "--":
        return StdioTransport(arguments[1], arguments[2:], env=dict(os.environ))
    url, key = arguments
    return StreamableHttpTransport(url, headers={"Authorization": f"Bearer {key}"})


async def talk(arguments: list[str]) -> dict[str, Any]:
    """Connect, list, call, read, get, and be refused twice."""
    async with Client(transport(arguments)) as client:
        tools = await client.list_tools()
        found = await client.call_tool("search_knowledge", {"query": "Terraform"})
        resources = await client.list_resources()
        health = await client.read_resource("aoma://health")
        asked = {"symptoms": "uploads fail", "severity": "high"}
        prompt = await client.get_prompt("triage_incident", asked)
        refused = await client.call_tool("search_knowledge", {"query": " "}, raise_on_error=False)
        try:
            await client.read_resource("aoma://docs/nothing")
            code = None
        except MCPError as error:
            code = error.error.code
        session = client.session
        return {
            "protocol": getattr(session, "protocol_version", None),
            "tools": [tool.name for tool in tools],
            "resources": [str(resource.uri) for resource in resources],
            "found": found.content[0].text,
            "resource": health[0].text,
            "prompt": prompt.messages[0].content.text,
            "refused": refused.content[0].text if refused.is_error else None,
            "unknown": code,
        }


print(json.dumps(asyncio.run(talk(sys.argv[1:]))))
