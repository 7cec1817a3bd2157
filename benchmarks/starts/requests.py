"""What is asked: HTTP requests, the same for every server, and as a Function URL's event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mesh.local_aws import http_server
from mesh.local_aws.function_url.event import Caller, build_event

TEXT = "benchmark-payload"
QUERY = "how are releases rolled back"
LEGACY, MODERN = "2025-11-25", "2026-07-28"
CALLER = Caller("AKIAEXAMPLE", "000000000000", "AIDAEXAMPLE", "arn:aws:iam::000000000000:user/ann")
META = "io.modelcontextprotocol/"
CLIENT = {"name": "benchmark", "version": "1"}


@dataclass(frozen=True)
class Ask:
    """A request, and what its answer has to hold: figures of failures are worth nothing.

    Attributes:
        method: Of HTTP.
        path: Below the server's address.
        headers: Beside the credential's.
        body: JSON; empty for none.
        expected: In the body of a right answer, white space apart.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    expected: str

    def event(self, extra: Mapping[str, str], *, signed: bool = False) -> bytes:
        """As a Function URL hands it over.

        Args:
            extra: More headers: a credential.
            signed: Whether IAM has let the caller in.
        """
        headers = [*self.headers.items(), *extra.items(), ("host", "mesh.lambda-url.on.aws")]
        request = http_server.Request(
            self.method, self.path, headers, self.body, "192.0.2.1", "HTTP/1.1"
        )
        return build_event(
            request,
            url_id="mesh",
            port=443,
            request_id="benchmark",
            trace_id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            caller=CALLER if signed else None,
            now=datetime.now(UTC),
        )


@dataclass(frozen=True)
class Kind:
    """A kind of request by its name in the tables."""

    name: str
    title: str
    ask: Ask = field(repr=False)


def _post(path: str, message: Mapping[str, Any], expected: str, **headers: str) -> Ask:
    sent = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "user-agent": "benchmark/1",
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Ask("POST", path, sent, json.dumps(message).encode(), expected)


def _message(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)}


def initialize() -> Ask:
    """A client's first message, before 2026-07-28."""
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
    return _post("/mcp", _message("initialize", params), '"serverInfo"')


def listing() -> Ask:
    """`tools/list`."""
    message = _message("tools/list", {})
    return _post("/mcp", message, '"echo"', mcp_protocol_version=LEGACY)


def _call(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": tool, "arguments": dict(arguments)}


def call(tool: str = "echo", expected: str = TEXT, **arguments: Any) -> Ask:
    """`tools/call`; of the tool that does nothing, unless another is named."""
    message = _message("tools/call", _call(tool, arguments or {"text": TEXT}))
    return _post("/mcp", message, expected, mcp_protocol_version=LEGACY)


def _modern(method: str, params: Mapping[str, Any], expected: str, **headers: str) -> Ask:
    """As a client of 2026-07-28 sends it: no session, everything in each request.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
    """
    meta = {
        f"{META}protocolVersion": MODERN,
        f"{META}clientInfo": CLIENT,
        f"{META}clientCapabilities": {},
    }
    message = _message(method, {**params, "_meta": meta})
    common = {"mcp_protocol_version": MODERN, "mcp_method": method}
    return _post("/mcp", message, expected, **common, **headers)


def modern_call() -> Ask:
    """`tools/call` of the tool that does nothing, of 2026-07-28."""
    return _modern("tools/call", _call("echo", {"text": TEXT}), TEXT, mcp_name="echo")


def modern_listing() -> Ask:
    """`tools/list` of 2026-07-28."""
    return _modern("tools/list", {}, '"echo"')


def plain_call() -> Ask:
    """`tools/call` over `/rpc`, plain JSON-RPC."""
    return _post("/rpc", {"method": "tools/call", "params": _call("echo", {"text": TEXT})}, TEXT)


def plain_listing() -> Ask:
    """`tools/list` over `/rpc`."""
    return _post("/rpc", {"method": "tools/list"}, '"echo"')


HEALTH = Kind("health", "GET /health", Ask("GET", "/health", {}, b"", "ok"))
INITIALIZE = Kind("initialize", "initialize", initialize())
LIST = Kind("list", "tools/list", listing())
CALL = Kind("call", "tools/call", call())
SEARCH = Kind("search", "search", call("search_knowledge", '"score":', query=QUERY))
ANSWER = Kind("answer", "answer", call("query_aoma_knowledge", '"grounded":true', query=QUERY))
MODERN_LIST = Kind("modern_list", f"tools/list {MODERN}", modern_listing())
PLAIN_LIST = Kind("plain_list", "/rpc tools/list", plain_listing())
MODERN_CALL = Kind("modern_call", f"tools/call {MODERN}", modern_call())
PLAIN_CALL = Kind("plain_call", "/rpc tools/call", plain_call())
