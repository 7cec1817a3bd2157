import itertools
from copy import replace

import pytest

from mesh.runtime.access.api_keys import KeysUnavailableError, generate
from tests.fixtures.documented import public

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = ("/", "/health", "/ready", "/mcp", "/mcp/", "/rpc", "/nowhere", "/health/", "//health")
PUBLIC = set(itertools.product(("GET", "HEAD"), public()))
PROTECTED = [pair for pair in itertools.product(METHODS, PATHS) if pair not in PUBLIC]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_no_route_but_the_public_ones_answers_without_a_key(stranger, method, path):
    reply = stranger.request(method, path)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer ")
    assert "API key" in reply.json["error"]["message"]


@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
def test_public_routes_answer_without_a_key(stranger, method, path):
    assert stranger.request(method, path).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {generate()}"},
        {"authorization": "Bearer mesh_"},
        {"x-api-key": generate()},
    ],
)
def test_a_wrong_key_is_refused(stranger, headers):
    reply = stranger.request("POST", "/rpc", {"method": "ping"}, headers=headers)
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize("authorization", ["Bearer", "Basic dTpw", "AWS4-HMAC-SHA256 x", ""])
def test_another_kind_of_credential_is_no_key(stranger, authorization):
    reply = stranger.request(
        "POST", "/rpc", {"method": "ping"}, headers={"authorization": authorization}
    )
    assert reply.status == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearerx", "", "AWS4-HMAC-SHA256"])
def test_a_valid_key_after_another_scheme_is_refused(client, stranger, scheme):
    headers = {"authorization": f"{scheme} {client.key}"}
    assert stranger.request("POST", "/rpc", {"method": "ping"}, headers=headers).status == 401


@pytest.mark.parametrize("form", ["authorization", "lower", "x-api-key"])
def test_the_key_is_taken_from_either_header(client, stranger, form):
    headers = {
        "authorization": {"authorization": f"Bearer {client.key}"},
        "lower": {"authorization": f"bearer {client.key}"},
        "x-api-key": {"x-api-key": client.key},
    }[form]
    assert stranger.request("POST", "/rpc", {"method": "ping"}, headers=headers).status == 200


def test_a_caller_authenticated_by_the_function_url_needs_no_key(stranger):
    reply = stranger.request(
        "POST", "/rpc", {"method": "ping"}, iam_arn="arn:aws:iam::123456789012:role/ci"
    )
    assert reply.status == 200


def test_an_iam_server_refuses_what_the_url_did_not_authenticate(start_instance, settings):
    iam = start_instance(replace(settings, auth="iam"))
    assert iam.request("POST", "/rpc", {"method": "ping"}).status == 403
    arn = "arn:aws:iam::123456789012:role/ci"
    assert iam.request("POST", "/rpc", {"method": "ping"}, iam_arn=arn).status == 200


def test_an_open_server_says_so(start_instance, settings):
    server = start_instance(replace(settings, auth="none"))
    server.key = None
    assert server.request("POST", "/rpc", {"method": "ping"}).status == 200
    assert server.request("GET", "/health").json["auth"] == "none"
    assert "anybody may call it" in server.request("GET", "/").text


def test_keys_that_cannot_be_read_let_nobody_in(start_instance, settings):
    def unreadable():
        raise KeysUnavailableError("SSM parameter /p could not be read: AccessDeniedException")

    server = start_instance(settings, unreadable)
    reply = server.request("POST", "/rpc", {"method": "ping"})
    assert reply.status == 503
    assert "AccessDeniedException" in reply.json["error"]["message"]
    assert server.request("GET", "/health").status == 200


ALLOWED, OWN = "https://app.example.com", "https://abc.lambda-url.us-east-1.on.aws"
EVERYWHERE = [*PATHS, "/.well-known/oauth-protected-resource"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_page_of_another_origin_is_refused_on_every_path(client, method, path):
    reply = client.request(method, path, headers={"origin": "https://evil.example"})
    assert reply.status == 403
    assert "allowed_origins" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "*", "x", "https://app.example.com.evil.example", "http://app.example.com"),
        *(
            "https://app.example.com:8443",
            "https://app.example.com/",
            "https://sub.app.example.com",
        ),
        # What no browser sends, in ways that some take for the same.
        *("https://APP.example.com", "https://app.example.com:443", f"{ALLOWED},{ALLOWED}"),
        *(f"{ALLOWED} https://evil.example", "https://app.example.com@evil.example"),
        *("http://abc.lambda-url.us-east-1.on.aws", "http://localhost", "http://127.0.0.1:3000"),
    ],
)
def test_only_exactly_the_allowed_origins_pass(client, origin):
    reply = client.request("POST", "/rpc", {"method": "ping"}, headers={"origin": origin})
    assert reply.status == 403


def test_a_page_on_this_machine_is_another_origin_for_a_server_on_this_machine(client):
    """FastMCP's own guard takes any page of any local port for the server's."""
    headers = {"host": "127.0.0.1:9000", "x-forwarded-proto": "http"}
    for origin, status in (("http://127.0.0.1:9000", 200), ("http://localhost:3000", 403)):
        sent = headers | {"origin": origin}
        reply = client.request("POST", "/rpc", {"method": "ping"}, headers=sent)
        assert reply.status == status


@pytest.mark.parametrize("origin", [ALLOWED, OWN])
def test_the_server_itself_and_the_allowed_are_origins(client, origin):
    reply = client.request("POST", "/rpc", {"method": "ping"}, headers={"origin": origin})
    assert reply.status == 200


@pytest.mark.parametrize("origin", [ALLOWED, OWN, "https://evil.example"])
def test_the_server_sends_no_cors_headers_for_the_function_url_does(client, origin):
    for path in EVERYWHERE:
        reply = client.request("POST", path, {"method": "ping"}, headers={"origin": origin})
        assert not [name for name in reply.headers if name.startswith("access-control-")]
