"""The same event to both ways of an instance: the fast path, and FastMCP's."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HOST = "abc.lambda-url.us-east-1.on.aws"
# What a clock or a stopwatch says, and what is sealed with a random number: all that may differ.
MEASURED = re.compile(r'(\\?"(?:latency_ms|elapsed_ms|uptime_seconds)\\?": ?)-?[0-9.]+')
SEALED = re.compile(r'("requestState":")[^"]+')


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "6c0e3b6f-0000-4000-8000-000000000001"


def event(
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    arn: str | None = None,
) -> dict[str, Any]:
    """A Function URL event; a body that is no text is written as JSON."""
    about: dict[str, Any] = {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}}
    if arn:
        about["authorizer"] = {"iam": {"userArn": arn}}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": HOST, "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": about,
        "isBase64Encoded": False,
        "body": body if isinstance(body, str) else "" if body is None else json.dumps(body),
    }


def comparable(response: dict[str, Any]) -> dict[str, Any]:
    """A response without what clocks and random numbers say, and lengths that follow from it."""
    body = SEALED.sub(r"\1", MEASURED.sub(r"\g<1>0", response["body"]))
    headers = {name.lower(): value for name, value in response["headers"].items()}
    length = headers.pop("content-length", None)
    assert length is None or int(length) == len(response["body"].encode())
    streamed = body.startswith("event: message\r\ndata: ") and body.endswith("\r\n\r\n")
    text = body.removeprefix("event: message\r\ndata: ") if streamed else body
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    return {
        "status": int(response["statusCode"]),
        "headers": headers,
        "has_length": length is not None,
        "streamed": streamed,
        "content": _opened(content),
        # Not only the same JSON: the same text, but for what was measured.
        "text": body,
        "base64": response["isBase64Encoded"],
    }


def _opened(content: Any) -> Any:
    """The content, with text that is JSON itself as what it says."""
    if isinstance(content, dict):
        return {
            name: _opened(json.loads(value))
            if name == "text" and isinstance(value, str) and value.startswith('{"')
            else _opened(value)
            for name, value in content.items()
        }
    return [_opened(one) for one in content] if isinstance(content, list) else content


@dataclass
class Pair:
    """Both ways.

    Attributes:
        fast: The fast path; what it hands on comes back as None.
        full: FastMCP's way.
        served: How many events the fast path answered.
        handed_on: How many it did not.
    """

    fast: Callable[[dict[str, Any]], dict[str, Any] | None]
    full: Callable[[dict[str, Any]], dict[str, Any]]
    served: int = 0
    handed_on: int = 0

    def check(self, asked: dict[str, Any]) -> bool:
        """See that both answer alike; whether the fast path answered at all."""
        quick = self.fast(copy.deepcopy(asked))
        if quick is None:
            self.handed_on += 1
            return False
        self.served += 1
        whole = self.full(copy.deepcopy(asked))
        assert comparable(quick) == comparable(whole), json.dumps(asked)
        return True
