"""Access tokens open the server. ID tokens never do, whatever audiences it takes.

The claims are those that each issuer documents for its tokens.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE

CLIENT_ID = "1f2e3d4c-client"
API = "https://api.example.com"
# What a signed-in person's tokens of either kind may say.
PERSON = {"email": "ada@example.com", "name": "Ada", "auth_time": 1_700_000_000, "sid": "s1"}
# The claims of Supabase's that the tests' issuer writes otherwise.
BARE = {"role": None, "session_id": None}
PING = {"method": "ping"}

ACCESS_TOKENS: dict[str, dict[str, Any]] = {
    "RFC 9068": {"headers": {"typ": "at+jwt"}, "client_id": CLIENT_ID},
    "RFC 9068, long form": {"headers": {"typ": "application/at+jwt"}},
    "RFC 9068, capitals": {"headers": {"typ": "AT+JWT"}},
    "Supabase": {"role": "authenticated", "session_id": "s", "aal": "aal1", **PERSON},
    "Supabase, OAuth server": {"role": "authenticated", "session_id": "s", "client_id": "other"},
    "Cognito": {"token_use": "access", "client_id": CLIENT_ID, "scope": "openid"},
    "Cognito, no scope": {"token_use": "access", "client_id": CLIENT_ID},
    "Keycloak": {"typ": "Bearer", "azp": CLIENT_ID, "scope": "profile email", **PERSON},
    "Keycloak before 25": {"typ": "Bearer", "azp": CLIENT_ID, "nonce": "n", **PERSON},
    "Okta": {"cid": CLIENT_ID, "scp": ["mesh.use"], "uid": "u"},
    "Entra, delegated": {"scp": "mcp.use", "ver": "2.0", "azp": "other", **PERSON},
    "Entra, application": {"idtyp": "app", "roles": ["Reader"], "ver": "2.0", "azp": "other"},
    "Auth0": {"scope": "read:all", "azp": CLIENT_ID},
    "a client of its own": {"client_id": "another-client"},
}
ID_TOKENS: dict[str, dict[str, Any]] = {
    "OpenID Connect": {"nonce": "n", **PERSON},
    "with the access token's hash": {"at_hash": "h", **PERSON},
    "with the code's hash": {"c_hash": "h"},
    "with the state's hash": {"s_hash": "h", "scope": "openid"},
    "with the refresh token's hash": {
        "urn:openid:params:jwt:claim:rt_hash": "h",
        "scope": "openid",
    },
    "Cloud Foundry": {"nonce": "n", "scope": ["openid"], "azp": CLIENT_ID, "cid": CLIENT_ID},
    "with a hash and a scope": {"at_hash": "h", "scope": "openid"},
    "without a nonce": {**PERSON},
    "with an empty scope": {"scope": "", "scp": [], **PERSON},
    "Cognito": {"token_use": "id", "cognito:username": "ada", **PERSON},
    "Cognito, with a scope": {"token_use": "id", "scope": "openid"},
    "Keycloak": {"typ": "ID", "azp": CLIENT_ID, "acr": "1", **PERSON},
    "Entra": {"ver": "2.0", "preferred_username": "ada", "roles": ["Reader"], **PERSON},
    "Google": {"azp": "android-client", "email_verified": True, **PERSON},
    "Okta": {"amr": ["pwd"], "idp": "00o1", "ver": 1, "at_hash": "h", **PERSON},
    "Auth0, with a role": {"role": "admin", **PERSON},
    "its client's id": {"client_id": CLIENT_ID, **PERSON},
    "a null where a scope could be": {"headers": {}, "scope": None, **PERSON},
}
# Claims that only an ID token has, or that name the kind.
MARKS = {"nonce", "at_hash", "c_hash", "token_use", "typ"}
OTHERS: dict[str, dict[str, Any]] = {
    "Keycloak's refresh token": {"typ": "Refresh", "scope": "profile"},
    "Cognito's unknown use": {"token_use": "refresh"},
    "a logout token": {"headers": {"typ": "logout+jwt"}, "scope": "openid"},
    "an identity assertion": {"headers": {"typ": "oauth-id-jag+jwt"}, "scope": "mesh"},
    "a security event": {"events": {}, "scope": "openid"},
}


def asked(server: Client, token: str) -> Any:
    return Client(server._answer, token).request("POST", "/rpc", PING)


@pytest.fixture
def server(oauth_server: Any) -> Client:
    """One whose audience is a client's id, as Entra and Cognito lead people to configure."""
    made: Client = oauth_server(audiences=(CLIENT_ID, API))
    return made


@pytest.mark.parametrize("kind", ACCESS_TOKENS)
def test_access_tokens_of_every_issuer_open_the_server(server, issuer, kind) -> None:
    token = issuer.token(CLIENT_ID, **BARE | ACCESS_TOKENS[kind])
    assert asked(server, token).status == 200


@pytest.mark.parametrize("kind", ID_TOKENS)
def test_id_tokens_never_do(server, issuer, kind) -> None:
    token = issuer.token(CLIENT_ID, **BARE | ID_TOKENS[kind])
    reply = asked(server, token)
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert "ID token" in reply.json["error"]["message"]
    assert "send the access token" in reply.json["error"]["message"]


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_of_tokens_do_not_either(server, issuer, kind) -> None:
    reply = asked(server, issuer.token(CLIENT_ID, **BARE | OTHERS[kind]))
    assert reply.status == 401
    assert "another kind of token" in reply.json["error"]["message"]


@pytest.mark.parametrize("audience", [API, [CLIENT_ID, API]], ids=["alone", "with the client"])
def test_an_address_as_audience_is_a_resource_and_no_client(server, issuer, audience) -> None:
    """Auth0's access tokens have no scope where the client asked for none."""
    assert asked(server, issuer.token(audience, **BARE, azp=CLIENT_ID, gty="x")).status == 200


def test_an_address_that_is_not_the_servers_shows_nothing(server, issuer) -> None:
    """Access tokens of Auth0 have the address of its user information beside the audience."""
    foreign = [CLIENT_ID, "https://tenant.example/userinfo"]
    assert asked(server, issuer.token(foreign, **BARE)).status == 401


@pytest.mark.parametrize("kind", [kind for kind in ID_TOKENS if ID_TOKENS[kind].keys() & MARKS])
def test_what_marks_an_id_token_is_refused_for_the_servers_own_address_too(
    oauth_server, issuer, kind
) -> None:
    token = issuer.token(AUDIENCE, **BARE | ID_TOKENS[kind])
    assert asked(oauth_server(), token).status == 401


def test_an_id_token_makes_nobody_ask_the_issuer(server, issuer) -> None:
    assert asked(server, issuer.token(CLIENT_ID, **BARE, nonce="n")).status == 401
    assert not issuer.requests
