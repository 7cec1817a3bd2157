"""Every route and method that the application has, and some it has not, without a valid credential.

The routes are the running application's own: one that is added is walked too.
"""

import itertools
import json
from copy import replace

import jwt
import pytest
from starlette.routing import Route

from mesh.runtime.access.api_keys import KeysUnavailableError, digest, generate
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.oauth.protected_resource import AUTHORIZATION_SERVER_PATHS
from tests.fixtures.documented import public
from tests.fixtures.instances import Client
from tests.fixtures.issuer import MAKERS, Issuer
from tests.local.runtime.access.conftest import AUDIENCE

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
NOT_ROUTES = (
    "/nowhere",
    "/health/",
    "//health",
    "/HEALTH",
    "/health;x",
    "/mcp/../health",
    "/mcp/tools",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/rpc",
    "/%2e%2e/health",
    "/rpc/",
    "*",
    "/\u00e4",
)
# What strangers may see. Clients also ask for the metadata of the address that they were given.
PUBLIC = public()
(METADATA_PATH,) = public(tokens=True) - PUBLIC
METADATA = {METADATA_PATH, f"{METADATA_PATH}/mcp", f"{METADATA_PATH}/mcp/"}
EXPIRED, REVOKED, VALID = generate(), generate(), generate()
ENTRY = {"name": "k", "created": "2026"}
STORED = json.dumps(
    {
        "keys": [
            {**ENTRY, "sha256": digest(VALID), "last4": VALID[-4:]},
            {
                **ENTRY,
                "sha256": digest(EXPIRED),
                "last4": EXPIRED[-4:],
                "expires": "2026-01-01T00:00:00Z",
            },
        ]
    }
)


def bearer(credential):
    return {"authorization": f"Bearer {credential}"}


@pytest.fixture(scope="module")
def trusted():
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def strangers(trusted):
    """Headers of requests that nobody may make, by what is wrong with them."""
    with Issuer() as other:
        foreign = other.token(AUDIENCE)
    claims = trusted.claims(AUDIENCE)
    stolen_name = jwt.encode(claims, MAKERS["ES256"](), "ES256", {"kid": "es256"})
    return {
        "none": {},
        "empty": {"authorization": ""},
        "empty bearer": {"authorization": "Bearer "},
        "basic": {"authorization": "Basic dTpw"},
        "wrong key": bearer(generate()),
        "wrong x-api-key": {"x-api-key": generate()},
        "a key's hash": bearer(digest(VALID)),
        "half a key": bearer(VALID[:24]),
        "expired key": bearer(EXPIRED),
        "revoked key": bearer(REVOKED),
        "another issuer's token": bearer(foreign),
        "another's signature": bearer(stolen_name),
        "expired token": bearer(trusted.token(AUDIENCE, exp=1_700_000_000)),
        "another server's token": bearer(trusted.token("https://other.example/mcp")),
        "anonymous user's token": bearer(trusted.token(AUDIENCE, is_anonymous=True)),
        "unsigned token": bearer("eyJhbGciOiJub25lIn0.e30."),
        "a claim to be signed": {"x-amzn-request-context": '{"authorizer": {"iam": {}}}'},
        "two credentials": {"authorization": f"Bearer {generate()}", "x-api-key": generate()},
        "a valid key in the address": {"referer": f"https://x.example/?key={VALID}"},
    }


@pytest.fixture(scope="module")
def servers(new_instance, settings, trusted):
    """A server for each way of demanding a credential, with the instance behind it."""
    oauth = OAuthSettings(trusted.url)
    started = {}
    for auth in ("api_key", "oauth", "both", "iam"):
        taken = oauth if auth in {"oauth", "both"} else None
        started[auth] = new_instance(replace(settings, auth=auth, oauth=taken), lambda: STORED)
    return started


def paths(instance):
    routes = instance.app.routes
    # Anything else than plain routes would be walked in another way: there is none.
    assert all(isinstance(route, Route) for route in routes)
    return sorted({route.path for route in routes})


def client_of(instance):
    return Client(lambda event: instance.answer(event, None), None)


@pytest.mark.parametrize("auth", ["api_key", "oauth", "both", "iam"])
def test_nothing_but_the_public_routes_answers_a_stranger(servers, strangers, auth):
    instance = servers[auth]
    public = PUBLIC | (METADATA if auth in {"oauth", "both"} else set())
    known = paths(instance)
    assert public <= set(known)
    assert {"/mcp", "/mcp/", "/rpc", "/ready"} <= set(known)
    walked = 0
    client = client_of(instance)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for path, method, (kind, headers) in itertools.product(
        (*known, *NOT_ROUTES), METHODS, strangers.items()
    ):
        query = f"?api_key={VALID}&access_token={VALID}" if kind.endswith("address") else ""
        reply = client.request(method, f"{path}{query}", body, headers=headers)
        walked += 1
        if path in public and not query and method in {"GET", "HEAD"}:
            assert reply.status == 200, (path, method, kind)
            continue
        if auth in {"oauth", "both"} and path in AUTHORIZATION_SERVER_PATHS and not query:
            refused = 404
        else:
            refused = 403 if auth == "iam" else 401
        assert reply.status == refused, (path, method, kind, reply)
        assert "tools" not in reply.text or "result" not in reply.text
        error = reply.json["error"]
        assert error["message"]
        assert not [
            header for header in headers.values() if len(header) > 20 and header in reply.text
        ]
    assert walked == (len(known) + len(NOT_ROUTES)) * len(METHODS) * len(strangers)


@pytest.mark.parametrize("auth", ["api_key", "oauth", "both", "iam"])
def test_every_route_answers_who_may_call(servers, trusted, auth):
    """Otherwise the walk above would prove nothing."""
    instance = servers[auth]
    client = client_of(instance)
    headers = {
        "api_key": bearer(VALID),
        "oauth": bearer(trusted.token(AUDIENCE)),
        "both": {"x-api-key": VALID},
        "iam": {},
    }[auth]
    arn = "arn:aws:iam::123456789012:user/ada" if auth == "iam" else None
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for path in paths(instance):
        answers = {
            client.request(method, path, body, headers=headers, iam_arn=arn).status
            for method in ("GET", "POST")
        }
        assert 200 in answers, path
    for path in NOT_ROUTES:
        reply = client.request("GET", path, headers=headers, iam_arn=arn)
        # A redirect is to the same route without its slash.
        assert reply.status in {307, 400, 404}, path


@pytest.mark.parametrize("auth", ["api_key", "both"])
def test_nobody_gets_in_with_a_key_while_keys_cannot_be_read(new_instance, settings, trusted, auth):
    def unreadable():
        raise KeysUnavailableError("SSM parameter /p could not be read: ThrottlingException")

    oauth = OAuthSettings(trusted.url) if auth == "both" else None
    instance = new_instance(replace(settings, auth=auth, oauth=oauth), unreadable)
    client = client_of(instance)
    for path, method in itertools.product(paths(instance), ("GET", "POST")):
        if path in PUBLIC | METADATA and method == "GET":
            continue
        assert client.request(method, path, {}, headers=bearer(VALID)).status == 503, path
