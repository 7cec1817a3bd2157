import json

import pytest

from mesh.runtime.endpoint.rpc import MAX_BATCH
from mesh.runtime.request.body import MAX_BODY_BYTES


def post(client, body, **options):
    return client.request("POST", "/rpc", body, **options)


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        ({"jsonrpc": "2.0", "id": 7}, 7),
        ({"id": "seven"}, "seven"),
        ({"id": 0}, 0),
        ({"id": None}, None),
        ({}, None),
    ],
)
def test_a_request_is_answered_under_its_own_id(client, sent, returned):
    reply = post(client, sent | {"method": "ping"})
    assert reply.status == 200
    assert reply.json == {"jsonrpc": "2.0", "id": returned, "result": {}}


def test_an_old_client_reads_a_tool_result_as_json_in_the_first_text(client):
    body = {
        "method": "tools/call",
        "params": {"name": "search_knowledge", "arguments": {"query": "checksum", "maxResults": 1}},
    }
    result = post(client, body).json["result"]
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    assert len(result["structuredContent"]["hits"]) == 1


def test_a_batch_is_answered_in_order_without_its_notifications(client):
    batch = [
        {"id": 1, "method": "ping"},
        {"method": "notifications/initialized"},
        {"id": "b", "method": "no/such"},
        7,
        {"id": 3, "method": "tools/list"},
    ]
    answers = post(client, batch).json
    assert [answer["id"] for answer in answers] == [1, "b", None, 3]
    assert answers[1]["error"]["code"] == -32601
    assert answers[2]["error"]["code"] == -32600
    assert answers[3]["result"]["tools"]


@pytest.mark.parametrize(
    "body",
    [{"method": "notifications/initialized"}, [{"method": "notifications/initialized"}] * 2],
)
def test_notifications_alone_are_accepted_without_a_body(client, body):
    reply = post(client, body)
    assert (reply.status, reply.text) == (202, "")


@pytest.mark.parametrize(
    "message",
    [
        7,
        "ping",
        None,
        {},
        {"method": 5},
        {"method": ""},
        {"method": "ping", "jsonrpc": "1.0"},
        {"method": "ping", "params": [1]},
        {"method": "ping", "id": 1.5},
        {"method": "ping", "id": True},
        {"method": "ping", "id": {}},
        {"id": 1, "result": {}},
    ],
)
def test_what_is_not_a_request_is_told_why(client, message):
    answer = post(client, json.dumps(message)).json
    assert answer["error"]["code"] == -32600
    assert answer["error"]["message"].startswith("Invalid request: ")


@pytest.mark.parametrize("body", ["", "{", "nope", "\x00", "[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_not_json_is_a_parse_error(client, body):
    reply = post(client, body)
    assert reply.status == 400
    assert reply.json["error"]["code"] == -32700


@pytest.mark.parametrize("size", [0, MAX_BATCH + 1])
def test_a_batch_has_a_size(client, size):
    reply = post(client, [{"id": 1, "method": "ping"}] * size)
    assert reply.status == 400
    assert str(MAX_BATCH) in reply.json["error"]["message"]


@pytest.mark.parametrize("path", ["/rpc", "/mcp"])
def test_a_body_over_the_limit_is_refused(client, path):
    body = json.dumps({"method": "ping", "params": {"x": "y" * MAX_BODY_BYTES}})
    reply = client.request("POST", path, body, headers={"accept": "application/json"})
    assert reply.status == 413
    assert reply.json["error"]["code"] == -32600


def test_another_content_type_is_refused(client):
    reply = post(client, "a=b", headers={"content-type": "application/x-www-form-urlencoded"})
    assert reply.status == 415


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("no/such", {}, -32601),
        ("tools/call", {}, -32602),
        ("tools/call", {"name": 5}, -32602),
        ("resources/read", {}, -32602),
        ("prompts/get", {}, -32602),
        ("completion/complete", {"argument": {"name": "a", "value": ""}}, -32602),
        ("logging/setLevel", {"level": "loud"}, -32602),
    ],
)
def test_errors_have_the_codes_of_json_rpc(client, method, params, code):
    assert client.rpc(method, params)["error"]["code"] == code


@pytest.mark.parametrize(
    "method",
    ["ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list"],
)
def test_every_listing_is_the_same_as_at_mcp(client, method):
    assert client.rpc(method)["result"] == client.rpc(method, path="/mcp")["result"]


def test_the_handshake_works_without_a_session(client):
    result = client.rpc(
        "initialize",
        {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    )["result"]
    assert result["protocolVersion"] == "2025-11-25"
    assert result["serverInfo"]["name"] == "aoma-mesh"


def test_discover_needs_no_envelope(client):
    result = client.rpc("server/discover")["result"]
    assert "2026-07-28" in result["supportedVersions"]


def test_a_message_of_the_newest_protocol_keeps_its_envelope(client):
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "get_system_health", "arguments": {}, "_meta": meta}
    result = client.rpc("tools/call", params)["result"]
    assert result["structuredContent"]["status"] == "healthy"


def test_a_get_is_told_to_post(client):
    reply = client.request("GET", "/rpc")
    assert reply.status == 405
    assert "POST" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    ("method", "params", "given"),
    [
        ("ping", {}, None),
        ("server/discover", {}, "capabilities"),
        ("tools/list", {}, "tools"),
        ("tools/call", {"name": "get_system_health", "arguments": {}}, "structuredContent"),
        ("resources/list", {}, "resources"),
        ("resources/templates/list", {}, "resourceTemplates"),
        ("resources/read", {"uri": "aoma://health"}, "contents"),
        ("prompts/list", {}, "prompts"),
        (
            "prompts/get",
            {"name": "triage_incident", "arguments": {"symptoms": "it fails"}},
            "messages",
        ),
        (
            "completion/complete",
            {
                "ref": {"type": "ref/prompt", "name": "triage_incident"},
                "argument": {"name": "severity", "value": "h"},
            },
            "completion",
        ),
        ("logging/setLevel", {"level": "info"}, None),
    ],
)
def test_every_method_is_served_to_a_client_that_knows_no_protocol(client, method, params, given):
    reply = post(client, {"method": method, "params": params})
    assert reply.status == 200
    result = reply.json["result"]
    assert result == {} if given is None else result[given]
