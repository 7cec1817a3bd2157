"""Function URL events as ASGI requests: Mangum's scope, and a body that is decoded when read.

Who may not come in is refused before anything touches the body.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig
from starlette.types import Scope

from mcp_app.asgi.failures import PARSE_ERROR, RefusedError
from mcp_app.events import read_head

CONFIG = LambdaConfig(api_gateway_base_path="/", text_mime_types=[], exclude_headers=[])


class HeadGateway(HTTPGateway):
    """Mangum's gateway without a body; the application reads `event_body`."""

    @property
    def body(self) -> bytes:
        """Nothing."""
        return b""


def checked(event: Any) -> dict[str, Any]:
    """The event as Mangum expects it, which trusts its shape.

    Raises:
        BadEventError: It is not a Function URL event.
    """
    head = read_head(event)
    return {
        **event,
        "headers": head.headers,
        "cookies": event.get("cookies") or [],
        "rawQueryString": event.get("rawQueryString") or "",
    }


def http_scope(event: dict[str, Any], context: Any) -> Scope:
    """The ASGI scope of an event that `checked` gave."""
    return HTTPGateway(event, context, CONFIG).scope


def event_body(event: dict[str, Any]) -> bytes:
    """The body of an event that `checked` gave.

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
