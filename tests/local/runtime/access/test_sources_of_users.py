"""A claim or scopes of an access token limit a user to sources, as a key is."""

from __future__ import annotations

import pytest

from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE


def seen(server, issuer, **claims):
    client = Client(server._answer, issuer.token(AUDIENCE, **claims))
    return {one["source"] for one in client.call("get_server_capabilities")["sources"]}


@pytest.mark.parametrize(
    "claim", ["documents tickets", ["documents", "tickets"], ["source:documents", "tickets"]]
)
def test_a_claim_names_the_sources_of_a_user(oauth_server, issuer, claim):
    server = oauth_server(sources_claim="mesh_sources")
    assert seen(server, issuer, mesh_sources=claim) == {"documents", "tickets"}


def test_scopes_that_are_sources_name_them_too(oauth_server, issuer):
    server = oauth_server(sources_claim="scope")
    assert seen(server, issuer, scope="openid source:tickets code") == {"tickets"}


def test_a_user_without_the_claim_sees_nothing(oauth_server, issuer):
    server = oauth_server(sources_claim="mesh_sources")
    assert seen(server, issuer) == set()


def test_without_the_setting_a_user_sees_everything(oauth_server, issuer):
    assert seen(oauth_server(), issuer, mesh_sources="tickets") == {
        "documents",
        "tickets",
        "commits",
        "code",
    }


@pytest.mark.parametrize("claim", [7, {"a": 1}, [1], True])
def test_a_claim_of_another_type_lets_nobody_in(oauth_server, issuer, claim):
    server = oauth_server(sources_claim="mesh_sources")
    client = Client(server._answer, issuer.token(AUDIENCE, mesh_sources=claim))
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    assert client.request("POST", "/rpc", message).status == 401
