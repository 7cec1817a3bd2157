"""Which requests are plainly requests: what the SDK's transports would find nothing wrong with.

Of both eras of the protocol, as the SDK tells them apart. What is not, a notification, a batch
or a header that contradicts the body, is theirs to explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.inbound import (
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    x_mcp_header_map,
)
from mcp_types import DEFAULT_NEGOTIATED_VERSION, JSONRPCRequest, jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request

# A declared length of more digits is beyond every limit, or made up.
LENGTH_DIGITS = 6
PARAM_HEADERS = MCP_PARAM_HEADER_PREFIX.lower()


@dataclass(frozen=True)
class PlainRequest:
    """A request, and what came with it.

    Attributes:
        message: JSON-RPC's.
        http: HTTP's.
        version: Of the protocol.
        modern: Whether that is 2026-07-28 or later, with no handshake.
        client_info: What a modern request says of its client, not checked.
        client_capabilities: As above.
    """

    message: JSONRPCRequest
    http: Request
    version: str
    modern: bool = False
    client_info: Any = None
    client_capabilities: Any = None


def plain_request(
    server: Server[Any], http: Request, message: Any, *, streamed: bool
) -> PlainRequest | None:
    """The request that this is; None for what the SDK's transports must see.

    Args:
        server: Who is asked.
        http: POST.
        message: Its decoded body.
        streamed: Whether the answer is to be events.
    """
    headers = http.headers
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) <= LENGTH_DIGITS):
        return None
    if streamed and check_accept_headers(http) != (True, True):
        return None
    version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
    if version is None or version in HANDSHAKE_PROTOCOL_VERSIONS:
        return _of_a_handshake(http, message, version or DEFAULT_NEGOTIATED_VERSION)
    return _modern(server, http, message)


def _of_a_handshake(http: Request, decoded: Any, version: str) -> PlainRequest | None:
    try:
        message = jsonrpc_message_adapter.validate_python(decoded, by_name=False)
    except ValueError:
        return None
    return PlainRequest(message, http, version) if isinstance(message, JSONRPCRequest) else None


def _modern(server: Server[Any], http: Request, decoded: Any) -> PlainRequest | None:
    try:
        message = JSONRPCRequest.model_validate(decoded)
    except ValidationError:
        return None
    # A subscription is a stream without an end.
    if message.method == "subscriptions/listen" or "id" not in decoded:
        return None
    if find_duplicated_routing_header(http.headers.items()) is not None:
        return None
    route = classify_inbound_request(decoded, headers=dict(http.headers))
    if not isinstance(route, InboundModernRoute) or _has_parameter_headers(server, http, message):
        return None
    return PlainRequest(
        message,
        http,
        route.protocol_version,
        modern=True,
        client_info=route.client_info,
        client_capabilities=route.client_capabilities,
    )


def _has_parameter_headers(server: Server[Any], http: Request, message: JSONRPCRequest) -> bool:
    """Whether arguments are, or should be, in headers too."""
    if message.method != "tools/call":
        return False
    name = (message.params or {}).get("name")
    lookup = server.get_tool_input_schema
    if lookup is None or (isinstance(name, str) and x_mcp_header_map(lookup(name))):
        return True
    return any(header.startswith(PARAM_HEADERS) for header in http.headers)
