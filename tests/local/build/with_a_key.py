"""Run with the unpacked zip alone: an instance that answers requests with credentials.

Arguments: the zip's folder, the environment in JSON, and PEM files in the place of Amazon's
first root and of all its roots. Each line of its input holds a request's headers in JSON. For
each it prints a JSON object: the answer's status, and what checking credentials imported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
os.environ.update(json.loads(sys.argv[2]), LAMBDA_TASK_ROOT=sys.argv[1])
handler = importlib.import_module("mesh.runtime.handler").handler
tls = vars(importlib.import_module("mesh.runtime.aws.aws_tls"))
tls["FIRST_ROOT"], tls["ROOTS"] = sys.argv[3:]

for line in sys.stdin:
    event = {
        "version": "2.0",
        "rawPath": "/rpc",
        "rawQueryString": "",
        "headers": {"host": "mesh.example", **json.loads(line)},
        "requestContext": {"http": {"method": "POST", "path": "/rpc", "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
        "body": json.dumps({"method": "ping"}),
    }
    status = handler(event, None)["statusCode"]
    known = ("ssl", "socket", "fastmcp", "http.client", "urllib.parse")
    heavy = [name for name in known if name in sys.modules]
    sys.stdout.write("\n" + json.dumps({"status": status, "heavy": heavy}) + "\n")
    sys.stdout.flush()
