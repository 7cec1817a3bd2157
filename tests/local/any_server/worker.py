"""Answers calls as a Lambda instance does, from an unpacked zip: a program of its own.

Reads from standard input, in JSON, the calls; writes the answers to file descriptor 3.
"""

import importlib
import json
import os
import sys
import time

HOST = "x.lambda-url.us-east-1.on.aws"


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "r-1"
    function_name = "any-server"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:any-server:live"

    def get_remaining_time_in_millis(self):
        return 25_000


def event_of(number, method, params, headers):
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return {
        "version": "2.0",
        "rawPath": "/mcp",
        "rawQueryString": "",
        "headers": {
            "host": HOST,
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2025-11-25",
            **headers,
        },
        "requestContext": {
            "domainName": HOST,
            "http": {"method": "POST", "path": "/mcp", "sourceIp": "127.0.0.1"},
            "requestId": "r",
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def main():
    before = time.process_time()
    handler = importlib.import_module("mesh.runtime.handler").handler
    init_ms = (time.process_time() - before) * 1000
    answers = []
    for number, (name, arguments, *headers) in enumerate(json.loads(sys.stdin.read())):
        is_tool = "/" not in name
        params = {"name": name, "arguments": arguments} if is_tool else arguments
        method = "tools/call" if is_tool else name
        answer = handler(event_of(number, method, params, dict(*headers)), Context())
        answers.append({"status": answer["statusCode"], "body": answer.get("body")})
    found = {"answers": answers, "fastmcp": "fastmcp" in sys.modules}
    found["init_ms"] = init_ms
    found["modules"] = sorted(name for name in sys.modules if name.startswith("mesh."))
    with os.fdopen(3, "w") as output:
        json.dump(found, output)


if __name__ == "__main__":
    main()
