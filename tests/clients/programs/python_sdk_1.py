"""A session with the official Python SDK, 1.x: `python_sdk_1.py URL KEY`. Prints what it saw.

Run in an environment of its own: it cannot be installed beside 2.x.
"""

import asyncio
import json
import sys
from typing import Any

from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client


async def talk(url: str, key: str) -> dict[str, Any]:
    """Connect, list, call, read, get, and be refused twice."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        streamablehttp_client(url, headers=headers) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        protocol = (await session.initialize()).protocolVersion
        tools = await session.list_tools()
        found = await session.call_tool("search_knowledge", {"query": "Terraform"})
        health = await session.read_resource("aoma://health")
        arguments = {"symptoms": "uploads fail", "severity": "high"}
        prompt = await session.get_prompt("triage_incident", arguments)
        refused = await session.call_tool("search_knowledge", {"query": " "})
        try:
            await session.read_resource("aoma://docs/nothing")
            code = None
        except McpError as error:
            code = error.error.code
    return {
        "protocol": protocol,
        "tools": [tool.name for tool in tools.tools],
        "found": found.content[0].text,
        "resource": health.contents[0].text,
        "prompt": prompt.messages[0].content.text,
        "refused": refused.content[0].text if refused.isError else None,
        "unknown": code,
    }


print(json.dumps(asyncio.run(talk(*sys.argv[1:]))))
