"""Serves FastMCP from an unpacked bundle, the parts that access control uses included.

Run by a bare interpreter: `python -I -S serving.py BUNDLE`. Prints one JSON line of what
was answered; whatever is missing in the bundle ends it with a traceback.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

sys.path.insert(0, sys.argv[1])

import httpx2
from fastmcp import Context, FastMCP
from fastmcp.server.auth import OAuthProxy, RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier, RSAKeyPair, StaticTokenVerifier
from mangum import Mangum
from pydantic import AnyHttpUrl, BaseModel, EmailStr, Field, TypeAdapter


class Passage(BaseModel):
    """A typed result, so that there is an output schema to validate against."""

    title: str
    score: float = Field(ge=0)


server = FastMCP(
    "bundle", auth=StaticTokenVerifier(tokens={"secret": {"client_id": "test", "scopes": []}})
)


@server.tool(annotations={"readOnlyHint": True})
def search(query: str, limit: int = 3) -> list[Passage]:
    """Find passages."""
    return [Passage(title=query, score=1.0)] * limit


@server.tool
async def remember(context: Context) -> dict[str, Any]:
    """Use the session."""
    return {"request": bool(context.request_id)}


@server.tool
def broken() -> str:
    """Fail as a tool does, so that FastMCP logs a traceback."""
    raise ValueError("broken on purpose")


@server.resource("note://{name}")
def note(name: str) -> str:
    """Read a note."""
    return name


@server.prompt
def ask(topic: str) -> str:
    """Ask about a topic."""
    return f"What is {topic}?"


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (
        "initialize",
        {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    ),
    ("tools/list", {}),
    ("tools/call", {"name": "search", "arguments": {"query": "whale", "limit": 1}}),
    ("tools/call", {"name": "search", "arguments": {"query": "whale", "limit": "many"}}),
    ("tools/call", {"name": "remember", "arguments": {}}),
    ("tools/call", {"name": "broken", "arguments": {}}),
    ("resources/read", {"uri": "note://a"}),
    ("prompts/get", {"name": "ask", "arguments": {"topic": "b"}}),
]


async def main() -> None:
    """Ask everything once, and build every kind of access control."""
    app = server.http_app(stateless_http=True, json_response=True)
    headers = {"accept": "application/json, text/event-stream"}
    answers = []
    async with (
        app.lifespan(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://bundle"
        ) as client,
    ):
        refused = await client.post("/mcp", json={}, headers=headers)
        headers["authorization"] = "Bearer secret"
        for number, (method, params) in enumerate(REQUESTS):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            response = await client.post("/mcp", json=message, headers=headers)
            answers.append({"method": method, "status": response.status_code} | response.json())
    Mangum(app, lifespan="off")
    keys = RSAKeyPair.generate()
    verifier = JWTVerifier(public_key=keys.public_key, issuer="issuer", audience="mesh")
    token = await verifier.verify_token(keys.create_token(issuer="issuer", audience="mesh"))
    RemoteAuthProvider(
        token_verifier=JWTVerifier(jwks_uri="https://auth.example/jwks", issuer="issuer"),
        authorization_servers=[AnyHttpUrl("https://auth.example")],
        base_url="https://mesh.example",
    )
    TypeAdapter(EmailStr).validate_python("ada@example.org")
    result = {
        "without_token": refused.status_code,
        "answers": answers,
        "token": bool(token),
        "oauth": OAuthProxy.__name__,
    }
    sys.stdout.write(json.dumps(result) + "\n")


asyncio.run(main())
