"""Run with the unpacked zip alone: an instance whose first request is a call of a tool.

Arguments: the zip's folder, the tool, and its arguments in JSON. Prints a JSON object: the
call's result, and which modules of `HEAVY` it imported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
os.environ.update(
    LAMBDA_TASK_ROOT=sys.argv[1], MESH_NAME="mesh", MESH_ENVIRONMENT="dev", MESH_AUTH="none"
)
handler = importlib.import_module("mesh.runtime.handler").handler
# What takes 3 ms or more to import, a fifteenth of a bare handler's cold start.
HEAVY = (
    *("ast", "asyncio", "dataclasses", "http.client", "inspect", "pathlib"),
    *("platform", "socket", "ssl", "subprocess", "fastmcp", "mcp_types", "pydantic"),
)
event = {
    "version": "2.0",
    "rawPath": "/rpc",
    "rawQueryString": "",
    "headers": {"host": "mesh.example", "content-type": "application/json"},
    "requestContext": {"http": {"method": "POST", "path": "/rpc", "sourceIp": "192.0.2.1"}},
    "isBase64Encoded": False,
    "body": json.dumps(
        {
            "method": "tools/call",
            "params": {"name": sys.argv[2], "arguments": json.loads(sys.argv[3])},
        }
    ),
}
# What Lambda's own runtime imports is none of ours.
before = {*sys.modules}
result = json.loads(handler(event, None)["body"])["result"]
heavy = [name for name in HEAVY if name in sys.modules and name not in before]
sys.stdout.write("\n" + json.dumps({"result": result, "heavy": heavy}) + "\n")
