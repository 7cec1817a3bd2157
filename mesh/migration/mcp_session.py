"""One MCP server over HTTP, whichever protocol version and kind of session it has.

The old server may keep sessions, which Mesh's own smoke test never needs.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from mesh.failure import CommandFailedError
from mesh.smoke.smoke import base_url
from mesh.smoke.streamable_http import ACCEPT, LOOPBACK, PROTOCOL_VERSION, Reply

SESSION = "Mcp-Session-Id"
MOST_PAGES = 50


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    Attributes:
        result: of JSON-RPC; None where there is an error instead.
        error: what went wrong, in a few words; None where nothing did.
        ms: how long it took.
    """

    result: dict[str, Any] | None
    error: str | None
    ms: float

    @property
    def failed(self) -> bool:
        """Whether the call failed, in JSON-RPC or in the tool."""
        return self.error is not None or bool((self.result or {}).get("isError"))


@dataclass
class Session:
    """A connection to a server.

    Args:
        url: its base address, or that of /mcp.
        credential: an API key or SigV4; None for none.
        path: where it takes JSON-RPC. Another than mcp may know no initialize.
        timeout_seconds: for each request.
    """

    url: str
    credential: httpx.Auth | None = None
    path: str = "mcp"
    timeout_seconds: float = 60.0
    name: str = ""
    _headers: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            CommandFailedError: no MCP server answers there.
        """
        loopback = httpx.URL(self.url).host in LOOPBACK
        self._client = httpx.Client(
            auth=self.credential, timeout=self.timeout_seconds, trust_env=not loopback
        )
        hello = self.ask(
            "initialize",
            {
                "protocolVersion": PROTOCOL_VERSION,
                "capabilities": {},
                "clientInfo": {"name": "mesh-compare", "version": "1"},
            },
        )
        if hello.result is None and self.path != "mcp":
            self.name = self.url
            return self
        if hello.result is None:
            self._client.close()
            raise CommandFailedError(f"{self.url} does not answer as an MCP server: {hello.error}")
        self._headers["MCP-Protocol-Version"] = str(hello.result.get("protocolVersion"))
        self.name = str((hello.result.get("serverInfo") or {}).get("name"))
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, params: dict[str, Any] | None = None) -> Answer:
        """Send one request; whatever goes wrong is in the answer."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params or {}}
        started = time.monotonic()
        try:
            response = self._send(message)
        except httpx.HTTPError as error:
            return Answer(None, f"no answer: {error or type(error).__name__}", _since(started))
        took = _since(started)
        if SESSION in response.headers:
            self._headers[SESSION] = response.headers[SESSION]
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        reply = Reply(response.status_code, kind, response.content, took)
        for found in reply.messages():
            # Some servers give back no id.
            if found.get("id", self._number) not in {self._number, None}:
                continue
            if isinstance(found.get("result"), dict):
                return Answer(found["result"], None, took)
            told = found.get("error") or {}
            return Answer(None, f"JSON-RPC {told.get('code')}: {told.get('message')}", took)
        return Answer(None, f"HTTP {reply.status}: {reply.excerpt() or 'no body'}", took)

    def listed(self, kind: str) -> dict[str, dict[str, Any]]:
        """Tools, resources or prompts by name; none where the server has no such method."""
        found: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            answer = self.ask(f"{kind}/list", {"cursor": cursor} if cursor else {})
            for one in (answer.result or {}).get(kind) or []:
                found[str(one.get("uri") or one.get("name"))] = one
            cursor = (answer.result or {}).get("nextCursor")
            if not cursor:
                break
        return found

    def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        """Call a tool."""
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def _send(self, message: dict[str, Any]) -> httpx.Response:
        return self._client.post(
            base_url(self.url) + self.path,
            content=json.dumps(message).encode(),
            headers={"Content-Type": "application/json", "Accept": ACCEPT} | self._headers,
        )


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
