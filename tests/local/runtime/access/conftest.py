"""Instances that take access tokens, and an issuer that makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

import pytest

from mcp_app.settings import Settings
from mesh.runtime.config.oauth_settings import OAuthSettings
from tests.fixtures.instances import Client
from tests.fixtures.issuer import Issuer

URL = "https://abc.lambda-url.us-east-1.on.aws/"
AUDIENCE = f"{URL}mcp"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of this test's own."""
    with Issuer() as running:
        yield running


@pytest.fixture
def oauth_server(start_instance, settings: Settings, issuer: Issuer):
    """Starts servers that take the issuer's tokens, and API keys too unless told otherwise."""

    def start(auth: Any = "both", rate: int | None = None, **oauth: Any) -> Client:
        taken = replace(OAuthSettings(issuer.url), **oauth)
        own = replace(settings, auth=auth, oauth=taken, rate_limit_per_minute=rate)
        server: Client = start_instance(own)
        return server

    return start


@pytest.fixture
def user(oauth_server, issuer: Issuer) -> Callable[..., Client]:
    """A user of a server that takes tokens, by what the user's token says."""
    server = oauth_server()

    def with_token(audience: object = AUDIENCE, **claims: Any) -> Client:
        return Client(server._answer, issuer.token(audience, **claims))

    return with_token
