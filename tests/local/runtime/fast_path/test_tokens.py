"""Callers with access tokens are answered without FastMCP, and as FastMCP answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

import pytest

from mesh.runtime.config.oauth_settings import OAuthSettings
from tests.fixtures.instances import KEY
from tests.fixtures.issuer import Issuer
from tests.local.runtime.fast_path.pair import HOST, Pair, event

AUDIENCE = f"https://{HOST}/mcp"
SCOPES = {"search_code_files": frozenset({"code:read"})}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
DOCUMENTS = ("/mcp", "/mcp/", "")


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module", params=["both", "oauth"])
def tokens(
    request: pytest.FixtureRequest, new_pair: Callable[..., Pair], settings: Any, issuer: Issuer
) -> Pair:
    """Both ways of a server that takes tokens."""
    oauth = OAuthSettings(issuer.url, tool_scopes=SCOPES)
    return new_pair(replace(settings, auth=request.param, oauth=oauth, rate_limit_per_minute=200))


def asked(token: str | None, body: Any, path: str = "/mcp", method: str = "POST") -> dict[str, Any]:
    accept = {"accept": "application/json, text/event-stream"}
    return event(
        method, path, body, accept | ({"authorization": f"Bearer {token}"} if token else {})
    )


@pytest.mark.parametrize("scope", ["code:read", "other", None])
def test_a_user_sees_and_calls_what_the_token_was_granted(
    tokens: Pair, issuer: Issuer, scope: str | None
) -> None:
    token = issuer.token(AUDIENCE, scope=scope)
    assert tokens.check(asked(token, LIST))
    listed = tokens.fast(asked(token, LIST, "/rpc"))
    assert listed is not None
    assert ("search_code_files" in listed["body"]) is (scope == "code:read")
    assert tokens.check(asked(token, call("search_knowledge", query="deploy")))
    # FastMCP refuses, with the challenge that has clients ask for more.
    code = asked(token, call("search_code_files", query="deploy"))
    assert tokens.check(code) is (scope == "code:read")
    assert tokens.full(code)["statusCode"] == (200 if scope == "code:read" else 403)
    prompts = {"jsonrpc": "2.0", "id": 1, "method": "prompts/list"}
    assert tokens.check(asked(token, prompts)) is (scope == "code:read")


def test_a_token_that_is_not_valid_is_refused_without_fastmcp(tokens: Pair, issuer: Issuer) -> None:
    for number, token in enumerate(
        (
            issuer.token("https://other.example"),
            issuer.token(AUDIENCE, exp=1),
            issuer.token(AUDIENCE, nonce="x", session_id=None),
            issuer.token(AUDIENCE)[:-4] + "AAAA",
            issuer.token(AUDIENCE, headers={"kid": "made-up"}),
            issuer.token(AUDIENCE, headers={"crit": ["exp"]}),
            "a.b.c",
            "opaque",
            None,
        )
    ):
        for path in ("/mcp", "/rpc", "/register", "/nowhere"):
            assert tokens.check(asked(token, LIST, path)), number
            reply = tokens.fast(asked(token, LIST, path))
            assert reply is not None
            assert reply["statusCode"] == (404 if path == "/register" else 401)


def test_a_limit_of_calls_is_the_same(
    new_pair: Callable[..., Pair], settings: Any, issuer: Issuer
) -> None:
    oauth = OAuthSettings(issuer.url, required_scopes=("mcp",))
    pair = new_pair(replace(settings, auth="oauth", oauth=oauth, rate_limit_per_minute=2))
    narrow, wide = issuer.token(AUDIENCE), issuer.token(AUDIENCE, scope="mcp")
    assert pair.check(asked(narrow, LIST))
    for status in (200, 200, 429):
        assert pair.check(asked(wide, LIST))
        del status
    last = pair.fast(asked(wide, LIST))
    assert last is not None
    assert last["statusCode"] == 429


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_clients_find_the_issuer_without_fastmcp(tokens: Pair, method: str, path: str) -> None:
    metadata = event(method, f"/.well-known/oauth-protected-resource{path}")
    assert tokens.check(metadata)
    signed = event(method, metadata["rawPath"], arn="arn:aws:iam::123456789012:user/ada")
    assert tokens.check(signed)


def test_scopes_of_a_tool_that_there_is_not_are_fastmcps_to_report(
    new_pair: Callable[..., Pair], settings: Any, issuer: Issuer
) -> None:
    """The name may be misspelt, and have been meant to protect a tool that is there."""
    oauth = OAuthSettings(issuer.url, tool_scopes=SCOPES)
    misspelt = replace(oauth, tool_scopes={"serach_code_files": frozenset({"code:read"})})
    own = replace(settings, auth="both", oauth=oauth)
    pair = new_pair(own, fast=replace(own, oauth=misspelt))
    assert not pair.check(asked(issuer.token(AUDIENCE), LIST))
    assert not pair.check(asked(KEY, LIST))
