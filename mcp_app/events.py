"""Function URL events: checked, and made a request for the ASGI application.

Mangum trusts an event's shape and would raise; streamed answers take the same checks, and
the request as Mangum makes it.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig
from starlette.types import Scope

from mcp_app.asgi.failures import INVALID_REQUEST, PARSE_ERROR

CONFIG = LambdaConfig(api_gateway_base_path="/", text_mime_types=[], exclude_headers=[])
HOST = re.compile(r"^[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?$")


class BadEventError(Exception):
    """The event is not a Function URL event; `code` is a JSON-RPC error code."""

    def __init__(self, message: str, code: int = INVALID_REQUEST) -> None:
        super().__init__(message)
        self.code = code


def check_event(event: Any) -> dict[str, Any]:
    """The event, known to be of payload format 2.0 with a body that can be decoded.

    Raises:
        BadEventError: it is of another kind, or its body is not what it says it is.
    """
    if not isinstance(event, dict) or event.get("version") != "2.0":
        raise BadEventError(
            "This function answers Function URL events, payload format 2.0. Call its URL "
            "instead of invoking it, or send such an event."
        )
    http = (event.get("requestContext") or {}).get("http")
    fields = ("method", "path", "sourceIp")
    if not isinstance(http, dict) or not all(isinstance(http.get(name), str) for name in fields):
        raise BadEventError("The event lacks requestContext.http with method, path and sourceIp.")
    headers = event.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        raise BadEventError("The event's headers are not an object of strings.")
    # Mangum splits the Host header at its colon; anything else there raises.
    host = next((v for k, v in headers.items() if k.lower() == "host"), "lambda")
    if not HOST.match(host):
        raise BadEventError("The Host header is not a host name, with or without a port.")
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise BadEventError("The event's body is not a string.")
    if event.get("isBase64Encoded"):
        try:
            base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise BadEventError("The body is not valid base64.", PARSE_ERROR) from None
    else:
        try:
            body.encode()
        except UnicodeEncodeError:
            raise BadEventError("The body is not valid Unicode.", PARSE_ERROR) from None
    return {**event, "headers": headers}


def http_request(event: dict[str, Any], context: Any) -> tuple[Scope, bytes]:
    """ASGI scope and body of an event that `check_event` has passed."""
    gateway = HTTPGateway(event, context, CONFIG)
    return gateway.scope, gateway.body
