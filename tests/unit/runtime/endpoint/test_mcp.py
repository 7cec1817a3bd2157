import json

import pytest

from mesh.runtime.request.accept import accepts_json_only

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
BOTH = "application/json, text/event-stream"
VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


def initialize(version):
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


def modern(method, **params):
    params["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("accept", [None, "", "application/json", "*/*", "application/*;q=0.9"])
def test_a_client_that_cannot_stream_gets_plain_json(client, accept, path):
    headers = {} if accept is None else {"accept": accept}
    reply = client.request("POST", path, LIST, headers=headers)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["result"]["tools"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_a_client_that_can_stream_gets_events(client, path):
    reply = client.request("POST", path, LIST, headers={"accept": BOTH})
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.events[-1]["result"]["tools"]


def test_a_client_that_wants_neither_is_told(client):
    reply = client.request("POST", "/mcp", LIST, headers={"accept": "text/html"})
    assert reply.status == 406
    assert reply.json["error"]["code"] == -32600


@pytest.mark.parametrize(
    ("accept", "json_only"),
    [
        (None, True),
        (" ", True),
        ("*/*", True),
        ("Application/JSON", True),
        (BOTH, False),
        ("text/event-stream", False),
        ("*/*, text/event-stream;q=0.5", False),
        ("text/html", False),
    ],
)
def test_accept_is_read_as_http_defines_it(accept, json_only):
    assert accepts_json_only(accept) is json_only


@pytest.mark.parametrize("version", VERSIONS)
def test_every_handshake_version_is_spoken(client, version):
    reply = client.request("POST", "/mcp", initialize(version))
    assert reply.json["result"]["protocolVersion"] == version


def test_nothing_is_promised_that_a_stateless_server_cannot_keep(client):
    capabilities = client.request("POST", "/mcp", initialize("2025-11-25")).json["result"][
        "capabilities"
    ]
    assert capabilities == {
        "completions": {},
        "logging": {},
        "prompts": {"listChanged": False},
        "resources": {"listChanged": False, "subscribe": False},
        "tools": {"listChanged": False},
    }
    for method in ("resources/subscribe", "resources/unsubscribe"):
        error = client.rpc(method, {"uri": "aoma://health"}, path="/mcp")["error"]
        assert error["code"] == -32601


def test_an_unknown_version_is_answered_with_one_that_is_known(client):
    reply = client.request("POST", "/mcp", initialize("1999-01-01"))
    assert reply.json["result"]["protocolVersion"] in VERSIONS


def test_the_newest_protocol_needs_no_handshake(client):
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"}
    reply = client.request("POST", "/mcp", modern("server/discover"), headers=headers)
    assert reply.status == 200
    assert "2026-07-28" in reply.json["result"]["supportedVersions"]


def test_the_newest_protocol_calls_tools(client):
    headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "search_knowledge",
    }
    call = modern("tools/call", name="search_knowledge", arguments={"query": "checksum"})
    reply = client.request("POST", "/mcp", call, headers=headers)
    assert reply.json["result"]["structuredContent"]["hits"]


def test_headers_that_contradict_the_body_are_refused(client):
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    reply = client.request("POST", "/mcp", modern("server/discover"), headers=headers)
    assert reply.status == 400
    assert reply.json["error"]["code"] == -32020


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_a_stateless_server_has_no_stream_and_no_session_to_delete(client, method):
    assert client.request(method, "/mcp").status == 405


@pytest.mark.parametrize("body", ["", "{", b"\xff", "[]"])
def test_a_body_that_is_no_message_is_a_client_error(client, body):
    reply = client.request("POST", "/mcp", body)
    assert reply.status == 400
    assert reply.json["error"]["code"] in {-32700, -32600, -32602}
    assert "Traceback" not in reply.text


def test_another_content_type_is_refused(client):
    reply = client.request("POST", "/mcp", LIST, headers={"content-type": "text/plain"})
    assert reply.status == 415
    assert "application/json" in reply.json["error"]["message"]


def test_a_missing_content_type_is_taken_for_json(client):
    assert client.request("POST", "/mcp", LIST, headers={"content-type": None}).status == 200


def test_an_unknown_path_names_the_right_ones(client):
    reply = client.request("POST", "/sse")
    assert reply.status == 404
    assert "/mcp" in reply.json["error"]["message"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("accept", ["application/json", BOTH])
@pytest.mark.parametrize(
    "content",
    [
        [],
        [1] * 1000,
        [LIST],
        "x",
        None,
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": ["ping"]},
    ],
)
def test_what_is_no_message_is_refused_before_the_sdk_tries_it_as_one(
    client, path, accept, content
):
    reply = client.request("POST", path, json.dumps(content), headers={"accept": accept})
    assert reply.status == 400
    assert reply.json["error"]["code"] == -32600
    assert "one JSON-RPC 2.0 message" in reply.json["error"]["message"]
