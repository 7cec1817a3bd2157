"""An official client that knows nothing but the address signs its user in, and calls tools."""

from __future__ import annotations

import asyncio
from copy import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.http.app import build_app
from tests.fixtures.signing_in import SignInIssuer

URL = "https://mesh.example/mcp"
RENAMED = {b"www-authenticate": b"x-amzn-remapped-www-authenticate"}
REDIRECT = "http://127.0.0.1:9/callback"


class Kept:
    """What a client keeps between its runs; here, nothing is kept longer than the test."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """The user's browser: follows where the client sends it, and brings the code back."""

    back: str = ""

    async def open(self, address: str) -> None:
        async with httpx2.AsyncClient() as browser:
            self.back = (await browser.get(address)).headers["location"]

    async def code(self) -> AuthorizationCodeResult:
        told = parse_qs(urlsplit(self.back).query)
        return AuthorizationCodeResult(
            code=told["code"][0], state=told["state"][0], iss=told["iss"][0]
        )


def as_function_urls_send_it(app: Any) -> Any:
    """The application behind what AWS does to one header of its answers."""

    async def renamed(scope: Any, receive: Any, send: Any) -> None:
        async def rename(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [(RENAMED.get(name, name), value) for name, value in message["headers"]]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, rename)

    return renamed


async def signed_in(app: Any, *, remapped: bool) -> tuple[set[str], Kept]:
    """The tools that the user is shown, and what the client then keeps."""
    kept, browser = Kept(), Browser()
    provider = OAuthClientProvider(
        URL,
        OAuthClientMetadata.model_validate(
            {"redirect_uris": [REDIRECT], "client_name": "tests", "scope": None}
        ),
        kept,
        browser.open,
        browser.code,
    )
    served = as_function_urls_send_it(app) if remapped else app

    def http_client(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
        **options: Any,
    ) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(served)
        return httpx2.AsyncClient(
            mounts={"https://mesh.example": transport},
            headers=headers,
            timeout=timeout,
            auth=auth,
            **options,
        )

    transport = StreamableHttpTransport(URL, auth=provider, httpx_client_factory=http_client)
    async with app.router.lifespan_context(app), Client(transport) as client:
        return {tool.name for tool in await client.list_tools()}, kept


@pytest.mark.parametrize("remapped", [False, True], ids=["challenge", "challenge renamed by AWS"])
def test_a_user_signs_in_knowing_only_the_address(settings, remapped: bool) -> None:
    with SignInIssuer() as issuer:
        oauth = OAuthSettings(issuer.url, required_scopes=("mesh",))
        own = replace(settings, auth="oauth", oauth=oauth)
        backend = EmbeddedBackend(settings.index)
        app = build_app(build_server(own, backend), own, None)
        tools, kept = asyncio.run(signed_in(app, remapped=remapped))
    assert "search_knowledge" in tools
    assert kept.tokens is not None
    (asked,) = issuer.asked
    assert asked["resource"] == URL
    assert asked["scope"] == "mesh"
    assert asked["code_challenge_method"] == "S256"
