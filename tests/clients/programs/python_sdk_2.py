"""A session with the official Python SDK, 2.x: `python_sdk_2.py URL KEY [MODE]`. Prints it."""

import asyncio
import json
import sys
from typing import Any

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client


async def talk(url: str, key: str, mode: str = "auto") -> dict[str, Any]:
    """Connect, list, call, read, get, and be refused twice."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        tools = await client.list_tools()
        found = await client.call_tool("search_knowledge", {"query": "Terraform"})
        health = await client.read_resource("aoma://health")
        arguments = {"symptoms": "uploads fail", "severity": "high"}
        prompt = await client.get_prompt("triage_incident", arguments)
        refused = await client.call_tool("search_knowledge", {"query": " "})
        try:
            await client.read_resource("aoma://docs/nothing")
            code = None
        except MCPError as error:
            code = error.error.code
        return {
            "protocol": client.protocol_version,
            "tools": [tool.name for tool in tools.tools],
            "found": found.content[0].text,
            "resource": health.contents[0].text,
            "prompt": prompt.messages[0].content.text,
            "refused": refused.content[0].text if refused.is_error else None,
            "unknown": code,
        }


print(json.dumps(asyncio.run(talk(*sys.argv[1:]))))
