"""Tokens as Cognito, Entra ID and Auth0 make them, and what is said about those that do not fit.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
https://auth0.com/docs/get-started/apis/enable-role-based-access-control-for-apis
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
CLIENT = "1example23456789"
COGNITO: dict[str, Any] = {
    "client_id": CLIENT,
    "token_use": "access",
    "scope": "mesh/use",
    "role": None,
    "session_id": None,
}


@pytest.fixture
def said(oauth_server, issuer):
    """What the server says to a token with these claims."""

    def ask(audience: object = AUDIENCE, settings: dict[str, Any] | None = None, **claims: Any):
        server = oauth_server(**(settings or {}))
        return Client(server._answer, issuer.token(audience, **claims)).request(
            "POST", "/rpc", PING
        )

    return ask


def test_a_token_of_a_known_client_needs_no_audience(said):
    settings = {"client_ids": (CLIENT,)}

    assert said(None, settings, **COGNITO).status == 200
    assert "has no claim `aud`" in said(None, None, **COGNITO).text
    other = said(None, settings, **COGNITO | {"client_id": "another"})
    assert (other.status, "made for a client" in other.text) == (401, True)


@pytest.mark.parametrize(
    "change", [{"token_use": "id"}, {"token_use": None}, {"aud": "https://other.example"}]
)
def test_nothing_else_of_that_client_opens_the_server(said, change):
    assert said(None, {"client_ids": (CLIENT,)}, **COGNITO | change).status == 401


@pytest.mark.parametrize("claim", ["roles", "permissions"])
def test_roles_and_permissions_count_as_scopes_where_that_is_set(said, claim):
    required = {"required_scopes": ("mesh.use",)}
    granted = {claim: ["mesh.use", "else"]}

    assert said(settings=required, **granted).status == 403
    assert said(settings=required | {"scope_claims": (claim,)}, **granted).status == 200
    text = said(settings=required | {"scope_claims": (claim,)}, **{claim: {"a": 1}})
    assert (text.status, f"claim `{claim}`" in text.text) == (401, True)


def test_an_id_token_with_roles_stays_an_id_token(said):
    settings = {
        "audiences": (CLIENT,),
        "scope_claims": ("roles",),
        "required_scopes": ("mesh.use",),
    }
    claims = {"roles": ["mesh.use"], "role": None, "session_id": None}

    assert said(CLIENT, settings, **claims).status == 401


def test_an_empty_scope_does_not_hide_scp(said):
    settings = {"required_scopes": ("mesh.use",)}

    assert said(settings=settings, scope="", scp=["mesh.use"]).status == 200


def test_an_issuer_that_differs_in_a_slash_is_named_as_the_reason(said, issuer):
    reply = said(iss=f"{issuer.url}/")

    assert reply.status == 401
    assert "only in a slash at the end" in reply.text


@pytest.mark.parametrize("token", ["0mAq3-opaque", "a.b.c.d.e"])
@pytest.mark.parametrize("auth", ["both", "oauth"])
def test_a_token_that_only_its_issuer_can_read_is_told_apart_from_a_key(oauth_server, token, auth):
    reply = Client(oauth_server(auth)._answer, token).request("POST", "/rpc", PING)

    assert reply.status == 401
    assert "is no signed JSON Web Token" in reply.text


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_the_other_address_of_the_metadata_is_asked_whatever_the_first_answers(
    oauth_server, issuer, status
):
    (first,) = [path for path in issuer.documents if path.endswith("openid-configuration")]
    issuer.documents["/.well-known/oauth-authorization-server/auth/v1"] = issuer.documents.pop(
        first
    )
    issuer.statuses[first] = status
    client = Client(oauth_server()._answer, issuer.token(AUDIENCE))

    assert client.request("POST", "/rpc", PING).status == 200


def test_keys_without_names_are_tried_in_turn(oauth_server, issuer):
    issuer.add_key("ES256", "second")
    (path,) = [path for path in issuer.documents if path.endswith("jwks.json")]
    keys = issuer.documents[path]["keys"]
    issuer.documents[path] = {
        "keys": [{name: value for name, value in key.items() if name != "kid"} for key in keys]
    }
    server = oauth_server()
    for named in ("es256", "second"):
        for headers in ({}, {"kid": None}):
            token = issuer.token(AUDIENCE, key_id=named, headers=headers)
            assert Client(server._answer, token).request("POST", "/rpc", PING).status == 200
