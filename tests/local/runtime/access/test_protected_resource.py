"""Clients that speak OAuth are told where to get a token, and what it must be granted."""

import re

import pytest

from mesh.runtime.oauth.protected_resource import AUTHORIZATION_SERVER_PATHS
from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE, URL

PATHS = [
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource/mcp/",
    "/.well-known/oauth-protected-resource",
]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
SEARCH = {"name": "search_knowledge", "arguments": {"query": "checksum"}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": SEARCH}
BY_TOOL = {"search_knowledge": frozenset({"docs:read"})}


def stranger(server):
    return Client(server._answer, None)


def challenge(reply):
    header = reply.headers["www-authenticate"]
    assert header.startswith("Bearer ")
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_strangers_may_read_where_tokens_come_from(oauth_server, issuer, path, method):
    server = oauth_server(required_scopes=("mesh",), tool_scopes=BY_TOOL)
    reply = stranger(server).request(method, path)
    assert reply.status == 200
    if method == "GET":
        assert reply.json == {
            "resource": AUDIENCE,
            "resource_name": "aoma-mesh",
            "authorization_servers": [issuer.url],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["docs:read", "mesh"],
        }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_metadata_is_only_read(oauth_server, path, method):
    assert stranger(oauth_server()).request(method, path).status == 401


@pytest.mark.parametrize("path", PATHS)
def test_a_server_without_oauth_has_no_metadata(start_instance, settings, path):
    server = start_instance(settings)
    assert stranger(server).request("GET", path).status == 401
    assert server.request("GET", path).status == 404


def test_the_resource_is_the_servers_address_whatever_its_tokens_are_made_for(oauth_server):
    """https://www.rfc-editor.org/rfc/rfc9728#section-3.3: clients refuse another one."""
    server = oauth_server(audiences=("authenticated", "https://api.example.com"))
    metadata = stranger(server).request("GET", PATHS[0]).json
    assert metadata["resource"] == AUDIENCE


def test_clients_ask_for_scopes_as_the_issuer_names_them(oauth_server):
    """https://learn.microsoft.com/entra/identity-platform/scopes-oidc."""
    server = oauth_server(
        scopes=("api://app/mcp.use", "offline_access"),
        required_scopes=("mcp.use",),
        tool_scopes={"search_code_files": frozenset({"code:read"})},
    )
    metadata = stranger(server).request("GET", PATHS[0]).json
    assert metadata["scopes_supported"] == ["api://app/mcp.use", "code:read", "offline_access"]
    refusal = stranger(server).request("POST", "/mcp", PING)
    assert 'scope="api://app/mcp.use offline_access"' in refusal.headers["www-authenticate"]


@pytest.mark.parametrize("path", AUTHORIZATION_SERVER_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_looks_for_an_authorization_server_here_is_told_where_it_is(
    oauth_server, issuer, method, path
):
    reply = stranger(oauth_server()).request(method, path, {"client_name": "x"})
    assert reply.status == 404
    assert f"tokens come from {issuer.url}" in reply.json["error"]["message"]


def test_the_address_is_lambdas_word_and_not_the_clients(oauth_server, issuer):
    server = oauth_server()
    spoofed = {"host": "evil.example"}
    told = {"domainName": "abc.lambda-url.us-east-1.on.aws"}

    def answer(event):
        event["requestContext"] |= told
        return server._answer(event)

    reply = Client(answer, None).request("GET", PATHS[0], headers=spoofed)
    assert reply.json["resource"] == AUDIENCE
    foreign = Client(answer, issuer.token("https://evil.example/mcp"))
    assert foreign.request("POST", "/rpc", PING, headers=spoofed).status == 401


def test_without_a_credential_the_challenge_points_to_the_metadata(oauth_server):
    server = oauth_server(required_scopes=("mesh", "more"))
    reply = stranger(server).request("POST", "/mcp", PING)
    assert reply.status == 401
    assert challenge(reply) == {
        "realm": "mcp",
        "resource_metadata": f"{URL}.well-known/oauth-protected-resource/mcp",
        "scope": "mesh more",
    }


def test_a_wrong_token_is_an_invalid_token(oauth_server, issuer):
    server = Client(oauth_server()._answer, issuer.token("https://other.example"))
    assert challenge(server.request("POST", "/mcp", PING))["error"] == "invalid_token"


@pytest.mark.parametrize("claim", [{"scope": "mesh other"}, {"scp": ["mesh"]}, {"scp": "mesh"}])
def test_a_token_needs_the_scopes_of_every_call(oauth_server, issuer, claim):
    server = oauth_server(required_scopes=("mesh",))
    granted = Client(server._answer, issuer.token(AUDIENCE, **claim))
    assert granted.request("POST", "/mcp", PING).status == 200
    refused = Client(server._answer, issuer.token(AUDIENCE, scope="other"))
    reply = refused.request("POST", "/mcp", PING)
    assert reply.status == 403
    assert challenge(reply)["error"] == "insufficient_scope"
    assert challenge(reply)["scope"] == "mesh"


def listed(client):
    return {tool["name"] for tool in client.rpc("tools/list")["result"]["tools"]}


@pytest.fixture
def by_tool(oauth_server, issuer):
    server = oauth_server(required_scopes=("mesh",), tool_scopes=BY_TOOL)

    def user(scope):
        return Client(server._answer, issuer.token(AUDIENCE, scope=scope))

    return server, user


def test_a_tool_is_shown_to_who_was_granted_its_scopes(by_tool):
    server, user = by_tool
    everything = listed(server)
    assert "search_knowledge" in everything
    assert listed(user("mesh")) == everything - {"search_knowledge"}
    assert listed(user("mesh docs:read")) == everything
    capabilities = user("mesh").call("get_server_capabilities")
    assert {tool["name"] for tool in capabilities["tools"]} == everything - {"search_knowledge"}


def test_a_tool_without_its_scope_is_refused_with_the_scopes_to_ask_for(by_tool):
    _, user = by_tool
    assert user("mesh docs:read").request("POST", "/mcp", CALL).status == 200
    reply = user("mesh extra").request("POST", "/mcp", CALL)
    assert reply.status == 403
    assert challenge(reply) == {
        "realm": "mcp",
        "resource_metadata": f"{URL}.well-known/oauth-protected-resource/mcp",
        "scope": "docs:read extra mesh",
        "error": "insufficient_scope",
    }


def test_plain_json_rpc_is_refused_as_json_rpc(by_tool):
    _, user = by_tool
    batch = [{**CALL, "id": 1}, {**PING, "id": 2}]
    answers = user("mesh").request("POST", "/rpc", batch).json
    assert "docs:read" in answers[0]["error"]["message"]
    assert answers[1]["result"] == {}


@pytest.mark.parametrize(
    "body",
    [
        (
            '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_system_health",'
            '"name":"search_knowledge","arguments":{"query":"x"}}}'
        ),
        (
            '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_knowledge",'
            '"name":"get_system_health","arguments":{"query":"x"}}}'
        ),
        (
            '{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall","params":{"name":'
            '"search\\u005fknowledge","arguments":{"query":"x"}}}'
        ),
    ],
)
def test_no_way_of_writing_it_reaches_a_tool_without_its_scope(by_tool, body):
    _, user = by_tool
    reply = user("mesh").request("POST", "/mcp", body)
    assert "hits" not in reply.text
