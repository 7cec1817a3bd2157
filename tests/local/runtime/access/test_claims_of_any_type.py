"""Claims and header fields may have any JSON type, and never more than a 401 comes of it."""

from __future__ import annotations

import json
import os
from copy import replace
from typing import Any

import hypothesis
import jwt
import pytest
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from mesh.runtime.config.oauth_settings import OAuthSettings
from tests.fixtures.instances import Client
from tests.fixtures.issuer import Issuer
from tests.local.runtime.access.conftest import AUDIENCE

PING = {"method": "ping"}
EXAMPLES = int(os.environ.get("MESH_EXAMPLES", "400"))
READ = (
    *("iss", "aud", "sub", "exp", "iat", "nbf", "scope", "scp", "role", "is_anonymous"),
    *("client_id", "token_use", "typ", "idtyp", "nonce", "at_hash", "c_hash", "session_id", "azp"),
)
HEADER = ("typ", "alg", "kid", "crit", "b64", "zip", "cty", "jwk", "x5c", "enc")
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**400, -(10**400), 1e308, float("inf"), float("nan")),
    *("", "x", "ES256", "at+jwt", "\ud800", "\x00", [], {}, ["admin"], [1], [None], [[]]),
    *({"a": 1}, ["a", {}], {"x": [{}]}, [True], "1", "inf", "9" * 500),
]
JSON = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def server(new_instance, settings, issuer) -> Client:
    oauth = OAuthSettings(issuer.url, audiences=(AUDIENCE, "client"), required_scopes=())
    own = new_instance(replace(settings, auth="both", oauth=oauth))
    return Client(lambda event: own.answer(event, None), None)


def signed(issuer: Issuer, claims: Any, header: dict[str, Any]) -> str:
    """A token with a real signature, whatever it says."""
    parts = [json.dumps({"alg": "ES256", "kid": "es256", **header}), json.dumps(claims)]
    head, body = (base64url_encode(part.encode()) for part in parts)
    signature = jwt.get_algorithm_by_name("ES256").sign(head + b"." + body, issuer.keys["es256"][1])
    return b".".join([head, body, base64url_encode(signature)]).decode()


def status(server: Client, token: str) -> int:
    return Client(server._answer, token).request("POST", "/rpc", PING).status


@pytest.mark.parametrize("name", READ)
def test_each_claim_may_be_anything(server, issuer, name) -> None:
    for value in ODD:
        claims = {**issuer.claims(AUDIENCE), name: value}
        assert status(server, signed(issuer, claims, {})) in {200, 401}, value


@pytest.mark.parametrize("name", HEADER)
def test_each_field_of_the_header_may_be_anything(server, issuer, name) -> None:
    for value in ODD:
        token = signed(issuer, issuer.claims(AUDIENCE), {name: value})
        assert status(server, token) in {200, 401}, value


def test_any_claims_and_headers_together_are_an_answer(server, issuer) -> None:
    seen: set[int] = set()

    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(
        st.dictionaries(st.sampled_from(READ), JSON, max_size=4) | JSON,
        st.dictionaries(st.sampled_from(HEADER), JSON, max_size=2),
    )
    def any_token(changes: Any, header: dict[str, Any]) -> None:
        claims = issuer.claims(AUDIENCE) | changes if isinstance(changes, dict) else changes
        found = status(server, signed(issuer, claims, header))
        assert found in {200, 401}
        seen.add(found)

    any_token()
    assert seen == {200, 401}


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"role": {"name": "admin"}}, "`role` is neither text nor a list of texts"),
        ({"role": ["authenticated", "service_role"]}, "its role is not a user's"),
        ({"scope": 7}, "`scope` is neither text nor a list of texts"),
        ({"exp": True}, "`exp` is not a time"),
        ({"iat": "1700000000"}, "`iat` is not a time"),
        ({"nbf": []}, "`nbf` is not a time"),
        ({"sub": ["ada"]}, "`sub` is not text"),
        ({"aud": {"a": 1}}, "`aud` is neither text nor a list of texts"),
        ({"iss": 1}, "`iss` is not text"),
        ({"is_anonymous": "true"}, "`is_anonymous` is neither true nor false"),
    ],
    ids=str,
)
def test_a_claim_of_a_wrong_type_is_named(server, issuer, claims, said) -> None:
    token = signed(issuer, issuer.claims(AUDIENCE) | claims, {})
    reply = Client(server._answer, token).request("POST", "/rpc", PING)
    assert reply.status == 401
    assert said in reply.json["error"]["message"]


def test_a_list_of_roles_is_read(server, issuer) -> None:
    assert status(server, signed(issuer, issuer.claims(AUDIENCE, role=["admin"]), {})) == 200


@pytest.mark.parametrize("given", ["mesh mail", ["mesh", "mail"], ["mesh mail"]])
@pytest.mark.parametrize("name", ["scope", "scp"])
def test_scopes_come_as_text_or_as_a_list(oauth_server, name, given) -> None:
    with Issuer() as issuer:
        server = oauth_server(issuer=issuer.url, required_scopes=("mail", "mesh"))
        token = issuer.token(AUDIENCE, **{name: given})
        assert status(server, token) == 200
