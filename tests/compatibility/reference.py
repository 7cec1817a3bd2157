"""Answers calls with FastMCP alone, as `fastmcp run --stateless` would: a program of its own.

The first argument is where the server is, such as `server:mcp`. Reads from standard input, in JSON,
the calls; writes the bodies of the answers to file descriptor 3.
"""

import asyncio
import importlib
import json
import os
import sys

HEADERS = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
}


async def bodies(server, calls):
    import httpx2  # noqa: PLC0415 - FastMCP's own client library

    app = server.http_app(stateless_http=True, host_origin_protection=False)
    transport = httpx2.ASGITransport(app)
    found = []
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for number, (name, arguments) in enumerate(calls):
            is_tool = "/" not in name
            message = {
                "jsonrpc": "2.0",
                "id": number,
                "method": "tools/call" if is_tool else name,
                "params": {"name": name, "arguments": arguments} if is_tool else arguments,
            }
            answer = await client.post("/mcp", json=message, headers=HEADERS)
            found.append(answer.text)
    return found


def main():
    module, _, name = sys.argv.pop().partition(":")
    server = getattr(importlib.import_module(module), name)
    from fastmcp import FastMCP  # noqa: PLC0415 - the server's own import comes first

    if not isinstance(server, FastMCP):
        server = server()
    found = asyncio.run(bodies(server, json.loads(sys.stdin.read())))
    with os.fdopen(3, "w") as output:
        json.dump(found, output)


if __name__ == "__main__":
    main()
