"""One line a request says who called what and how it ended, and nothing that was said."""

import json
import logging
from copy import replace

import pytest

from mesh.runtime.access.api_keys import generate
from mesh.runtime.observability import logs
from mesh.runtime.observability.logs import JsonLines
from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
ARN = "arn:aws:sts::123456789012:assumed-role/agents/session"


@pytest.fixture
def logged(caplog):
    """What the requests since the last time were logged as, each as JSON says it."""
    caplog.set_level(logging.DEBUG)

    def lines():
        records = [record for record in caplog.records if record.name == "mesh.request"]
        found = [json.loads(JsonLines().format(record)) for record in records]
        caplog.clear()
        return found

    return lines


def told(line):
    names = ("rpc_method", "tool", "outcome", "status")
    return tuple(line.get(name) for name in names)


def call(name, arguments=None):
    return {"name": name, "arguments": arguments or {}}


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("ping", {}, ("ping", None, "ok", 200)),
        ("tools/list", {}, ("tools/list", None, "ok", 200)),
        ("tools/call", call("get_system_health"), ("tools/call", "get_system_health", "ok", 200)),
        (
            "tools/call",
            call("get_server_capabilities"),
            ("tools/call", "get_server_capabilities", "ok", 200),
        ),
        (
            "tools/call",
            call("search_knowledge", {"query": ""}),
            ("tools/call", "search_knowledge", "tool_error", 200),
        ),
        ("tools/call", call("made-up"), ("tools/call", "unknown", "tool_error", 200)),
        ("resources/read", {"uri": "aoma://no"}, ("resources/read", None, "error", 200)),
        ("made/up", {}, ("unknown", None, "error", 200)),
    ],
)
def test_a_call_is_told_by_method_tool_and_outcome(client, logged, path, method, params, expected):
    client.rpc(method, params, path)
    (line,) = logged()
    assert told(line) == expected
    assert line["caller"] == "key:tests"
    assert line["path"] == path
    assert line["duration_ms"] > 0


def test_a_call_of_the_newest_protocol_is_one_call(client, logged):
    params = {**call("search_knowledge", {"query": "checksum"}), "_meta": META}
    headers = {
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/call",
        "mcp-name": "search_knowledge",
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert client.request("POST", "/mcp", message, headers=headers).status == 200
    (line,) = logged()
    assert told(line) == ("tools/call", "search_knowledge", "ok", 200)


def test_a_batch_tells_each_call(client, logged):
    batch = [
        {"method": "ping"},
        {"method": "tools/call", "params": call("get_system_health")},
        {"method": "made/up"},
    ]
    client.request("POST", "/rpc", batch)
    (line,) = logged()
    assert line["calls"][1].pop("tool_duration_ms") > 0
    assert line["calls"] == [
        {"rpc_method": "ping", "outcome": "ok"},
        {"rpc_method": "tools/call", "outcome": "ok", "tool": "get_system_health"},
        {"rpc_method": "unknown", "outcome": "error"},
    ]


def test_the_caller_is_a_key_a_user_or_an_arn(
    oauth_server, issuer, start_instance, settings, logged
):
    server = oauth_server()
    server.request("POST", "/rpc", {"method": "ping"})
    user = Client(server._answer, issuer.token(AUDIENCE, sub="ada"))
    user.request("POST", "/rpc", {"method": "ping"})
    signed = start_instance(replace(settings, auth="iam"))
    signed.request("POST", "/rpc", {"method": "ping"}, iam_arn=ARN)
    signed.request("GET", "/health")
    assert [line["caller"] for line in logged()] == ["key:tests", "user:ada", ARN, "anonymous"]


def test_refusals_are_told_apart_from_failures(client, stranger_of, logged):
    stranger_of(client).request("POST", "/mcp", {"method": "ping"})
    client.request("POST", "/rpc", "no json")
    client.request("GET", "/nowhere")
    outcomes = [(line["outcome"], line["status"]) for line in logged()]
    assert outcomes == [("refused", 401), ("invalid", 400), ("invalid", 404)]


@pytest.fixture
def stranger_of():
    return lambda client: Client(client._answer, None)


def test_only_an_instances_first_request_is_cold(start_instance, settings, logged):
    server = start_instance(settings)
    for _ in range(2):
        server.request("GET", "/health")
    assert [line["cold"] for line in logged()] == [True, False]


def test_requests_are_found_by_id_and_trace(client, logged, monkeypatch):
    def answer(event):
        event["requestContext"]["requestId"] = "0e5b4a0e-9a6b-4c2e-8f7d-0123456789ab"
        return client._answer(event)

    trace = "1-67891233-abcdef012345678912345678"
    caller = Client(answer, client.key)
    caller.request("GET", "/health", headers={"x-amzn-trace-id": f"Root={trace};Sampled=0"})
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-00000000-000000000000000000000001;Parent=a")
    caller.request("GET", "/health", headers={"x-amzn-trace-id": "made up by a client"})
    first, second = logged()
    assert first["request_id"] == second["request_id"] == "0e5b4a0e-9a6b-4c2e-8f7d-0123456789ab"
    assert first["trace_id"] == trace
    assert second["trace_id"] == "1-00000000-000000000000000000000001"


def test_what_a_client_says_is_in_no_line_and_no_refusal(oauth_server, issuer, caplog):
    """At the level that Terraform sets; DEBUG is for a developer's own machine."""
    for name in logs.CHATTY:
        caplog.set_level(logging.WARNING, name)
    caplog.set_level(logging.INFO)
    canary = "canary-7c1e"
    server = oauth_server(rate=1000)
    key, token = generate(), issuer.token(AUDIENCE, email=f"{canary}@example.com")
    stolen = issuer.token("https://other.example", jti=canary)
    said = []
    for credential in (None, key, token, stolen, f"{canary}.{canary}.{canary}"):
        client = Client(server._answer, credential)
        for method, params in (
            ("tools/call", call("search_knowledge", {"query": canary})),
            ("tools/call", call(canary, {canary: canary})),
            ("tools/call", call("search_knowledge", {canary: canary})),
            ("resources/read", {"uri": f"aoma://docs/{canary}"}),
            ("prompts/get", {"name": canary}),
            (f"{canary}/x", {canary: canary}),
        ):
            message = {"jsonrpc": "2.0", "id": canary, "method": method, "params": params}
            headers = {"x-canary": canary, "cookie": f"a={canary}", "user-agent": canary}
            reply = client.request("POST", "/rpc", message, headers=headers)
            said.append(reply)
        client.request("GET", f"/mcp/{key}")
        client.request("POST", "/mcp", f'{{"{canary}": ')
        client.request("POST", "/rpc", [canary, {"method": canary}])
    lines = [JsonLines().format(record) for record in caplog.records]
    assert len(lines) > 40
    for secret in (canary, key, token, stolen, token.split(".")[2]):
        assert not [line for line in lines if secret in line]
    for reply in said:
        body = reply.text.replace(json.dumps(canary), "")
        assert not [secret for secret in (key, token, stolen) if secret in body]
        if reply.status != 200:
            assert canary not in body
