"""Run with the unpacked zip alone: searches over Supabase, and what is imported by when.

Arguments: the zip's folder, and the environment in JSON. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
os.environ.update(json.loads(sys.argv[2]), LAMBDA_TASK_ROOT=sys.argv[1])

handler = importlib.import_module("mesh.runtime.handler").handler
NEVER = ("fastmcp", "mcp", "mcp_types", "starlette", "mangum", "pydantic_settings", "griffe")


# Of their clients, what an instance that has not asked them yet does without.
CLIENTS = ("openai", "postgrest", "httpx", "pydantic")
IN_INIT = [name for name in CLIENTS if name in sys.modules]


def answer(method: str, path: str, arguments: dict[str, object] | None = None) -> object:
    """The body of an answer."""
    params = {"name": "search_jira_tickets", "arguments": arguments}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "mesh.example", "content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
        "body": json.dumps({"method": "tools/call", "params": params}) if arguments else "",
    }
    return json.loads(handler(event, None)["body"])


def loaded() -> list[str]:
    """Of the modules that a search does without, those that are there."""
    return [name for name in NEVER if name in sys.modules]


result = {"failed": answer("POST", "/rpc", {"query": "upload fails", "mode": "keyword"})}
result["found"] = answer("POST", "/rpc", {"query": "upload hangs", "mode": "hybrid"})
result["before"] = loaded()
BACKEND = sys.modules["mcp_app.deployment"].current_deployment().backend
result["ready"] = answer("GET", "/ready")
result["after"] = loaded()
result["by FastMCP"] = answer("POST", "/rpc", {"query": "upload hangs", "maxResults": 3})
result["again"] = answer("POST", "/rpc", {"query": "upload hangs"})
result["in INIT"] = IN_INIT
result["one backend"] = BACKEND is sys.modules["mcp_app.deployment"].current_deployment().backend
sys.stdout.write(json.dumps(result) + "\n")
