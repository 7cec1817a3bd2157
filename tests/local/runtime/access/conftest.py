"""Instances that take access tokens, and an issuer that makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

import pytest

from mcp_app.deployment import current_deployment, set_current
from mcp_app.settings import Settings
from mesh.runtime.access.api_keys import KeyRing
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.config.settings import WITH_API_KEYS
from mesh.runtime.fast_path.front import Front
from tests.fixtures.instances import KEY, STORED, Client
from tests.fixtures.issuer import Issuer

URL = "https://abc.lambda-url.us-east-1.on.aws/"
AUDIENCE = f"{URL}mcp"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of this test's own."""
    with Issuer() as running:
        yield running


class _Messages:
    """Leaves every message to FastMCP: here, only callers are of interest."""

    has_routes = False
    limits_sources = True

    def read(self, *_request: object) -> None:
        """None of them."""


class _Front(Front):
    """The fast path of a checkout, where the build has frozen nothing."""

    def _loaded_methods(self) -> _Messages:
        return _Messages()


@pytest.fixture(params=["FastMCP", "fast path"])
def way(request: pytest.FixtureRequest) -> str:
    """What meets callers first; one behind the other, they share the issuer's keys."""
    return str(request.param)


@pytest.fixture
def oauth_server(way: str, start_instance, new_instance, settings: Settings, issuer: Issuer):
    """Starts servers that take the issuer's tokens, and API keys too unless told otherwise."""

    def fast(own: Settings) -> Client:
        def full(rate_limit: Any, _cold: bool, tokens: Any) -> Any:
            instance = new_instance(own, tokens=tokens)
            del rate_limit
            deployment = current_deployment()

            def answer(event: Any, context: Any) -> Any:
                set_current(deployment)
                return instance.answer(event, context)

            return answer

        ring = KeyRing(lambda: STORED, source="SSM parameter /p", ttl_seconds=60)
        front = _Front(own, ring if own.auth in WITH_API_KEYS else None, full)
        return Client(lambda event: front.answer(event, None), KEY)

    def start(auth: Any = "both", rate: int | None = None, **oauth: Any) -> Client:
        taken = replace(OAuthSettings(issuer.url), **oauth)
        own = replace(settings, auth=auth, oauth=taken, rate_limit_per_minute=rate)
        server: Client = fast(own) if way == "fast path" else start_instance(own)
        return server

    return start


@pytest.fixture
def user(oauth_server, issuer: Issuer) -> Callable[..., Client]:
    """A user of a server that takes tokens, by what the user's token says."""
    server = oauth_server()

    def with_token(audience: object = AUDIENCE, **claims: Any) -> Client:
        return Client(server._answer, issuer.token(audience, **claims))

    return with_token
