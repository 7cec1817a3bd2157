"""Run with the unpacked zip alone: a request with credentials, and what their check imported.

Arguments: the zip's folder, the environment and the request's headers in JSON, and a PEM file
in the place of Amazon's roots. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
os.environ.update(json.loads(sys.argv[2]), LAMBDA_TASK_ROOT=sys.argv[1])
handler = importlib.import_module("mcp_app.handler").handler
vars(importlib.import_module("mcp_app_lean.aws_tls"))["FIRST_ROOT"] = sys.argv[4]

event = {
    "version": "2.0",
    "rawPath": "/rpc",
    "rawQueryString": "",
    "headers": {"host": "mesh.example", **json.loads(sys.argv[3])},
    "requestContext": {"http": {"method": "POST", "path": "/rpc", "sourceIp": "192.0.2.1"}},
    "isBase64Encoded": False,
    "body": json.dumps({"method": "ping"}),
}
status = handler(event, None)["statusCode"]
known = ("ssl", "socket", "fastmcp", "http.client", "urllib.parse")
heavy = [name for name in known if name in sys.modules]
sys.stdout.write(json.dumps({"status": status, "heavy": heavy}) + "\n")
