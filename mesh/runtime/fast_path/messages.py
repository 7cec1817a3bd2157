"""JSON-RPC messages that the fast path understands, of both protocol eras and of `/rpc`."""

from __future__ import annotations

import json

from mesh.runtime.fast_path.replies import dumps
from mesh.runtime.request.accept import BOTH, accepts_json_only
from mesh.runtime.request.events import Head

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MODERN = "2026-07-28"
HANDSHAKE = frozenset({"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
LEVELS = frozenset(
    {"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}
)
META = "io.modelcontextprotocol/"
MAX_ID = 128
INFINITY = float("inf")
JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream"
# A stream that goes on, a session and a compressed body.
LEFT_TO_FASTMCP = frozenset({"last-event-id", "mcp-session-id", "content-encoding"})
MCP_HEADERS = frozenset({"mcp-protocol-version", "mcp-method", "mcp-name"})


class LeftToFastMcpError(Exception):
    """FastMCP's way answers this request: nothing is wrong with it, or here.

    Args:
        reason: Why, in one word, for the log; `mesh.runtime.observability.way` has them.
    """

    def __init__(self, reason: str = "method") -> None:
        super().__init__(reason)
        self.reason = reason


class Message:
    """One message.

    Args:
        method: JSON-RPC's.
        params: Without `_meta`.
        request_id: As it goes back, in JSON; None for a notification.
        modern: Whether it is of protocol 2026-07-28.
        streamed: Whether it is answered with an event stream.
        patient: Whether an event stream may be the answer, if that takes long.
        escaped: Whether the answer is written in ASCII, as the SDK does in the newest era.
        plain: Whether it came to `/rpc`.
        traceparent: Of its `_meta`, where that is read; None for none.
    """

    def __init__(
        self,
        method: str,
        params: dict[str, Any],
        request_id: str | None,
        *,
        modern: bool,
        streamed: bool,
        patient: bool,
        escaped: bool,
        plain: bool = False,
        traceparent: str | None = None,
    ) -> None:
        self.method = method
        self.params = params
        self.request_id = request_id
        self.modern = modern
        self.streamed = streamed
        self.patient = patient
        self.escaped = escaped
        self.plain = plain
        self.traceparent = traceparent


class _UnusualError(ValueError):
    """FastMCP has to look at it."""


def plain_headers(headers: dict[str, str]) -> bool:
    """Whether they say nothing that FastMCP has to look at."""
    declared = headers.get("content-type", JSON_TYPE)
    return (
        declared.split(";")[0].strip().lower() == JSON_TYPE
        and LEFT_TO_FASTMCP.isdisjoint(headers)
        and MCP_HEADERS.issuperset(name for name in headers if name.startswith("mcp-"))
    )


def read_message(head: Head, body: str, *, traced: bool = False) -> Message | None:
    """The message that a POST to `/mcp` or `/rpc` holds; None for what FastMCP has to read.

    Args:
        head: Of the request.
        body: Its text.
        traced: Whether its `_meta` may name a trace.
    """
    try:
        content = _DECODER.decode(body)
        if "\\u" in body:
            # Half of a surrogate pair, which is no JSON to FastMCP's way.
            dumps(content).encode()
        if head.path == "/rpc":
            return _plain(content)
        return _mcp(content, head.headers, traced=traced)
    except (ValueError, RecursionError):
        return None


def _no_constant(_name: str) -> None:
    raise _UnusualError


def _finite(digits: str) -> float:
    number = float(digits)
    # Readers of JSON differ in what they make of 1e999.
    _require(abs(number) != INFINITY)
    return number


# Made once: `json.loads` makes one for each text that it reads in a way of its own.
# Of two equal names the last counts, as in FastMCP's way.
_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def _require(fits: bool) -> None:  # noqa: FBT001 - its only argument
    if not fits:
        raise _UnusualError


def _text(value: Any) -> bool:
    return type(value) is str


def _token(value: Any) -> bool:
    """Whether it is an id or a progress token that comes back as it was."""
    if type(value) is int:
        return -(2**53) < value < 2**53
    return type(value) is str and _simple(value)


def _written(request_id: int | str | None) -> str:
    """An id in JSON; `_simple` has seen to it that a text needs no escapes."""
    if request_id is None:
        return "null"
    return f'"{request_id}"' if type(request_id) is str else str(request_id)


def _simple(value: str) -> bool:
    """Whether every JSON writer writes it alike, and a header can hold it."""
    return (
        len(value) <= MAX_ID
        and value.isascii()
        and value.isprintable()
        and not any(one in value for one in "\"\\/<>&'")
    )


def _plain(content: Any) -> Message:
    """A message of `/rpc`, where `jsonrpc` and `id` may be missing."""
    _require(type(content) is dict and content.keys() <= {"jsonrpc", "id", "method", "params"})
    method, params = content.get("method"), content.get("params", {})
    _require(_text(method) and content.get("jsonrpc", "2.0") == "2.0" and type(params) is dict)
    _require("_meta" not in params and not method.startswith("notifications/"))
    request_id = content.get("id")
    _require(request_id is None or _token(request_id))
    # The handshake is not needed here, and discovery has no other era.
    modern = method == "server/discover"
    told = _written(request_id)
    return Message(
        method,
        params,
        told,
        modern=modern,
        streamed=False,
        patient=False,
        escaped=False,
        plain=True,
    )


def _mcp(content: Any, headers: dict[str, str], *, traced: bool) -> Message:
    _require(type(content) is dict and content.keys() <= {"jsonrpc", "id", "method", "params"})
    method, params = content.get("method"), content.get("params", {})
    _require(content.get("jsonrpc") == "2.0" and _text(method) and type(params) is dict)
    params = {**params}
    meta = params.pop("_meta", {})
    _require(type(meta) is dict)
    traceparent = None
    if traced:
        meta = {**meta}
        traceparent = meta.pop("traceparent", None)
        _require(all(_text(meta.pop(name, "")) for name in ("tracestate", "baggage")))
        _require(traceparent is None or _text(traceparent))
    request_id = None
    if "id" in content:
        _require(_token(content["id"]))
        request_id = _written(content["id"])
    version = headers.get("mcp-protocol-version")
    accept = headers.get("accept")
    # What all clients send, and every other way to write it.
    streamed = accept == BOTH or not accepts_json_only(accept)
    if streamed and accept != BOTH:
        accepted = {part.split(";")[0].strip().lower() for part in headers["accept"].split(",")}
        _require({JSON_TYPE, STREAM_TYPE} <= accepted)
    if version == MODERN:
        _modern(method, params, meta, headers)
        _require(request_id is not None)
        return Message(
            method,
            params,
            request_id,
            modern=True,
            streamed=False,
            patient=streamed,
            escaped=True,
            traceparent=traceparent,
        )
    _require(version is None or version in HANDSHAKE)
    # Some clients send these before they know the other side's era.
    _require(headers.get("mcp-method", method) == method)
    named = params.get("uri" if method == "resources/read" else "name")
    _require("mcp-name" not in headers or headers["mcp-name"] == named)
    _require(all(name == "progressToken" and _token(value) for name, value in meta.items()))
    return Message(
        method,
        params,
        request_id,
        modern=False,
        streamed=streamed,
        patient=streamed,
        escaped=False,
        traceparent=traceparent,
    )


def _modern(
    method: str, params: dict[str, Any], meta: dict[str, Any], headers: dict[str, str]
) -> None:
    """The envelope of 2026-07-28: what the headers repeat has to be the same.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
    """
    known = {f"{META}protocolVersion", f"{META}clientInfo", f"{META}clientCapabilities"}
    _require(meta.get(f"{META}protocolVersion") == MODERN)
    # Nothing is logged to a client from here, whatever it would like to hear.
    level = meta.get(f"{META}logLevel", "debug")
    _require(_text(level) and level in LEVELS)
    _require(meta.keys() <= known | {"progressToken", f"{META}logLevel"})
    _require(f"{META}clientCapabilities" in meta)
    _require(plain_capabilities(meta[f"{META}clientCapabilities"]))
    if f"{META}clientInfo" in meta:
        _require(plain_client(meta[f"{META}clientInfo"]))
    if "progressToken" in meta:
        _require(_token(meta["progressToken"]))
    _require(headers.get("mcp-method") == method)
    if method == "resources/read":
        # Whether it is an address is seen to there; what it needs to be in a header, too.
        _require("name" not in params and headers.get("mcp-name") == params.get("uri"))
        return
    name = params.get("name")
    if name is None:
        _require("mcp-name" not in headers and "uri" not in params)
    else:
        _require(_text(name) and _simple(name) and headers.get("mcp-name") == name)


def plain_client(info: Any) -> bool:
    """Whether it names a client as all do: texts, name and version among them."""
    return (
        type(info) is dict
        and info.keys() <= {"name", "version", "title", "description", "websiteUrl"}
        and {"name", "version"} <= info.keys()
        and all(map(_text, info.values()))
    )


def plain_capabilities(capabilities: Any) -> bool:
    """Whether they are written as the protocol has them; what they say changes no answer here."""
    if type(capabilities) is not dict:
        return False
    for name, value in capabilities.items():
        if name == "roots":
            fits = type(value) is dict and all(
                key == "listChanged" and type(told) is bool for key, told in value.items()
            )
        elif name in {"sampling", "elicitation"}:
            fits = type(value) is dict and all(told == {} for told in value.values())
        elif name in {"experimental", "extensions"}:
            fits = type(value) is dict and all(type(told) is dict for told in value.values())
        else:
            fits = False
        if not fits:
            return False
    return True
