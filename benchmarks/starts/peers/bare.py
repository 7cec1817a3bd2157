"""A Lambda handler without any package: what no Python MCP server can be faster than."""

import json

ECHO = {
    "name": "echo",
    "description": "Give the text back.",
    "inputSchema": {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    },
}


def result_of(method, params):
    """What each method gives, unchecked."""
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "bare", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [ECHO]}
    return {"content": [{"type": "text", "text": params["arguments"]["text"]}]}


def handler(event, context):
    """Answer a Function URL event."""
    if event["rawPath"] == "/health":
        return {"statusCode": 200, "body": '{"status": "ok"}'}
    message = json.loads(event["body"])
    result = result_of(message["method"], message.get("params", {}))
    answer = {"jsonrpc": "2.0", "id": message.get("id"), "result": result}
    headers = {"content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(answer)}
