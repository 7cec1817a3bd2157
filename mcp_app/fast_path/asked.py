"""A Function URL event, taken apart; only where nothing about it is unusual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mcp_app.asgi.json_body import MAX_BODY_BYTES, too_nested

HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?")
# A browser's request is checked against allowed origins; a stream that goes on is FastMCP's.
LEFT_TO_FASTMCP = frozenset({"origin", "last-event-id", "mcp-session-id", "content-encoding"})
TEXT = frozenset({str})
MCP_HEADERS = frozenset({"mcp-protocol-version", "mcp-method", "mcp-name"})


@dataclass(frozen=True, slots=True)
class Asked:
    """An HTTP request.

    Attributes:
        method: Such as `POST`.
        path: Without the query.
        headers: By their names in lower case.
        body: Text; empty for none.
        client: The address that it came from.
        arn: Who signed it, where the Function URL checked a signature; None elsewhere.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: str
    client: str
    arn: str | None


def read_event(event: Any) -> Asked | None:  # noqa: PLR0911 - one for each oddity
    """The request in an event; None where anything about it needs a closer look."""
    if type(event) is not dict or event.get("version") != "2.0":
        return None
    about, headers = event.get("requestContext"), event.get("headers")
    if type(about) is not dict or type(headers) is not dict:
        return None
    http = about.get("http")
    if type(http) is not dict:
        return None
    method, path, client = http.get("method"), http.get("path"), http.get("sourceIp")
    body = event.get("body") or ""
    if not (type(method) is type(path) is type(client) is type(body) is str):
        return None
    if event.get("rawPath") != path or event.get("isBase64Encoded") or not _plain(headers):
        return None
    # Characters have at most four bytes each in UTF-8.
    if len(body) * 4 > MAX_BODY_BYTES or not _readable(body):
        return None
    authorizer = about.get("authorizer") or {}
    arn = (authorizer.get("iam") or {}).get("userArn")
    return Asked(method, path, headers, body, client, str(arn) if arn else None)


def _plain(headers: dict[Any, Any]) -> bool:
    # All names at once: this is a good part of what a request costs here.
    if {*map(type, headers), *map(type, headers.values())} - TEXT:
        return False
    names = "\n".join(headers)
    if names != names.lower() or not LEFT_TO_FASTMCP.isdisjoint(headers):
        return False
    if not {name for name in headers if name.startswith("mcp-")} <= MCP_HEADERS:
        return False
    return HOST.fullmatch(headers.get("host", "lambda")) is not None


def _readable(body: str) -> bool:
    try:
        return not too_nested(body.encode())
    except UnicodeEncodeError:
        return False
