"""The issuer's keys are asked for once, again when they change, and outlive a short outage."""

import pytest

from mesh.runtime.oauth.documents import DocumentUnavailableError, fetch, is_safe
from mesh.runtime.oauth.signing_keys import IssuerUnavailableError, SigningKeys, metadata_addresses
from tests.fixtures.instances import Client
from tests.fixtures.issuer import PATH
from tests.local.runtime.access.conftest import AUDIENCE

PING = {"method": "ping"}


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


def find(keys, key_id, algorithm):
    return keys.find(key_id, algorithm)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(issuer, clock):
    return SigningKeys(issuer.url, None, clock=clock)


def test_metadata_and_keys_are_fetched_once(keys, issuer, clock):
    for clock.now in (0, 100, 599):
        assert find(keys, "es256", "ES256")
    assert sum(issuer.requests.values()) == 2


def test_a_configured_address_of_the_keys_needs_no_metadata(issuer, clock):
    assert find(SigningKeys(issuer.url, issuer.jwks_url, clock=clock), "es256", "ES256")
    assert list(issuer.requests) == [f"{PATH}/.well-known/jwks.json"]


@pytest.mark.parametrize("address", metadata_addresses("https://id.example/auth/v1"))
def test_metadata_is_found_wherever_issuers_put_it(issuer, clock, address):
    issuer.documents.pop(f"{PATH}/.well-known/openid-configuration")
    issuer.documents[address.removeprefix("https://id.example")] = issuer.metadata()
    assert find(SigningKeys(issuer.url, None, clock=clock), "es256", "ES256")


def test_a_withdrawn_key_is_refused_after_ten_minutes(keys, issuer, clock):
    assert find(keys, "rs256", "RS256")
    issuer.remove_key("rs256")
    clock.now += 599
    assert find(keys, "rs256", "RS256")
    clock.now += 1
    assert find(keys, "rs256", "RS256") == ()


def test_a_new_key_is_known_at_once(keys, issuer, clock):
    assert find(keys, "es256", "ES256")
    clock.now += 31
    issuer.add_key("ES256", "new")
    assert find(keys, "new", "ES256")
    assert issuer.jwks_requests == 2


def test_unknown_keys_make_it_ask_at_most_twice_a_minute(keys, issuer, clock):
    start = clock.now
    for second in range(60):
        clock.now = start + second
        for number in range(5):
            assert find(keys, f"made-up-{number}", "ES256") == ()
    assert issuer.jwks_requests == 2


def test_known_keys_outlive_an_outage_of_an_hour(keys, issuer, clock):
    assert find(keys, "es256", "ES256")
    issuer.down = True
    clock.now += 3599
    assert find(keys, "es256", "ES256")
    clock.now += 1
    with pytest.raises(IssuerUnavailableError, match="HTTP 503"):
        find(keys, "es256", "ES256")
    issuer.down = False
    clock.now += 5
    assert find(keys, "es256", "ES256")


def test_a_new_key_in_an_outage_is_no_wrong_key(keys, issuer, clock):
    assert find(keys, "es256", "ES256")
    issuer.down = True
    clock.now += 60
    with pytest.raises(IssuerUnavailableError):
        find(keys, "new", "ES256")
    assert find(keys, "es256", "ES256")


def test_an_issuer_that_is_down_is_not_asked_with_every_token(keys, issuer, clock):
    issuer.down = True
    for _ in range(20):
        clock.now += 1
        with pytest.raises(IssuerUnavailableError):
            find(keys, "es256", "ES256")
    assert sum(issuer.requests.values()) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"jwks_uri": "http://example.com/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_metadata_that_is_not_the_issuers_is_refused(keys, issuer, change):
    issuer.documents[f"{PATH}/.well-known/openid-configuration"] |= change
    with pytest.raises(IssuerUnavailableError):
        find(keys, "es256", "ES256")
    assert not issuer.jwks_requests


def test_without_metadata_it_says_what_to_set(keys, issuer):
    issuer.documents.pop(f"{PATH}/.well-known/openid-configuration")
    with pytest.raises(IssuerUnavailableError, match="set oauth_jwks_url"):
        find(keys, "es256", "ES256")


def test_keys_of_other_kinds_do_not_spoil_the_set(issuer, clock):
    issuer.publish(
        {"kty": "oct", "k": "c2VjcmV0", "kid": "es256", "alg": "HS256"},
        {"kty": "future", "kid": "es256"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "EC", "crv": "P-384", "kid": "es384", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "unsigned", "n": "AQAB", "e": "AQAB", "alg": "none"},
        {"kty": "RSA", "kid": "unsigned", "n": "AQAB", "e": "AQAB", "alg": ["RS256"]},
        "no object",
        {},
    )
    keys = SigningKeys(issuer.url, issuer.jwks_url, clock=clock)
    assert find(keys, "es256", "ES256")
    assert find(keys, "es256", "HS256") == ()
    assert find(keys, "broken", "RS256") == ()


def test_a_key_for_encryption_verifies_nothing(issuer, clock):
    path = f"{PATH}/.well-known/jwks.json"
    jwks = [{**key, "use": "enc"} for key in issuer.documents[path]["keys"]]
    issuer.documents[path] = {"keys": jwks}
    keys = SigningKeys(issuer.url, issuer.jwks_url, clock=clock)
    assert find(keys, "es256", "ES256") == ()


@pytest.mark.parametrize("document", [[], "x", {}, {"keys": None}, {"keys": "x"}])
def test_what_is_no_jwk_set_is_an_outage(issuer, clock, document):
    issuer.documents[f"{PATH}/.well-known/jwks.json"] = document
    with pytest.raises(IssuerUnavailableError):
        find(SigningKeys(issuer.url, issuer.jwks_url, clock=clock), "es256", "ES256")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://id.example/keys", True),
        ("http://127.0.0.1:1/keys", True),
        ("http://id.example/keys", False),
        ("https://user:password@id.example/keys", False),
        ("ftp://id.example", False),
        ("https://id.example/keys\r\nx-header: y", False),
        ("https://id.example/key set", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_keys_come_over_https_or_from_this_machine(url, safe):
    assert is_safe(url) is safe


def test_more_than_a_quarter_of_a_megabyte_is_not_read(issuer):
    issuer.documents["/big"] = {"x": "x" * 300_000}
    with pytest.raises(DocumentUnavailableError, match="262144"):
        fetch(f"{issuer.origin}/big", 5)


def test_an_instance_has_one_set_of_keys_for_both_its_ways(oauth_server, issuer):
    user = Client(oauth_server()._answer, issuer.token(AUDIENCE))
    for _ in range(2):
        assert user.request("POST", "/rpc", PING).status == 200
    assert issuer.jwks_requests == 1


def test_an_outage_is_a_503_and_not_a_401(oauth_server, issuer):
    server = oauth_server()
    issuer.down = True
    reply = Client(server._answer, issuer.token(AUDIENCE)).request("POST", "/rpc", PING)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "5"
    assert "Access tokens cannot be checked" in reply.json["error"]["message"]
    # API keys do not depend on it.
    assert server.request("POST", "/rpc", PING).status == 200


def test_an_issuer_that_is_not_there_is_a_503_too(oauth_server, issuer):
    server = oauth_server(jwks_url="http://127.0.0.1:1/keys")
    reply = Client(server._answer, issuer.token(AUDIENCE)).request("POST", "/rpc", PING)
    assert reply.status == 503
    assert "ConnectionRefusedError" in reply.json["error"]["message"]
