"""An access token lets in its user, to the server it was made for, while it is valid."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.warnings import InsecureKeyLengthWarning

from mesh.runtime.access import caller
from tests.fixtures.instances import KEY, Client
from tests.fixtures.issuer import MAKERS
from tests.local.runtime.access.conftest import AUDIENCE, URL

RENAMED = {"alg": "RS256", "kid": "es256"}
CRITICAL = {"alg": "ES256", "crit": ["x"], "x": 1, "kid": "es256"}
PING = {"method": "ping"}


def ping(client):
    return client.request("POST", "/rpc", PING)


@pytest.mark.parametrize("key_id", ["rs256", "es256", "eddsa"])
def test_a_users_token_is_a_way_in(user, key_id):
    assert ping(user(key_id=key_id)).status == 200


@pytest.mark.parametrize("path", ["/mcp", "/rpc", "/ready"])
def test_a_token_is_taken_where_an_api_key_is(user, path):
    method = "GET" if path == "/ready" else "POST"
    body = None if path == "/ready" else {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert user().request(method, path, body).status == 200


def test_api_keys_are_taken_beside_tokens(oauth_server):
    server = oauth_server("both")
    assert ping(server).status == 200
    assert ping(Client(oauth_server("oauth")._answer, KEY)).status == 401


def test_a_token_is_no_x_api_key(oauth_server, issuer):
    server = Client(oauth_server()._answer, None)
    token = issuer.token(AUDIENCE)
    assert server.request("POST", "/rpc", PING, headers={"x-api-key": token}).status == 401


@pytest.mark.parametrize("audience", [AUDIENCE, URL, URL[:-1], ["https://other.example", AUDIENCE]])
def test_the_servers_own_address_is_an_audience(user, audience):
    assert ping(user(audience)).status == 200


def from_now(seconds: int) -> Callable[[], int]:
    """A moment counted from when it is called: tests may run long after they were collected."""
    return lambda: int(time.time()) + seconds


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"audience": "https://other.example/mcp"}, "audience"),
        ({"audience": "authenticated"}, "audience"),
        ({"audience": None}, "`aud`"),
        ({"audience": f"{AUDIENCE}/more"}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "`iss`"),
        ({"exp": from_now(-60)}, "expired"),
        ({"exp": None}, "`exp`"),
        ({"iat": None}, "`iat`"),
        ({"iat": from_now(600)}, "not valid yet"),
        ({"nbf": from_now(600)}, "not valid yet"),
        ({"exp": from_now(90_000)}, "longer than 86400 seconds"),
        ({"exp": float("inf")}, "`exp` is not a time"),
        ({"iat": float("nan")}, "`iat` is not a time"),
        ({"sub": None}, "`sub`"),
        ({"sub": ""}, "subject"),
        ({"sub": "ada\nadmin"}, "subject"),
        ({"sub": "a" * 256}, "subject"),
        ({"is_anonymous": True}, "anonymous"),
        ({"role": "anon"}, "role"),
        ({"role": "service_role"}, "role"),
        ({"headers": {"typ": "logout+jwt"}}, "another kind"),
        ({"headers": {"kid": "unknown"}}, "key that its issuer does not have"),
        ({"headers": {"kid": None}, "pad": "x" * 9000}, "longer than 8192"),
    ],
)
def test_what_a_token_must_not_be(user, claims, why):
    made = {name: claim() if callable(claim) else claim for name, claim in claims.items()}
    reply = ping(user(**{"audience": AUDIENCE} | made))
    assert reply.status == 401
    assert why in reply.json["error"]["message"]
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


def test_the_clocks_may_differ_a_little(user):
    now = int(time.time())
    assert ping(user(iat=now + 20, nbf=now + 20)).status == 200
    assert ping(user(exp=now - 20)).status == 200


def test_a_token_without_a_keys_name_is_the_only_keys(issuer, user):
    assert ping(user(headers={"kid": None})).status == 200
    issuer.add_key("ES256", "second")
    assert ping(user(key_id="rs256", headers={"kid": None})).status == 200


def test_an_rsa_key_that_is_too_short_is_not_trusted(oauth_server, issuer):
    """https://www.rfc-editor.org/rfc/rfc7518#section-3.3: at least 2048 bits."""
    issuer.keys["short"] = "RS256", rsa.generate_private_key(65537, 1024)  # noqa: S505 - too short on purpose
    issuer.publish()
    with pytest.warns(InsecureKeyLengthWarning):
        token = issuer.token(AUDIENCE, key_id="short")
    reply = ping(Client(oauth_server()._answer, token))
    assert reply.status == 401
    assert "a key that is too short" in reply.json["error"]["message"]


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forged(issuer):
    """Tokens that nobody but the issuer could make valid, and the issuer did not make."""
    good = issuer.token(AUDIENCE)
    head, body, signature = good.split(".")
    claims = encoded(issuer.claims(AUDIENCE))
    public = issuer.keys["rs256"][1].public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = encoded({"alg": "none", "typ": "JWT"})
    other = MAKERS["ES256"]()
    own = {"jwk": {"kty": "EC"}, "kid": "es256"}
    hs_head = encoded({"alg": "HS256", "typ": "JWT", "kid": "rs256"})
    mac = hmac.new(pem, f"{hs_head}.{claims}".encode(), hashlib.sha256).digest()
    hs = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return {
        "none": f"{unsigned}.{claims}.",
        "None": f"{encoded({'alg': 'None'})}.{claims}.",
        "HS256 with the public key": f"{hs_head}.{claims}.{hs}",
        "another's key": jwt.encode(issuer.claims(AUDIENCE), other, "ES256", {"kid": "es256"}),
        "own key in the header": jwt.encode(issuer.claims(AUDIENCE), other, "ES256", own),
        "another body": f"{head}.{encoded(issuer.claims(AUDIENCE, sub='root'))}.{signature}",
        "no signature": f"{head}.{body}.",
        "another algorithm's name": f"{encoded(RENAMED)}.{body}.{signature}",
        "critical header": f"{encoded(CRITICAL)}.{body}.{signature}",
        "garbage": "a.b.c",
        "empty": "..",
        "no object": f"{encoded([1])}.{encoded('x')}.{signature}",
        "deep": f"{head}.{base64.urlsafe_b64encode(b'[' * 3000).decode()}.{signature}",
    }


@pytest.mark.parametrize(
    "kind",
    [
        "none",
        "None",
        "HS256 with the public key",
        "another's key",
        "own key in the header",
        "another body",
        "no signature",
        "another algorithm's name",
        "critical header",
        "garbage",
        "empty",
        "no object",
        "deep",
    ],
)
def test_what_the_issuer_did_not_sign_is_refused(oauth_server, issuer, kind):
    token = forged(issuer)[kind]
    reply = ping(Client(oauth_server()._answer, token))
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert token not in reply.text


@pytest.mark.parametrize("credential", ["opaque", "a.b", "a.b.c.d", "eyJhbGciOi"])
def test_what_is_neither_key_nor_token_is_refused(oauth_server, credential):
    for auth in ("both", "oauth"):
        assert ping(Client(oauth_server(auth)._answer, credential)).status == 401


def test_nothing_asks_the_issuer_for_a_token_that_no_key_makes_valid(oauth_server, issuer):
    server = oauth_server()
    for claims in ({"iss": "https://evil.example"}, {"exp": 1}, {"audience": "other"}):
        token = issuer.token(**{"audience": AUDIENCE} | claims)
        assert ping(Client(server._answer, token)).status == 401
    assert not issuer.requests


def test_the_caller_is_the_user_with_the_verified_token(user, monkeypatch):
    seen: list[caller.Caller] = []

    def noted(_arguments: object) -> bool:
        seen.append(caller.current_caller())
        return False

    monkeypatch.setattr("mesh.runtime.access.tool_access.holds_too_much", noted)
    ada = user(sub="ada", scope="a b")
    ada.call("get_system_health")
    (found,) = seen
    assert found == caller.Caller("user:ada", ada.key, frozenset({"a", "b"}))


def test_configured_audiences_replace_the_address(oauth_server, issuer):
    server = oauth_server(audiences=("authenticated", "https://mesh.example.com/mcp"))
    for audience, status in (
        ("authenticated", 200),
        ("https://mesh.example.com/mcp", 200),
        (AUDIENCE, 401),
    ):
        assert ping(Client(server._answer, issuer.token(audience))).status == status
