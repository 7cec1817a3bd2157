"""The function that the contract suite talks to: what it does is the request's to say."""

import base64
import json
import os
import time


def handler(event, _context):
    """Echo the event, or do what the path's last part names."""
    action = event["rawPath"].rpartition("/")[2]
    body = event.get("body") or ""
    if action == "return":
        return json.loads(body)
    if action == "length":
        return len(base64.b64decode(body) if event["isBase64Encoded"] else body)
    if action == "large":
        return {"statusCode": 200, "body": "x" * int(event["queryStringParameters"]["bytes"])}
    if action == "raise":
        raise ValueError("the caller must not see this")
    if action == "exit":
        os._exit(3)
    if action == "sleep":
        time.sleep(30)
    return event
