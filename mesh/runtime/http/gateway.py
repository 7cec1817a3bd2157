"""Function URL events as ASGI requests, with a body that is decoded when it is read.

Who may not come in is refused before anything touches the body.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig, LambdaContext, LambdaEvent
from starlette.types import Scope

from mesh.runtime.request.errors import PARSE_ERROR, RefusedError
from mesh.runtime.request.events import read_head

PORTS = {"http": 80, "https": 443}


class ScopeGateway(HTTPGateway):
    """Mangum's gateway for what `http_scope` gave instead of an event.

    Mangum's own reading of an event trusts its shape, and decodes its body.
    """

    @classmethod
    def infer(cls, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> bool:  # noqa: ARG003 - Mangum's signature
        """Take everything."""
        return True

    @property
    def scope(self) -> Scope:
        """The scope."""
        return self.event

    @property
    def body(self) -> bytes:
        """Nothing: the application reads `event_body`."""
        return b""


def http_scope(event: Any, context: Any) -> Scope:
    """The ASGI scope of an event.

    https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope

    Args:
        event: Any JSON value.
        context: What Lambda tells of the invocation.

    Raises:
        BadEventError: It is not a Function URL event.
    """
    head = read_head(event)
    headers = [(name.encode(), value.encode("latin-1")) for name, value in head.headers.items()]
    if event.get("cookies"):
        headers = [pair for pair in headers if pair[0] != b"cookie"]
        headers.append((b"cookie", "; ".join(event["cookies"]).encode()))
    host, _, port = head.headers.get("host", "lambda").partition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "http_version": "1.1",
        "method": head.method,
        "scheme": head.scheme,
        "path": head.path,
        "raw_path": None,
        "root_path": "",
        "query_string": (event.get("rawQueryString") or "").encode(),
        "headers": headers,
        "client": (head.client, 0),
        "server": (host, int(port) if port else PORTS[head.scheme]),
        "aws.event": event,
        "aws.context": context,
    }


def event_body(event: dict[str, Any]) -> bytes:
    """The body of an event that `http_scope` has taken.

    Raises:
        RefusedError: It is not what the event says it is.
    """
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError(400, PARSE_ERROR, "The body is not valid base64.") from None
    try:
        return bytes(text.encode())
    except UnicodeEncodeError:
        raise RefusedError(400, PARSE_ERROR, "The body is not valid Unicode.") from None
